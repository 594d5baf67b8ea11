import { afterEach, describe, expect, test } from 'vitest';
import { EmagentError } from '../../../src/contract/errors.ts';
import { type RemconBench, type RemconBenchOptions, startConnected } from '../../support/remcon-bench.ts';

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});
const start = (query?: Readonly<Record<string, string>>, options?: RemconBenchOptions): ReturnType<typeof startConnected> => startConnected(endings, query, options);
/** What is said beside the reading of positions. */
const commands = ({ heard }: RemconBench): string[] => heard.filter((line) => line !== 'C95?');
const failure = (work: Promise<unknown>): Promise<EmagentError> =>
  work.then(
    () => new EmagentError('EM_INTERNAL', 'nothing was thrown'),
    (error: EmagentError) => error,
  );

describe('a move', () => {
  test('in x and y sends z as it was read, with the specimen current monitor off and the stage known to be initialised', async () => {
    const { bench, microscope } = await start();
    await microscope.moveStage({ xUm: 300 });
    await microscope.moveStage({ yUm: -20 });
    expect(commands(bench)).toEqual(['IST?', 'PRB?', 'SCM 0', 'STG 20.3 20 10', 'PRB?', 'SCM 0', 'STG 20.3 19.98 10']);
  });

  test('looks for the first time a second after it was sent, and believes only equal readings', async () => {
    const { bench, microscope } = await start({ restReads: '4' });
    await microscope.moveStage({ xUm: 5 });
    const at = bench.heard.findIndex((line) => line.startsWith('STG'));
    expect(bench.heardAtMs[at + 1]! - bench.heardAtMs[at]!).toBeGreaterThanOrEqual(1000);
    expect(bench.heard.slice(at + 1)).toEqual(['C95?', 'C95?', 'C95?', 'C95?']);
  });

  test('with a rotation or a tilt sends all six axes', async () => {
    const { bench, microscope } = await start();
    expect(await microscope.moveStage({ rotationDeg: 40 })).toMatchObject({ rotationDeg: 40, xUm: 0 });
    expect(await microscope.moveStage({ tiltDeg: 5, xUm: 100 })).toMatchObject({ rotationDeg: 40, tiltDeg: 5, xUm: 100 });
    expect(commands(bench).filter((line) => /^(C95|STG) /.test(line))).toEqual(['C95 20 20 10 0 40 0', 'C95 20.1 20 10 5 40 0']);
  });

  test('to a full turn ends at zero, which is the same', async () => {
    const { microscope } = await start();
    await microscope.moveStage({ rotationDeg: 90 });
    expect((await microscope.moveStage({ rotationDeg: 360 })).rotationDeg).toBeCloseTo(360, 3);
  });

  test('to where the stage stands sends nothing', async () => {
    const { bench, microscope } = await start();
    await microscope.moveStage({ xUm: 0.001 });
    expect(commands(bench)).toEqual([]);
  });

  test('turns the specimen current monitor on again if it was on, also when the move fails', async () => {
    const { bench, microscope } = await start();
    // Somebody measures the current at the microscope.
    const other = await bench.connect({ joystickLock: 'false' });
    await other.close();
    bench.instrument.inject({ fault: 'move-fails', when: { after: 0 } });
    bench.heard.length = 0;
    const { createConnection } = await import('node:net');
    const operator = createConnection(bench.server.port, bench.server.host);
    operator.write('SCM 1\r');
    await new Promise((resolve) => operator.once('data', resolve));
    operator.destroy();
    await expect(microscope.moveStage({ xUm: 3000 })).rejects.toMatchObject({ code: 'EM_STAGE_FAULT' });
    const said = commands(bench);
    expect(said.indexOf('SCM 0')).toBeLessThan(said.findIndex((line) => line.startsWith('STG ')));
    expect(said.at(-1)).toBe('SCM 1');
  });

  test('counts from the origin that was chosen, and along axes that are turned', async () => {
    const { bench, microscope } = await start({ originMm: '15,25', invertX: 'true' });
    expect((await microscope.readState()).stage).toMatchObject({ xUm: -5000, yUm: -5000 });
    expect(microscope.info.axes.xUm).toEqual({ min: -25_000, max: 15_000 });
    expect(await microscope.moveStage({ xUm: -4000, yUm: -6000 })).toMatchObject({ xUm: -4000, yUm: -6000 });
    expect(bench.heard).toContain('STG 19 19 10');
  });
});

describe('a move is refused', () => {
  test('before anything is sent when the stage is not initialised', async () => {
    const { bench, microscope } = await start({}, { server: { stageInitialised: false } });
    await expect(microscope.moveStage({ xUm: 10 })).rejects.toMatchObject({ code: 'EM_INTERLOCK', message: expect.stringContaining('The stage is not initialised: initialise it in SmartSEM') as string });
    expect(bench.heard).toEqual(['C95?', 'IST?']);
  });

  test('by the microscope when the limits given here are too wide', async () => {
    const { bench, microscope } = await start({ limits: 'x:0..150' });
    await expect(microscope.moveStage({ xUm: 50_000 })).rejects.toMatchObject({ code: 'EM_LIMIT', message: expect.stringContaining('error 603') as string });
    expect((await bench.instrument.readState()).stage.xUm).toBe(0);
  });

  test('when a rotation would cross the fault position', async () => {
    const { bench, microscope } = await start({ rotationFaultDeg: '340' });
    await expect(microscope.moveStage({ rotationDeg: 350 })).rejects.toMatchObject({ code: 'EM_LIMIT', message: 'A rotation from 0 to 350 deg would cross the fault position at 340 deg; nothing was moved.' });
    expect(bench.heard.some((line) => line.startsWith('C95 '))).toBe(false);
    await microscope.moveStage({ rotationDeg: 300 });
  });
});

describe('a stage that does wrong', () => {
  test('stops short: the position that is read back decides', async () => {
    const { bench, microscope } = await start();
    bench.instrument.inject({ fault: 'stops-short', when: { after: 0 } });
    await expect(microscope.moveStage({ xUm: 500 })).rejects.toMatchObject({ code: 'EM_TARGET_NOT_REACHED', message: 'The stage stands at 497, 0 um; xUm 500 was asked for.' });
  });

  test('says that it is still while it moves on: equal readings do not come before it is', async () => {
    const { bench, microscope } = await start();
    bench.instrument.inject({ fault: 'idle-while-moving', when: { after: 0 } });
    const reached = await failure(microscope.moveStage({ xUm: 9000 }).then(({ xUm }) => { throw new EmagentError('EM_INTERNAL', String(xUm)); }));
    expect(Number(reached.message)).toBeCloseTo(9000, 0);
  });

  test('never starts: told as a fault, with where it stands', async () => {
    const { bench, microscope } = await start();
    bench.instrument.inject({ fault: 'no-start', when: { after: 0 } });
    await expect(microscope.moveStage({ xUm: 500 })).rejects.toMatchObject({ code: 'EM_STAGE_FAULT', message: expect.stringContaining('The stage stands at 0, 0 um') as string });
  });
});

describe('an abort', () => {
  test('in the first second, in which nobody looks, stops the stage all the same', async () => {
    const { bench, microscope } = await start();
    const stop = new AbortController();
    const move = failure(microscope.moveStage({ xUm: 15_000 }, stop.signal));
    while (!bench.heard.some((line) => line.startsWith('STG'))) await bench.clock.sleep(5);
    await bench.clock.sleep(500);
    stop.abort(new EmagentError('EM_STOPPED', 'Enough.'));
    expect((await move).message).toBe('Enough.');
    const there = (await bench.instrument.readState()).stage.xUm;
    expect(there).toBeGreaterThan(10);
    expect(there).toBeLessThan(3000);
    await bench.clock.sleep(3000);
    expect((await bench.instrument.readState()).stage.xUm).toBe(there);
  });
});

describe('a halt', () => {
  test('goes out at once while a command hangs, and is believed only when it is read back', async () => {
    const { bench, microscope } = await start();
    await bench.instrument.setBlanker(false);
    // The position is asked for and the end of that never comes: for ten seconds nothing else could be sent.
    bench.instrument.inject({ fault: 'drop-completion', when: { after: 7 } });
    const move = failure(microscope.moveStage({ xUm: 15_000 }));
    while (bench.instrument.struck.length === 0) await bench.clock.sleep(5);
    await bench.clock.sleep(200);
    expect((await bench.instrument.readState()).stageMoving).toBe(true);
    const atMs = bench.clock.nowMs();
    await microscope.halt('test');
    const tail = bench.heard.map((line, index) => ({ line, afterMs: bench.heardAtMs[index]! - atMs })).filter(({ afterMs }) => afterMs >= 0);
    // Nothing but the bytes of a line at 9600 baud lies between them.
    expect(tail[0]).toMatchObject({ line: 'ABO' });
    expect(tail[0]!.afterMs).toBeLessThan(50);
    expect(tail[1]).toMatchObject({ line: 'BBLK 1' });
    expect(tail[1]!.afterMs).toBeLessThan(1100);
    expect(await bench.instrument.readState()).toMatchObject({ stageMoving: false, blanked: true });
    expect(await move).toMatchObject({ code: 'EM_STOPPED', message: 'Halted: test' });
    expect((await microscope.moveStage({ xUm: 100 })).xUm).toBeCloseTo(100, 0);
  });

  test('blanks even while nobody listens to the first try', async () => {
    const { bench, microscope } = await start();
    await bench.instrument.setBlanker(false);
    bench.instrument.inject({ fault: 'drop-completion', when: { after: 0 } });
    bench.instrument.inject({ fault: 'drop-reply', when: { after: 1 } });
    await microscope.halt('test');
    expect((await bench.instrument.readState()).blanked).toBe(true);
    // The end of `ABO`, which may take ten seconds elsewhere, was not waited for.
    const [abort, blank] = ['ABO', 'BBLK 1'].map((line) => bench.heardAtMs[bench.heard.indexOf(line)]!);
    expect(blank! - abort!).toBeLessThan(1100);
  });

  test('when the server is gone says that nothing can be seen', async () => {
    const { bench, microscope } = await start();
    const fault = new Promise<string>((resolve) => microscope.onFault(({ code }) => resolve(code)));
    await bench.server.close();
    expect(await fault).toBe('EM_LINK_CLOSED');
    await expect(microscope.halt('gone')).rejects.toMatchObject({ code: 'EM_NOT_SAFE', message: expect.stringContaining('nobody could see whether the stage is still') as string });
    await expect(microscope.readState()).rejects.toMatchObject({ code: 'EM_LINK_CLOSED' });
    expect(await new Promise<string>((resolve) => microscope.onFault(({ code }) => resolve(code)))).toBe('EM_LINK_CLOSED');
  });
});
