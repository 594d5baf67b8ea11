import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { FAULTS, type FaultName } from '../../../simulator/faults.ts';
import { isEmagentError } from '../../../src/contract/errors.ts';
import { startSharksemBench } from '../../support/sharksem-bench.ts';

/** All that this wire can have; a stage that is busy for ever has a test of its own, as it takes the deadline of a move each time. */
const STRIKING = Object.entries(FAULTS).flatMap(([name, entry]) =>
  'wires' in entry && (entry.wires as readonly string[]).includes('sharksem') && name !== 'busy-forever' ? [name as FaultName] : [],
);
const FRAME = { widthPx: 128, heightPx: 96, dwellUs: 1, depth: 8 } as const;
const RAMP = Buffer.from(Array.from({ length: 128 * 96 }, (_, index) => Math.round(((index % 128) / 128) * 255)));

const steps = fc.array(
  fc.record({
    do: fc.constantFrom('move', 'frame', 'optics', 'blank', 'state'),
    faults: fc.array(fc.constantFrom(...STRIKING), { maxLength: 2 }),
    xUm: fc.integer({ min: -500, max: 500 }),
  }),
  { minLength: 1, maxLength: 5 },
);

test('whatever goes wrong in whatever order: every command settles, no frame is ever wrong, and a halt proves that it is safe or says that it cannot', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (script) => {
      const bench = await startSharksemBench({ speed: 20 });
      try {
        const microscope = await bench.connect();
        for (const step of script) {
          for (const fault of step.faults) bench.mock.inject({ fault, when: { after: 0 } });
          try {
            if (step.do === 'move') expect((await microscope.moveStage({ xUm: step.xUm })).xUm).toBeCloseTo(step.xUm, 1);
            else if (step.do === 'frame') expect(Buffer.compare(Buffer.from((await microscope.acquire(FRAME)).data), RAMP)).toBe(0);
            else if (step.do === 'optics') expect((await microscope.setOptics({ fieldWidthUm: 100 + step.xUm / 10 })).fieldWidthUm).toBeCloseTo(100 + step.xUm / 10, 6);
            else if (step.do === 'blank') await microscope.setBlanker(false);
            else expect((await microscope.readState()).optics.workingDistanceMm).toBe(10);
          } catch (thrown) {
            if (!isEmagentError(thrown)) throw thrown;
            expect(thrown.code).not.toBe('EM_INTERNAL');
          }
        }
        const outcome = await microscope.halt('the end').then(() => 'safe', (error: unknown) => error);
        if (outcome === 'safe') expect(await bench.mock.readState()).toMatchObject({ blanked: true, stageMoving: false });
        else expect(outcome).toMatchObject({ code: 'EM_NOT_SAFE' });
      } finally {
        await bench.close();
      }
    }),
    { numRuns: 40, seed: 20 },
  );
});
