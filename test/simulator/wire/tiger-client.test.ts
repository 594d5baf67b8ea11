import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createRealClock } from '../../../src/lib/clock.ts';
import { packageRoot } from '../../../src/lib/package-root.ts';
import { openPty } from '../../../src/session/pty.ts';
import { startAsiBench } from '../../support/asi-bench.ts';
import { ptyMissing } from '../../support/pty.ts';

const missing = ptyMissing() ?? (spawnSync('python3', ['-c', 'import tigerasi']).status === 0 ? undefined : 'the Python package tigerasi is not here');
if (missing !== undefined) console.warn(`NOT TESTED: a published client of the Tiger controller against the simulated one, because ${missing}.`);

test('a published client of the Tiger controller gets along with the simulated one over a serial port', async (context) => {
  context.skip(missing !== undefined, missing);
  // No picture is wanted, and drawing one would make the client wait: it gives up after a second.
  const bench = await startAsiBench({ camera: { everyMs: 1e9, widthPx: 64, heightPx: 48, dwellUs: 1 } });
  const pty = await openPty({ tcpPort: bench.server.port, clock: createRealClock(), log: () => undefined });
  try {
    const script = join(packageRoot, 'test', 'simulator', 'wire', 'tiger-client.py');
    const { stdout } = await promisify(execFile)('python3', [script, pty.path]);
    expect(stdout.trimEnd().split('\n')).toEqual([
      "['X', 'Y'] {'X': ('31', 0), 'Y': ('31', 1)}",
      "{'X': -20.0} {'X': 20.0, 'Y': 20.0}",
      "{'X': 1000.0, 'Y': -500.0}",
      "{'X': 1100.0}",
      "{'X': 0.5} {'X': 0.04}",
      "{'X': 0.0, 'Y': 0.0}",
      '0.500 [S] mm/s',
    ]);
    expect((await bench.instrument.readState()).stage).toMatchObject({ xUm: 110, yUm: -50 });
  } finally {
    await pty.close();
    await bench.close();
  }
});
