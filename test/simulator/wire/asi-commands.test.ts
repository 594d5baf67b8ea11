import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AsiBench, startAsiBench } from '../../support/asi-bench.ts';

let bench: AsiBench;
beforeEach(async () => {
  bench = await startAsiBench();
});
afterEach(() => bench.close());

/** A terminal: what is typed, and the line that comes back. */
async function openTerminal(): Promise<{ ask(command: string): Promise<string>; close(): void }> {
  const socket = connect(bench.server.port, bench.server.host);
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  let text = '';
  let waiting: ((line: string) => void) | undefined;
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
    const end = text.indexOf('\r\n');
    if (end < 0) return;
    waiting?.(text.slice(0, end));
    text = text.slice(end + 2);
  });
  return {
    ask: (command) =>
      new Promise((resolve) => {
        waiting = resolve;
        socket.write(`${command}\r`);
      }),
    close: () => socket.destroy(),
  };
}

test('a client of others finds its way: what it is built of, settings read and set, its own zero, home', async () => {
  const { ask, close } = await openTerminal();
  const rest = async (): Promise<void> => {
    while ((await ask('/')) === 'B');
  };
  expect((await ask('31BU X')).split('\r')).toContain('Motor Axes: X Y');
  expect((await ask('INFO Y')).split('\r')[0]).toMatch(/^Axis Name ChX: Y {17}Limits Status: f$/);
  // Nothing to `INFO` of an axis that is not there: the reply belongs to the next question.
  void ask('INFO Z');
  expect(await ask('RS X? Y?')).toBe(':A NN');
  const { speedUmPerS } = bench.instrument.desk.stagePace;

  expect(await ask('SPEED X=100000000')).toBe(':A');
  expect(await ask('S X?')).toBe(`:A X=${(speedUmPerS / 1000).toFixed(6)}`);
  expect(await ask('S X=0.5')).toBe(':A');
  expect(bench.instrument.desk.stagePace.speedUmPerS).toBe(500);
  expect(await ask('S X-')).toBe(':A');
  expect(bench.instrument.desk.stagePace.speedUmPerS).toBe(speedUmPerS);
  expect(await ask('AC X=0')).toBe(':N-4');
  expect(await ask('CNTS X=5')).toBe(':N-4');
  expect(await ask('B X=0.01 Y?')).toBe(':A Y=0.040000');

  expect(await ask('M X=1000')).toBe(':A');
  // The other axis is sent off while this one is on its way: both arrive.
  expect(await ask('M Y=-500')).toBe(':A');
  await rest();
  expect((await bench.instrument.readState()).stage).toMatchObject({ xUm: 100, yUm: -50 });
  expect(await ask('H X=0')).toBe(':A');
  expect(await ask('W X Y')).toBe(':A 0 -500 ');
  expect(await ask('R X=-200')).toBe(':A');
  await rest();
  expect((await bench.instrument.readState()).stage).toMatchObject({ xUm: 80 });
  // Limits are told and meant in the new scale.
  expect(await ask('SU X=0.05')).toBe(':A');
  expect(await ask('M X=600')).toBe(':N-4');
  expect(await ask('! X')).toBe(':A');
  await rest();
  expect((await bench.instrument.readState()).stage).toMatchObject({ xUm: 150 });
  expect(await ask('SPIN X=200')).toBe(':N-4');
  expect(await ask('BOGUS')).toBe(':N-1');
  close();
});
