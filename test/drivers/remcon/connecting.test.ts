import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { connectMicroscope } from '../../../src/session/microscopes.ts';
import { createRealClock } from '../../../src/lib/clock.ts';
import { encodeZeissTiff } from '../../../simulator/wire/remcon-picture.ts';
import { sampleFrame, temporaryFolder } from '../../record/sample-folder.ts';
import { otherDevice } from '../../support/other-device.ts';
import { createSocketClock } from '../../support/socket-clock.ts';
import { type RemconBench, type RemconBenchOptions, startRemconBench } from '../../support/remcon-bench.ts';

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});
const start = async (options?: RemconBenchOptions): Promise<RemconBench> => {
  const bench = await startRemconBench(options);
  endings.push(() => bench.close());
  return bench;
};

const remcon = async (onData: Parameters<typeof otherDevice>[0]): Promise<string> => `remcon+tcp://${await otherDevice(onData)}`;
const attempt = (url: string, images = temporaryFolder()): Promise<unknown> =>
  connectMicroscope(`${url}?${new URLSearchParams({ images }).toString()}`, { clock: createSocketClock(), clientName: 'test', log: () => undefined });

describe('connecting says in one sentence', () => {
  test('that nothing listens', async () => {
    await expect(attempt('remcon+tcp://127.0.0.1:9')).rejects.toMatchObject({ code: 'EM_CONNECT', message: 'Nothing listens at 127.0.0.1:9.' });
  });

  test('that nothing answers', async () => {
    const url = await remcon(() => undefined);
    await expect(attempt(url)).rejects.toMatchObject({
      code: 'EM_CONNECT',
      message: expect.stringMatching(/^Nothing answers at 127\.0\.0\.1:\d+: is RemCon32 running beside SmartSEM, .*, and is the cable in\?$/) as string,
    });
  });

  test('that the baud rate is another one', async () => {
    const url = await remcon((_, socket) => void socket.write(Buffer.from([0xf8, 0x80, 0xe6, 0x98, 0x1e, 0x00, 0xfe])));
    await expect(attempt(url)).rejects.toMatchObject({ code: 'EM_CONNECT', message: expect.stringContaining('set the baud rate to that of RemCon32') as string });
  });

  test('that another device is on the port', async () => {
    const url = await remcon((_, socket) => void socket.write(':N-1\r\n'));
    await expect(attempt(url)).rejects.toMatchObject({ code: 'EM_PROTOCOL', message: expect.stringMatching(/is not RemCon32 of SmartSEM: it said ":N-1/) as string });
  });

  test('that it is another program of the same manners', async () => {
    const url = await remcon((text, socket) => void socket.write(text.startsWith('VER?') ? '@\r\n>LEO 1.0\r\n' : '@\r\n>\r\n'));
    await expect(attempt(url)).rejects.toMatchObject({ code: 'EM_PROTOCOL', message: expect.stringContaining('calls itself "LEO 1.0"; RemCon32 of SmartSEM was expected') as string });
  });

  test('that it is a simulated one that has only some of the commands', async () => {
    const url = await remcon((text, socket) => void socket.write(/^(?:VER|STI|INT)\?/.test(text) ? '@\r\n>1\r\n' : '#\r\n'));
    await expect(attempt(url)).rejects.toMatchObject({
      code: 'EM_UNSUPPORTED',
      message: expect.stringMatching(/speaks RemCon32 in part only: it does not know C95\? \(all axes of the stage\), PHN\? \(the number of a picture\)\.$/) as string,
    });
  });

  test('that it does not say who it is', async () => {
    const url = await remcon((text, socket) => void socket.write(text.startsWith('VER?') ? '@\r\n*600\r\n' : '@\r\n>\r\n'));
    await expect(attempt(url)).rejects.toMatchObject({ code: 'EM_PROTOCOL', message: expect.stringContaining('does not say who it is') as string });
  });

  test('that the folder of the pictures is not shared', async () => {
    const images = temporaryFolder();
    rmSync(images, { recursive: true });
    await expect(attempt('remcon+tcp://127.0.0.1:9', images)).rejects.toMatchObject({
      code: 'EM_CONNECT',
      message: `The folder ${images}, in which the instrument's pictures should appear, does not exist: share it with this machine, or give the right path.`,
    });
  });

  test.each([
    ['remcon+tcp://127.0.0.1:9', /wrong at "images": give \?images=DIR/],
    ['remcon+tcp://127.0.0.1?images=/tmp', /names no port: write remcon\+tcp:\/\/host:port/],
    ['remcon+serial:?images=/tmp', /names no serial port: write remcon\+serial:\/\/\/dev\/ttyUSB0/],
    ['remcon+serial:///dev/no-such-port?images=/tmp', /^There is no serial port \/dev\/no-such-port\.$/],
    ['remcon+serial:///dev/null?images=/tmp', /^\/dev\/null is no serial port\.$/],
    ['remcon+tcp://127.0.0.1:9?images=/tmp&baud=fast', /wrong at "baud"/],
    ['remcon+tcp://127.0.0.1:9?images=/tmp&bauds=9600', /bauds/],
    ['remcon+tcp://127.0.0.1:9?images=/tmp&limits=x:5', /"x:5" is no limit: write x:5\.\.125/],
    ['remcon+tcp://127.0.0.1:9?images=/tmp&limits=q:5..6', /is no limit/],
    ['remcon+tcp://127.0.0.1:9?images=/tmp&originMm=20', /"20" is no pair of numbers/],
    ['remcon+tcp://127.0.0.1:9?images=/tmp&size=1024', /"1024" is no size: write 1024x768/],
    ['remcon+tcp://127.0.0.1:9?images=/tmp&dwellUs=0.1,x', /is no list of dwell times/],
    ['remcon+tcp://127.0.0.1:9?images=/tmp&fieldWidthUm=9..1', /is no range: write 5\.\.152/],
  ])('what is wrong with %s', async (address, sentence) => {
    const failed = connectMicroscope(address, { clock: createRealClock(), clientName: 'test', log: () => undefined });
    await expect(failed).rejects.toMatchObject({ message: expect.stringMatching(sentence) as string });
  });
});

describe('a connection', () => {
  test('begins with the null command and the version, locks the joystick, and leaves everything as it was', async () => {
    const bench = await start();
    const microscope = await bench.connect();
    expect(bench.heard.slice(0, 2)).toEqual(['', 'VER?']);
    expect(bench.heard.at(-1)).toBe('JDK 1');
    await microscope.close();
    await microscope.close();
    expect(bench.heard.at(-1)).toBe('JDK 0');
    // The probe current was measured, and its monitor is off again: the touch alarm works.
    expect(bench.heard.filter((line) => line.startsWith('SCM'))).toEqual(['SCM 1', 'SCM 0']);
  });

  test('leaves the joystick alone when it is told to', async () => {
    const bench = await start();
    const microscope = await bench.connect({ joystickLock: 'false' });
    await microscope.close();
    expect(bench.heard.filter((line) => line.startsWith('JDK'))).toEqual([]);
  });

  test('to a clone that ends its lines with CR alone works', async () => {
    const bench = await start({ server: { replyEnd: 'cr' } });
    const microscope = await bench.connect({ eol: 'cr' });
    expect((await microscope.readState()).stageMoving).toBe(false);
  });

  test('learns limits and scale from the newest picture of SmartSEM in the folder', async () => {
    const bench = await start();
    const facts = { photoNumber: 7, fileName: 'x.tif', magnification: 127e3 / 5, scanRate: 4, detector: 'SE', vacuumMbar: 1e-7, blanked: true, serialNumber: 'Crossbeam-7', timestamp: '2026-01-01T00:00:00Z' };
    const axes = { xMm: 20, yMm: 20, zMm: 10, tiltDeg: 0, rotationDeg: 0, mMm: 0 };
    writeFileSync(join(bench.images, 'old.tif'), encodeZeissTiff(sampleFrame('a'), { ...facts, axes, lowMm: [1, 2, 3], highMm: [31, 32, 33] }));
    const learned = await bench.connect({ limits: 'z:0..30' });
    expect(learned.info.axes.xUm).toEqual({ min: -19_000, max: 11_000 });
    expect(learned.info.axes.yUm).toEqual({ min: -18_000, max: 12_000 });
    // What the user says goes first.
    expect(learned.info.axes.zUm).toEqual({ min: 0, max: 30_000 });
    expect(learned.info.capabilities).toContain('limits');
    expect(learned.info.serialNumber).toBe('Crossbeam-7');
    // 5 um at a magnification of 25400: 0.127 m at 1.
    expect((await learned.readState()).optics.fieldWidthUm).toBeCloseTo((80 * 0.127) / 0.1143, 1);
    await expect(bench.connect({ hfwAtMag1: '0.2' })).rejects.toMatchObject({ code: 'EM_CONFIG', message: expect.stringContaining('0.1270 m wide at magnification 1, the option hfwAtMag1 says 0.2 m') as string });
  });

  test('guesses careful limits, and says that they are guesses, when nobody tells them', async () => {
    const bench = await start();
    const { info } = await bench.connect({ limits: 'r:0..360', originMm: '0,0' });
    expect(info.axes.xUm).toEqual({ min: 0, max: 100_000 });
    expect(info.capabilities).not.toContain('limits');
    expect(info.serialNumber).toBe('not told');
  });
});
