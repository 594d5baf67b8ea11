import { expect, test } from 'vitest';
import { BACKGROUND, CATEGORIES } from '../../src/contract/categories.ts';
import { createVirtualClock } from '../../src/lib/clock.ts';
import { driver } from '../../simulator/driver.ts';

test('nothing that the instrument says names a category or a site', async () => {
  const clock = createVirtualClock();
  const said: string[] = [];
  const microscope = await driver.connect(driver.options.parse({ scenario: 'vacuum-trip' }), {
    url: new URL('sim:?scenario=vacuum-trip&seed=1'),
    clock,
    clientName: 'test',
    log: (level, message, context) => said.push(JSON.stringify([level, message, context])),
  });
  microscope.onFault((fault) => said.push(JSON.stringify(fault)));
  const say = async (work: Promise<unknown>): Promise<void> => {
    said.push(
      JSON.stringify(
        await work.catch((error: unknown) => error),
        (_key, value: unknown) => (ArrayBuffer.isView(value) ? undefined : value),
      ),
    );
  };
  const frame = { widthPx: 256, heightPx: 192, dwellUs: 0.5, depth: 8 } as const;
  said.push(JSON.stringify(microscope.info));
  await say(microscope.readState());
  await say(microscope.moveStage({ xUm: 10 }));
  await say(microscope.moveStage({ xUm: 1e6 }));
  await say(microscope.setOptics({ fieldWidthUm: 40 }));
  await say(microscope.setBlanker(false));
  await say(microscope.autofocus({ rangeUm: 20 }));
  for (let index = 0; index < 13; index++) await say(microscope.acquire(frame));
  await say(microscope.readState());
  await say(microscope.halt('done'));
  const text = said.join('\n');
  expect(text).toContain('EM_VACUUM');
  for (const secret of [...CATEGORIES, BACKGROUND, 'site-', '.jpg']) expect(text.toLowerCase()).not.toContain(secret.toLowerCase());
});
