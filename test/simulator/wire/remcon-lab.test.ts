import { execFile, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { createRealClock } from '../../../src/lib/clock.ts';
import { packageRoot } from '../../../src/lib/package-root.ts';
import { openPty } from '../../../src/session/pty.ts';
import { createSimulatedMicroscope } from '../../../simulator/device/microscope.ts';
import { loadScenario } from '../../../simulator/scenario.ts';
import { startRemconServer } from '../../../simulator/wire/remcon-server.ts';
import { temporaryFolder } from '../../record/sample-folder.ts';
import { ptyMissing } from '../../support/pty.ts';

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

const missing = ptyMissing() ?? (spawnSync('python3', ['-c', 'import termios']).status === 0 ? undefined : 'there is no Python here');
if (missing !== undefined) console.warn(`NOT TESTED: a lab script against the simulated SmartSEM, because ${missing}.`);

/** Fast enough for a test; the script has deadlines of its own, in real seconds. */
const SPEED = 20;

test('a lab script that knows nothing of emagent gets along with the simulated SmartSEM over a serial port', async (context) => {
  context.skip(missing !== undefined, missing);
  const clock = createRealClock(SPEED);
  const images = temporaryFolder();
  const scenario = await loadScenario(join(packageRoot, 'test', 'conformance', 'instrument.yaml'));
  const microscope = await createSimulatedMicroscope({ scenario, seed: 3, clock, log: () => undefined, url: 'remcon+serial:' });
  const heard: string[] = [];
  const server = await startRemconServer({ microscope, port: 0, imagesDir: images, storeSizePx: [256, 192], heard: (line) => heard.push(line) });
  const pty = await openPty({ tcpPort: server.port, clock: createRealClock(), log: () => undefined });
  endings.push(() => microscope.close(), () => server.close(), () => pty.close());

  const script = join(packageRoot, 'test', 'simulator', 'wire', 'lab-client.py');
  const { stdout } = await promisify(execFile)('python3', [script, pty.path]);
  expect(stdout.trimEnd().split('\n')).toEqual([
    ' -> ',
    'VER? -> SmartSEM Remote Control V06.01, February 2016 (simulated by emagent)',
    'ver? -> SmartSEM Remote Control V06.01, February 2016 (simulated by emagent)',
    'EHT? -> 5',
    'ist? -> 5 0',
    'PRB? -> error 616',
    'scm 1 -> ',
    'PRB? -> 1e-10',
    'SCM 0 -> ',
    'bogus -> error 600',
    'STG 1 2 -> #',
    'MAG -> #',
    'mag 2286 -> ',
    'MAG? -> 2286',
    'PIX? -> 48.828125',
    'DET? -> SE',
    'stg 999 20 10 -> error 603',
    'bblk 0 -> ',
    'BBL? -> 0',
    'BBLK 1 -> ',
    'STI? -> 0 0',
    'phn? -> 1',
    'STG?  -> 20.00000 20.00000 10.00000 0.0',
    'moved to 20.25000 19.90000 10.00000 0.00000 0.00000 0.00000 0.0',
    'photo 1, next 2',
  ]);
  // Sent as the script wrote them.
  expect(heard).toContain('stg 20.25 19.9 10');
  expect((await microscope.readState()).stage).toMatchObject({ xUm: 250, yUm: -100 });
  while (readdirSync(images).length === 0) await clock.sleep(100);
  expect(readdirSync(images)).toEqual(['photo_0001.tif']);
});
