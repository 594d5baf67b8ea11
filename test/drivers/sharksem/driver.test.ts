import { createServer } from 'node:http';
import { connect as connectTcp, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { BLANKER } from '../../../drivers/sharksem/codec/functions.ts';
import { createMessageReader, encodeMessage } from '../../../drivers/sharksem/codec/message.ts';
import { encodeValues } from '../../../drivers/sharksem/codec/values.ts';
import { type Control, openControl } from '../../../drivers/sharksem/control.ts';
import { EmagentError } from '../../../src/contract/errors.ts';
import type { Microscope } from '../../../src/contract/microscope.ts';
import { createRealClock } from '../../../src/lib/clock.ts';
import { connectMicroscope } from '../../../src/session/microscopes.ts';
import { type SharksemBench, startPlainServer, startSharksemBench } from '../../support/sharksem-bench.ts';

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

async function startBench(options: Parameters<typeof startSharksemBench>[0] = {}): Promise<SharksemBench> {
  const bench = await startSharksemBench(options);
  endings.push(() => bench.close());
  return bench;
}
async function start(options: Parameters<typeof startSharksemBench>[0] = {}, query = ''): Promise<SharksemBench & { readonly microscope: Microscope }> {
  const bench = await startBench(options);
  return { ...bench, microscope: await bench.connect(query) };
}

/** Straight to an address, on a clock so fast that waiting for nothing takes no time. */
const connect = async (address: string): Promise<Microscope> => {
  const microscope = await connectMicroscope(address, { clock: createRealClock(20), clientName: 'emagent-test', log: () => undefined });
  endings.push(() => microscope.close());
  return microscope;
};
const refused = async (work: Promise<unknown>): Promise<{ code: string; message: string }> => {
  const thrown = await work.then(() => undefined, (error: EmagentError) => error);
  if (thrown === undefined) throw new Error('it was not refused');
  // One sentence: nothing after its full stop.
  expect(thrown.message).toMatch(/^[^\n]+[.?]$/);
  return { code: thrown.code, message: thrown.message };
};
const FRAME = { widthPx: 128, heightPx: 96, dwellUs: 1, depth: 8 } as const;

describe('connecting', () => {
  test('to nothing', async () => {
    expect(await refused(connect('sharksem://127.0.0.1:9'))).toEqual({ code: 'EM_CONNECT', message: 'Nothing listens at 127.0.0.1:9.' });
  });

  test('to a web server', async () => {
    const web = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1');
    endings.push(() => new Promise((resolve) => web.close(resolve)));
    await new Promise((resolve) => web.once('listening', resolve));
    const { port } = web.address() as AddressInfo;
    const { code, message } = await refused(connect(`sharksem://127.0.0.1:${port}`));
    expect(code).toBe('EM_PROTOCOL');
    expect(message).toBe(`127.0.0.1:${port} does not speak SharkSEM: it is a web server.`);
  });

  test('to one that never answers', async () => {
    const silent = await startPlainServer(() => undefined);
    endings.push(silent.close);
    const { code, message } = await refused(connect(`sharksem://127.0.0.1:${silent.port}`));
    expect(code).toBe('EM_PROTOCOL');
    expect(message).toContain('answers nothing');
  });

  test('to one that hangs up, and to one that talks nonsense', async () => {
    const rude = await startPlainServer((socket) => socket.once('data', () => socket.destroy()));
    endings.push(rude.close);
    expect(await refused(connect(`sharksem://127.0.0.1:${rude.port}`))).toMatchObject({ code: 'EM_PROTOCOL', message: expect.stringContaining('ended the connection at the first word') as string });
    const odd = await startPlainServer((socket) => socket.write(Buffer.alloc(64, 0xee)));
    endings.push(odd.close);
    expect(await refused(connect(`sharksem://127.0.0.1:${odd.port}`))).toMatchObject({ code: 'EM_PROTOCOL', message: expect.stringContaining('does not speak SharkSEM') as string });
  });

  test('to one whose port for pixels is dead', async () => {
    const bench = await startBench();
    const controlOnly = await startPlainServer((socket) => {
      const onwards = connectTcp(bench.server.port, '127.0.0.1');
      onwards.on('error', () => undefined);
      socket.on('close', () => onwards.destroy());
      socket.pipe(onwards).pipe(socket);
    });
    endings.push(controlOnly.close);
    const { code, message } = await refused(connect(`sharksem://127.0.0.1:${controlOnly.port}`));
    expect(code).toBe('EM_CONNECT');
    expect(message).toContain(`is ${controlOnly.port + 1} open in the firewall?`);
  });

  test('to a version that calls itself something else', async () => {
    const odd = await startPlainServer((socket) => {
      const reader = createMessageReader();
      socket.on('data', (bytes) => {
        for (const { command, id } of reader.push(bytes)) socket.write(encodeMessage({ command, id, flags: 0, body: encodeValues(['s'], ['new']) }));
      });
    });
    endings.push(odd.close);
    expect(await refused(connect(`sharksem://127.0.0.1:${odd.port}`))).toMatchObject({ code: 'EM_PROTOCOL', message: expect.stringContaining('"new"') as string });
  });

  test('through a server that wants no registration', async () => {
    const bench = await start({ server: { firewallFriendly: true } });
    expect((await bench.microscope.acquire(FRAME)).data.length).toBe(128 * 96);
  });

  test.each([
    ['flip=xw', 'flip'],
    ['xUm=5', 'xUm'],
    ['xUm=9..-9', 'xUm'],
    ['toleranz=1', ''],
    ['blanker=2', 'blanker'],
  ])('refuses the option %s before anything is opened', async (query, key) => {
    expect(await refused(connect(`sharksem://127.0.0.1:9?${query}`))).toMatchObject({ code: 'EM_USAGE', message: expect.stringContaining(`"${key}"`) as string });
  });
});

describe('versions', () => {
  test.each(['1.0.0', '1.0.4'])('%s never tells its version and is too old', async (version) => {
    const bench = await startBench({ server: { version } });
    const { code, message } = await refused(bench.connect());
    expect(code).toBe('EM_PROTOCOL');
    expect(message).toContain('SharkSEM 1.0.0 (assumed, as it does not tell), which cannot stop the stage; 1.0.8 or newer is needed');
  });

  test('1.0.7 tells it, and is too old', async () => {
    const bench = await startBench({ server: { version: '1.0.7' } });
    expect((await refused(bench.connect())).message).toContain('speaks SharkSEM 1.0.7, which cannot stop the stage');
  });

  test('2.0.16 tells neither limits nor beam current: the address must', async () => {
    const bench = await startBench({ server: { version: '2.0.16' } });
    expect(await refused(bench.connect())).toMatchObject({ code: 'EM_USAGE', message: expect.stringContaining('does not tell the beam current') as string });
    expect(await refused(bench.connect('beamCurrentPa=50'))).toMatchObject({ code: 'EM_USAGE', message: expect.stringContaining('does not tell the limits of its stage') as string });
    const microscope = await bench.connect('beamCurrentPa=50&xUm=-500..500&yUm=-400..400');
    expect(microscope.info.axes).toMatchObject({ xUm: { min: -500, max: 500 }, yUm: { min: -400, max: 400 } });
    expect(microscope.info.axes.zUm.max - microscope.info.axes.zUm.min).toBeLessThan(0.01);
    expect(microscope.info.capabilities).not.toContain('watchdog');
    expect((await microscope.moveStage({ xUm: 20 })).xUm).toBeCloseTo(20, 6);
    const frame = await microscope.acquire(FRAME);
    expect(frame.optics.beamCurrentPa).toBe(50);
    expect(frame.doseCPerM2).toBeGreaterThan(0);
    await expect(microscope.setOptics({ scanRotationDeg: 10 })).rejects.toMatchObject({ code: 'EM_UNSUPPORTED' });
  });

  test('1.0.8 knows no dwell time, no blanker index, no IsBusy: it works by scan speeds', async () => {
    const { microscope, mock } = await start({ server: { version: '1.0.8' } }, 'beamCurrentPa=50&xUm=-500..500&yUm=-400..400');
    expect(microscope.info.dwellUs.list).toEqual([0.1, 0.32, 1, 3.2, 10, 32, 100]);
    await expect(microscope.acquire({ ...FRAME, dwellUs: 2 })).rejects.toMatchObject({ code: 'EM_LIMIT' });
    await microscope.acquire({ ...FRAME, dwellUs: 3.2 });
    expect(mock.calls.find(({ command }) => command === 'acquire')?.argument).toMatchObject({ dwellUs: 3.2 });
    await microscope.setBlanker(true);
    expect(await microscope.readState()).toMatchObject({ blanked: true, scanning: false });
    expect(microscope.info.model).toBe('TESCAN (SharkSEM 1.0.8)');
    mock.setState({ blanked: false });
    mock.autofocus = async () => {
      mock.setState({ optics: { ...(await mock.readState()).optics, workingDistanceMm: 10.02 } });
      return { workingDistanceMm: 10.02, score: 1 };
    };
    expect(await microscope.autofocus({ rangeUm: 50 })).toEqual({ workingDistanceMm: 10.02, score: 0 });
    await microscope.halt('the end');
  });
});

describe('moving', () => {
  test('sends nothing when the stage is there, and leaves out the axes that are', async () => {
    const { microscope, mock } = await start();
    await microscope.moveStage({ xUm: 0.009, rotationDeg: 0.04 });
    expect(mock.commands()).toEqual([]);
    await microscope.moveStage({ xUm: 0.009, yUm: 30 });
    expect(mock.calls.find(({ command }) => command === 'moveStage')?.argument).toMatchObject({ xUm: 0, yUm: 30 });
    await microscope.moveStage({ tiltDeg: 2 });
    expect((await mock.readState()).stage).toEqual({ xUm: 0, yUm: 30, zUm: 10_000, rotationDeg: 0, tiltDeg: 2 });
  });

  test('is refused outside the limits of the instrument, or the narrower ones of the address', async () => {
    const { microscope, mock } = await start({}, 'xUm=-100..100&tiltDeg=-90..1');
    expect(microscope.info.axes).toMatchObject({ xUm: { min: -100, max: 100 }, yUm: { min: -10_000, max: 10_000 }, tiltDeg: { min: -5, max: 1 } });
    for (const target of [{ xUm: 101 }, { yUm: -10_001 }, { tiltDeg: 1.5 }]) await expect(microscope.moveStage(target)).rejects.toMatchObject({ code: 'EM_LIMIT' });
    expect(mock.commands()).toEqual([]);
    const { server } = await startBench();
    expect((await refused(connect(`${server.url}?xUm=50000..60000`))).message).toContain('nothing of that lies within what the address says');
  });

  test('says when the stage is not calibrated, does not set out, stops on its way, or stands beside', async () => {
    const uncalibrated = await start({ server: { calibrated: false } });
    await expect(uncalibrated.microscope.moveStage({ xUm: 40 })).rejects.toMatchObject({ code: 'EM_STAGE_FAULT', message: expect.stringContaining('not calibrated') as string });

    const { microscope, mock } = await start();
    const { moveStage } = mock;
    const landAt = (xUm: number): void => {
      mock.moveStage = (_target, signal) => moveStage({ xUm }, signal);
    };
    mock.moveStage = async () => ({ xUm: 0, yUm: 0, zUm: 0, rotationDeg: 0, tiltDeg: 0 });
    await expect(microscope.moveStage({ xUm: 40 })).rejects.toMatchObject({ code: 'EM_STAGE_FAULT', message: expect.stringContaining('did not set out') as string });
    landAt(60);
    await expect(microscope.moveStage({ xUm: 100 })).rejects.toMatchObject({ code: 'EM_STAGE_FAULT', message: expect.stringContaining('stopped on its way') as string });
    landAt(97);
    await expect(microscope.moveStage({ xUm: 100 })).rejects.toMatchObject({ code: 'EM_TARGET_NOT_REACHED', message: expect.stringContaining('97') as string });
    expect(microscope.info.capabilities).toContain('watchdog');
  });

  test('believes no idle flag while the position still changes', async () => {
    const { microscope, mock, clock } = await start();
    mock.moveStage = async (target) => {
      for (let step = 1; step <= 10; step++) {
        await clock.sleep(100);
        mock.setState({ stage: { ...(await mock.readState()).stage, xUm: (target.xUm ?? 0) * (step / 10) }, stageMoving: false });
      }
      return (await mock.readState()).stage;
    };
    expect((await microscope.moveStage({ xUm: 200 })).xUm).toBe(200);
  });

  test('with axes turned round', async () => {
    const { microscope, mock } = await start({ mock: { info: { axes: { xUm: { min: -100, max: 300 }, yUm: { min: -10, max: 10 }, zUm: { min: 0, max: 20_000 }, rotationDeg: { min: -9, max: 9 }, tiltDeg: { min: 0, max: 0 } } } } }, 'flip=x');
    expect(microscope.info.axes.xUm).toEqual({ min: -300, max: 100 });
    // Limits of 0 and 0: no motor.
    expect(microscope.info.axes.tiltDeg.max).toBeLessThan(0.01);
    expect((await microscope.moveStage({ xUm: -250 })).xUm).toBeCloseTo(-250, 6);
    expect((await mock.readState()).stage.xUm).toBeCloseTo(250, 6);
  });

  test('the watchdog stops the stage when the client dies', async () => {
    const { microscope, mock, server, clock, notes } = await start({ mock: { latencyMs: { moveStage: 60_000 } } });
    microscope.moveStage({ xUm: 5000 }).catch(() => undefined);
    while (!(await mock.readState()).stageMoving) await clock.sleep(10);
    // As if killed: nobody says goodbye, nobody asks any more.
    await microscope.close();
    while ((await mock.readState()).stageMoving) await clock.sleep(100);
    expect(notes.join(' ')).toContain('the watchdog stopped the stage');
    expect((await mock.readState()).stage.xUm).toBeLessThan(5000);
    expect(server.port).toBeGreaterThan(0);
  });
});

describe('beam and lenses', () => {
  test('the blanker: closed, open, and as the operator left it', async () => {
    const { microscope, mock } = await start();
    await microscope.setBlanker(true);
    expect((await mock.readState()).blanked).toBe(true);
    await microscope.setBlanker(false);
    expect((await microscope.readState()).blanked).toBe(false);
    mock.setBlanker = async () => undefined;
    await expect(microscope.setBlanker(true)).rejects.toMatchObject({ code: 'EM_BEAM', message: expect.stringContaining('is one fitted?') as string });
    await expect(microscope.halt('no blanker')).rejects.toMatchObject({ code: 'EM_NOT_SAFE', message: expect.stringContaining('the beam is not blanked') as string });
  });

  test('the magnetic blanker knows open and automatic only', async () => {
    const { microscope, mock } = await start({}, 'blanker=1');
    await microscope.setBlanker(true);
    expect(await microscope.readState()).toMatchObject({ blanked: true });
    expect((await mock.readState()).blanked).toBe(true);
    await microscope.setBlanker(false);
    expect((await microscope.readState()).blanked).toBe(false);
    await microscope.halt('the end');
    expect((await mock.readState()).blanked).toBe(true);
    expect(BLANKER.automatic).toBe(2);
  });

  test('what the instrument clamps is noticed', async () => {
    const { microscope } = await start({ mock: { info: { fieldWidthUm: { min: 10, max: 500 } } } });
    expect((await microscope.setOptics({ fieldWidthUm: 42, workingDistanceMm: 9.5 })).fieldWidthUm).toBeCloseTo(42, 6);
    await expect(microscope.setOptics({ fieldWidthUm: 800 })).rejects.toMatchObject({ code: 'EM_LIMIT', message: expect.stringContaining('set fieldWidthUm to 500; 800') as string });
    await expect(microscope.setOptics({ stigmatorX: 0.1 })).rejects.toMatchObject({ code: 'EM_UNSUPPORTED' });
  });

  test('focusing: found, not found, not begun, blanked, stopped', async () => {
    const { microscope, mock, clock } = await start({ mock: { latencyMs: { autofocus: 3000 } } });
    await expect(microscope.autofocus({ rangeUm: 50 })).rejects.toMatchObject({ code: 'EM_FOCUS_FAILED', message: expect.stringContaining('ended where it had begun') as string });
    const stop = new AbortController();
    const stopped = microscope.autofocus({ rangeUm: 50 }, stop.signal).catch((error: unknown) => error);
    await clock.sleep(500);
    stop.abort(new EmagentError('EM_STOPPED', 'Enough.'));
    expect(await stopped).toMatchObject({ message: 'Enough.' });
    expect(mock.calls.filter(({ command }) => command === 'autofocus').map(({ outcome }) => outcome)).toEqual(['done', 'failed']);
    const { autofocus } = mock;
    mock.autofocus = async (request, signal) => {
      await autofocus(request, signal);
      mock.setState({ optics: { ...(await mock.readState()).optics, workingDistanceMm: 10.01 } });
      return { workingDistanceMm: 10.01, score: 7 };
    };
    expect(await microscope.autofocus({ rangeUm: 50 })).toEqual({ workingDistanceMm: 10.01, score: 0 });
    expect(mock.calls.findLast(({ command }) => command === 'autofocus')?.argument).toMatchObject({ rangeUm: expect.closeTo(50, 6) as number });
    mock.autofocus = async () => {
      throw new EmagentError('EM_INTERLOCK', 'no');
    };
    await expect(microscope.autofocus({ rangeUm: 50 })).rejects.toMatchObject({ code: 'EM_FOCUS_FAILED', message: expect.stringContaining('did not begin') as string });
    await microscope.setBlanker(true);
    await expect(microscope.autofocus({ rangeUm: 50 })).rejects.toMatchObject({ code: 'EM_INTERLOCK' });
  });
});

describe('scanning', () => {
  /** Somebody else who looks at the same instrument. */
  const onlooker = async ({ server, clock }: SharksemBench): Promise<Control> => {
    const control = await openControl({ host: '127.0.0.1', port: server.port, clock, replyMs: 2000, connectMs: 2000, log: () => undefined });
    endings.push(() => control.close());
    return control;
  };

  test('the operator\'s live scan is stopped for the frame and given back at the end', async () => {
    const bench = await startBench({ server: { guiScanning: true } });
    const microscope = await bench.connect();
    const looks = await onlooker(bench);
    expect(await looks.call('GUIGetScanning')).toEqual([1]);
    expect((await microscope.acquire(FRAME)).data.length).toBe(128 * 96);
    expect(await looks.call('GUIGetScanning')).toEqual([0]);
    // Switched on again in between: it would take the pixels of the next frame.
    await looks.call('GUISetScanning', [1]);
    expect((await microscope.acquire(FRAME)).data.length).toBe(128 * 96);
    await microscope.close();
    expect(await looks.call('GUIGetScanning')).toEqual([1]);
    expect(bench.notes.filter((note) => note.startsWith('ignored'))).toEqual([]);
  });

  test.each(['refused', 'silent'] as const)('a dwell time that is %s: by scan speed, for good after two frames, the speed given back', async (dwell) => {
    const bench = await startBench({ server: { dwell } });
    const microscope = await bench.connect();
    const looks = await onlooker(bench);
    await looks.call('ScSetSpeed', [2]);
    for (let frame = 0; frame < 3; frame++) {
      const { doseCPerM2, optics, pixelSizeNm } = await microscope.acquire({ ...FRAME, dwellUs: 8 });
      expect(doseCPerM2 / ((optics.beamCurrentPa * 1e-12 * 10e-6) / (pixelSizeNm * 1e-9) ** 2)).toBeCloseTo(1, 6);
    }
    const warnings = bench.logged.filter((message) => message.includes('was not taken'));
    expect(warnings).toHaveLength(2);
    expect(warnings[1]).toContain('and will be from now on');
    expect(bench.mock.calls.findLast(({ command }) => command === 'acquire')?.argument).toMatchObject({ dwellUs: 10 });
    await microscope.close();
    expect(await looks.call('ScGetSpeed')).toEqual([2]);
  });

  test('another detector, and one that there is not', async () => {
    const { microscope } = await start();
    expect(microscope.info.detectors).toEqual(['SE', 'BSE']);
    await microscope.acquire({ ...FRAME, detector: 'BSE' });
    expect((await microscope.readState()).detector).toBe('BSE');
    await expect(microscope.acquire({ ...FRAME, detector: 'EDX' })).rejects.toMatchObject({ code: 'EM_LIMIT' });
  });

  test('no image without vacuum or beam', async () => {
    const { microscope, mock } = await start();
    mock.setState({ beam: 'off' });
    await expect(microscope.acquire(FRAME)).rejects.toMatchObject({ code: 'EM_INTERLOCK' });
    mock.setState({ beam: 'on', vacuum: 'pumping' });
    await expect(microscope.acquire(FRAME)).rejects.toMatchObject({ code: 'EM_INTERLOCK' });
    expect(mock.commands()).toEqual([]);
  });
});
