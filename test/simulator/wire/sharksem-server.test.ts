import { describe, expect, test } from 'vitest';
import { type LabArgument, packCall } from '../../support/lab-sharksem-client.ts';
import { float, int, scanArgs, startLabBench as start, WAIT } from '../../support/sharksem-lab-bench.ts';

/** Flags of a request. */
const RESPOND = 1;
const JUMP = 2;

const floats = (texts: readonly string[]): number[] => texts.map(Number);

describe('a client that follows the description, with encodings of its own', () => {
  test('registers its port, asks for the version, and reads where the stage is', async () => {
    const { connect, instrument } = await start();
    const client = await connect();
    expect(client.data?.localPort).toBe(client.dataSourcePort);
    expect(await client.askText('TcpGetVersion')).toEqual(['3.2.20']);
    expect(await client.askText('TcpGetDevice')).toEqual([instrument.info.serialNumber]);
    const [x, y, z, rotation, tilt] = floats(await client.askText('StgGetPosition'));
    const { stage } = await instrument.readState();
    expect([x! * 1000, y! * 1000, z! * 1000, rotation, tilt]).toEqual([stage.xUm, stage.yUm, stage.zUm, stage.rotationDeg, stage.tiltDeg].map((value) => expect.closeTo(value, 4) as number));
    const [speeds] = await client.askText('ScEnumSpeeds');
    expect(speeds?.split('\n')[3]).toBe('speed.4.dwell=3.2');
    expect((await client.askText('DtEnumDetectors'))[0]).toContain('det.0.name=SE\n');
    expect((await client.askText('GetDeviceParams', [int(1)]))[0]).toMatch(/^HV=\d+$/m);
  });

  test('moves two axes and waits for the stage by a wait flag', async () => {
    const { connect, instrument } = await start();
    const client = await connect('none');
    client.send('StgMoveTo', [float(0.15), float(-0.2)]);
    // Held until stage and automatic procedures are idle.
    const [x, y] = floats(await client.askText('StgGetPosition', [], WAIT.B | WAIT.D));
    expect(x).toBeCloseTo(0.15, 3);
    expect(y).toBeCloseTo(-0.2, 3);
    expect((await instrument.readState()).stageMoving).toBe(false);
  });

  test('takes an 8-bit and a 16-bit frame of its own size, part of a window too, and two channels at once', async () => {
    const { connect } = await start();
    const client = await connect();
    client.send('ScSetBlanker', [int(0)]);
    client.send('SetViewField', [float(0.05)]);
    client.send('GUISetScanning', [int(0)]);
    client.send('ScStopScan');
    client.send('DtSelect', [int(0), int(0)]);
    client.send('DtEnable', [int(0), int(1), int(8)]);
    expect(await client.askInt('ScScanXY', scanArgs(11, [100, 80], [0, 0, 99, 79], [1, 1000]), WAIT.C)).toEqual([0]);
    const eight = await client.pixelsOf(11, 0, 8000);
    client.send('ScStopScan');
    expect(new Set(eight).size).toBeGreaterThan(10);

    client.send('DtEnable', [int(0), int(1), int(16)]);
    client.send('DtEnable', [int(1), int(1), int(8)]);
    expect(await client.askInt('ScScanXY', scanArgs(12, [100, 80], [10, 20, 59, 49], [1, 1000]))).toEqual([0]);
    const sixteen = await client.pixelsOf(12, 0, 50 * 30);
    const beside = await client.pixelsOf(12, 1, 50 * 30);
    client.send('ScStopScan');
    expect(client.chunks.filter(({ frame, channel }) => frame === 12 && channel === 0).every(({ bpp }) => bpp === 16)).toBe(true);
    // Little-endian: the high bytes are what the 8-bit channel shows.
    expect(Array.from(beside)).toEqual(Array.from({ length: 1500 }, (_, index) => sixteen[2 * index + 1]));
    expect(await client.askInt('DtGetEnabled', [int(0)])).toEqual([1, 16]);
  });

  test('in the automatic mode the beam is on the specimen only while it scans', async () => {
    const { connect, instrument } = await start();
    const client = await connect();
    client.send('ScSetBlanker', [int(0), int(2)]);
    expect(await client.askInt('ScGetBlanker', [int(0)])).toEqual([2]);
    expect((await instrument.readState()).blanked).toBe(true);
    await client.askInt('ScScanXY', scanArgs(1, [64, 48], [0, 0, 63, 47], [1, 500]));
    const pixels = await client.pixelsOf(1, 0, 64 * 48);
    expect(pixels.reduce((sum, grey) => sum + grey, 0) / pixels.length).toBeGreaterThan(20);
    expect(await client.askInt('IsBusy', [int(WAIT.A)], WAIT.A)).toEqual([0]);
    expect((await instrument.readState()).blanked).toBe(true);
    expect(instrument.truth().exposure.frames).toBe(1);
  });
});

describe('replies', () => {
  test('carry the Id back, and come only when asked for or when there is something to return', async () => {
    const { connect } = await start();
    const client = await connect('none');
    client.send('StgStop');
    client.send('StgStop', [], { flags: RESPOND, id: 77 });
    expect(await client.receive()).toMatchObject({ name: 'StgStop', id: 77, flags: 0, body: expect.objectContaining({ byteLength: 0 }) as DataView });
    client.send('StgIsBusy', [], { id: 0xfffffffe });
    expect(await client.receive()).toMatchObject({ name: 'StgIsBusy', id: 0xfffffffe });
    expect(client.unread).toBe(0);
  });

  test('to nonsense never come, and the next call is answered', async () => {
    const { connect, notes } = await start();
    const client = await connect('none');
    const nonsense: [string, LabArgument[]][] = [['NoSuchThing', []], ['stggetposition', []], ['StgMoveTo', []], ['GetBeamCurent', [int(3)]], ['SetWD', [int(7)]]];
    for (const [name, args] of nonsense) client.send(name, args, { flags: RESPOND });
    expect(await client.askInt('StgIsBusy')).toEqual([0]);
    expect(client.unread).toBe(0);
    expect(notes.filter((note) => note.startsWith('ignored'))).toHaveLength(5);
  });

  test('to functions of later versions never come', async () => {
    const { connect } = await start({ version: '2.0.9' });
    const client = await connect('none');
    client.send('StgGetLimits', [int(1)]);
    client.send('GetBeamCurrent');
    expect(await client.askText('TcpGetVersion')).toEqual(['2.0.9']);
    expect(client.unread).toBe(0);
  });

  test('of a held call wait, a call that jumps does not', async () => {
    const { connect } = await start();
    const client = await connect('none');
    client.send('Delay', [int(1000)]);
    client.send('GetWD', [], { flags: WAIT.C, id: 1 });
    client.send('GetViewField', [], { id: 2 });
    client.send('StgIsBusy', [], { flags: JUMP, id: 3 });
    client.send('StgIsCalibrated', [], { flags: JUMP, id: 4 });
    const order = [];
    for (let reply = 0; reply < 4; reply++) order.push((await client.receive()).id);
    expect(order).toEqual([3, 4, 1, 2]);
  });

  test('bytes that are no message end the connection', async () => {
    const { connect } = await start();
    const client = await connect('none');
    client.sendRaw(Buffer.from('GET / HTTP/1.1\r\nHost: microscope\r\n\r\n'));
    await client.ended;
  });

  test('in pieces of any size are understood', async () => {
    const { connect } = await start();
    const client = await connect('none');
    for (const byte of Buffer.concat([packCall('StgIsBusy', [], { id: 5 }), packCall('StgGetLimits', [int(1)], { id: 6 })])) client.sendRaw(Uint8Array.of(byte));
    expect((await client.receive()).id).toBe(5);
    expect((await client.receive()).id).toBe(6);
  });
});

describe('the connection for pixels', () => {
  test('made before its port is registered never gets a pixel', async () => {
    const { connect, notes, clock } = await start();
    const client = await connect('wrong');
    expect(await client.askInt('ScScanXY', scanArgs(1, [64, 48], [0, 0, 63, 47], [1, 500]))).toEqual([0]);
    await client.askInt('IsBusy', [int(WAIT.A)], WAIT.A);
    await clock.sleep(500);
    expect(client.chunks).toEqual([]);
    expect(notes.join(' ')).toContain('nobody has registered');
  });

  test('gets slices of about 50 ms as the beam goes on, in order', async () => {
    const { connect } = await start();
    const client = await connect();
    // Once before: what lies there is drawn at the first look, which takes a moment.
    await client.askInt('ScScanXY', scanArgs(2, [200, 200], [0, 0, 199, 199], [1, 1000]));
    await client.pixelsOf(2, 0, 40_000);
    client.send('ScStopScan');
    client.chunks.length = 0;
    // 200 lines of 200 px of 100 us: four seconds of instrument time.
    await client.askInt('ScScanXY', scanArgs(3, [200, 200], [0, 0, 199, 199], [1, 100_000]));
    await client.pixelsOf(3, 0, 40_000);
    const starts = client.chunks.map(({ index }) => index);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
    expect(starts.length).toBeGreaterThan(2);
    expect(starts.length).toBeLessThan(100);
  });

  test('of a client that does not read is ended after ten seconds, with its control connection', async () => {
    const { connect, notes } = await start();
    const client = await connect();
    client.data?.pause();
    client.send('DtEnable', [int(0), int(1), int(16)]);
    await client.askInt('ScScanXY', scanArgs(3, [4096, 4096], [0, 0, 4095, 4095], [0, 50]));
    await client.ended;
    expect(notes.join(' ')).toContain('does not read');
  }, 60_000);

  test('ends with the client; its scan ends too', async () => {
    const { connect, clock, instrument } = await start();
    const client = await connect();
    await client.askInt('ScScanXY', scanArgs(3, [400, 400], [0, 0, 399, 399], [0, 25_000]));
    while (!(await instrument.readState()).scanning) await clock.sleep(20);
    client.close();
    while ((await instrument.readState()).scanning) await clock.sleep(20);
    const other = await connect();
    expect(await other.askInt('IsBusy', [int(WAIT.A)])).toEqual([0]);
  });

  test('a scan that is stopped without waiting ends at once; a second one beside it is refused', async () => {
    const { connect, instrument } = await start();
    const client = await connect();
    await client.askInt('ScScanXY', scanArgs(3, [400, 400], [0, 0, 399, 399], [1, 90_000]));
    expect((await client.askInt('ScScanXY', scanArgs(4, [64, 48], [0, 0, 63, 47], [1, 500])))[0]).toBeLessThan(0);
    client.send('ScStopScan', [], { flags: RESPOND });
    await client.receive();
    expect(await client.askInt('IsBusy', [int(WAIT.A)])).toEqual([0]);
    expect(await client.askInt('ScScanXY', scanArgs(4, [64, 48], [0, 0, 63, 47], [1, 500]))).toEqual([0]);
    await client.pixelsOf(4, 0, 64 * 48);
    expect(instrument.truth().exposure.frames).toBe(1);
    for (const rect of [[0, 0, 64, 47], [5, 0, 4, 47], [0, 0, 63, 48]]) {
      expect((await client.askInt('ScScanXY', scanArgs(5, [64, 48], rect, [1, 500]), WAIT.A))[0]).toBeLessThan(0);
    }
  });

  test('the operator\'s live scan has the pixels to itself', async () => {
    const { connect } = await start({ guiScanning: true });
    const client = await connect();
    expect(await client.askInt('GUIGetScanning')).toEqual([1]);
    await client.askInt('ScScanXY', scanArgs(3, [64, 48], [0, 0, 63, 47], [1, 500]));
    await client.askInt('IsBusy', [int(WAIT.A)], WAIT.A);
    expect(client.chunks).toEqual([]);
  });
});

/** Correlation of two pictures, -1 to 1. */
function correlation(a: readonly number[], b: readonly number[]): number {
  const centred = (values: readonly number[]): number[] => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.map((value) => value - mean);
  };
  const product = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, value, index) => sum + value * y[index]!, 0);
  const [x, y] = [centred(a), centred(b)];
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y));
}

test('a rectangle of a window shows that part of it, in its own time and with its own dose', async () => {
  const { connect, instrument } = await start();
  const client = await connect();
  const site = instrument.truth().sites[0]!;
  client.send('StgMoveTo', [float(site.xUm / 1000), float(site.yUm / 1000)]);
  client.send('SetViewField', [float(0.03)], { flags: WAIT.B });
  client.send('SetImageRot', [float(35)]);
  client.send('ScSetBlanker', [int(0)]);
  await client.askInt('ScScanXY', scanArgs(1, [160, 120], [0, 0, 159, 119], [1, 4000]), WAIT.C);
  const whole = await client.pixelsOf(1, 0, 160 * 120);
  const doseOfWhole = instrument.truth().exposure.totalDoseC;
  client.send('ScStopScan');
  const [left, top, width, height] = [90, 10, 60, 40] as const;
  const dosesBefore = instrument.truth().exposure.totalDoseC;
  await client.askInt('ScScanXY', scanArgs(2, [160, 120], [left, top, left + width - 1, top + height - 1], [1, 4000]), WAIT.A);
  const part = Array.from(await client.pixelsOf(2, 0, width * height));
  client.send('ScStopScan');
  client.send('ScSetBlanker', [int(1)]);
  await client.askInt('StgIsBusy');
  const cut = (dx: number, dy: number): number[] => Array.from({ length: width * height }, (_, index) => whole[(top + dy + Math.floor(index / width)) * 160 + left + dx + (index % width)]!);
  const here = correlation(part, cut(0, 0));
  expect(here).toBeGreaterThan(0.6);
  for (const [dx, dy] of [[8, 0], [-8, 0], [0, 8], [0, -8]] as const) expect(correlation(part, cut(dx, dy))).toBeLessThan(here - 0.1);
  expect(doseOfWhole).toBeGreaterThan(0);
  expect(instrument.truth().exposure.totalDoseC - dosesBefore).toBeLessThan(doseOfWhole);
});

describe('what it ignores and clamps', () => {
  test('targets outside are clamped, moves while it moves are ignored', async () => {
    const { connect, instrument } = await start();
    const client = await connect('none');
    const limits = floats(await client.askText('StgGetLimits', [int(1)]));
    expect(limits.slice(0, 2)).toEqual([instrument.info.axes.xUm.min / 1000, instrument.info.axes.xUm.max / 1000]);
    client.send('StgMoveTo', [float(0.8)]);
    client.send('StgMoveTo', [float(-0.8)]);
    expect(floats(await client.askText('StgGetPosition', [], WAIT.B))[0]).toBeCloseTo(0.8, 3);
    client.send('SetViewField', [float(99)]);
    client.send('SetWD', [float(0.1)]);
    expect(floats(await client.askText('GetViewField', [], WAIT.C))[0]! * 1000).toBeCloseTo(instrument.info.fieldWidthUm.max, 6);
    expect(floats(await client.askText('GetWD'))[0]).toBe(instrument.info.workingDistanceMm.min);
  });

  test('while it moves the position comes at 2 Hz; StgStop ends the move', async () => {
    const { connect, clock } = await start();
    const client = await connect('none');
    client.send('StgMoveTo', [float(15)]);
    while ((await client.askInt('StgIsBusy'))[0] === 0) await clock.sleep(10);
    const seen = new Set<number>();
    const fromMs = clock.nowMs();
    while (clock.nowMs() - fromMs < 2000) seen.add(floats(await client.askText('StgGetPosition'))[0]!);
    expect(seen.size).toBeGreaterThanOrEqual(2);
    expect(seen.size).toBeLessThanOrEqual(6);
    client.send('StgStop');
    expect(await client.askInt('StgIsBusy', [], WAIT.B)).toEqual([0]);
    expect(floats(await client.askText('StgGetPosition'))[0]).toBeLessThan(14);
  });

  test('without calibration nothing moves', async () => {
    const { connect } = await start({ calibrated: false, motorizedMeans: 'not motorised' });
    const client = await connect('none');
    expect(await client.askInt('StgIsCalibrated')).toEqual([0]);
    client.send('StgMoveTo', [float(1)]);
    expect(floats(await client.askText('StgGetPosition', [], WAIT.B))[0]).toBe(0);
    client.send('StgCalibrate');
    expect(await client.askInt('StgIsCalibrated', [], WAIT.B)).toEqual([1]);
    client.send('StgMoveTo', [float(0.1)]);
    expect(floats(await client.askText('StgGetPosition', [], WAIT.B))[0]).toBeCloseTo(0.1, 3);
    expect(await client.askInt('StgGetMotorized')).toEqual([0, 0, 0, 0, 0]);
  });

  test('a stage in motion stops by itself when its watchdog is not fed', async () => {
    const { connect, instrument, clock, notes } = await start();
    const client = await connect('none');
    client.send('StgWatchdog', [float(0.5)]);
    client.send('StgMove', [float(1), float(0)]);
    for (let look = 0; look < 8; look++) {
      await clock.sleep(200);
      expect(await client.askInt('StgIsBusy')).toEqual([1]);
    }
    await clock.sleep(2500);
    expect((await instrument.readState()).stageMoving).toBe(false);
    expect(notes.join(' ')).toContain('watchdog');
  });

  test('vented, the beam stays off; pumped down it can be switched on again', async () => {
    const { connect, instrument } = await start();
    const client = await connect('none');
    expect(await client.askInt('HVGetBeam')).toEqual([1]);
    instrument.inject({ fault: 'vacuum-trip', when: { atS: 0 } });
    expect(await client.askInt('VacGetStatus')).toEqual([-1]);
    client.send('HVBeamOn');
    expect(await client.askInt('HVGetBeam')).toEqual([0]);
    expect(floats(await client.askText('VacGetPressure', [int(0)]))[0]).toBeGreaterThan(1);
  });

  test('the high voltage ramps: the call blocks, unless it is asynchronous', async () => {
    const { connect } = await start();
    const client = await connect('none');
    const [before] = floats(await client.askText('HVGetVoltage'));
    client.send('HVSetVoltage', [float(before! + 1000), int(1)]);
    expect(await client.askInt('HVGetBeam')).toEqual([1000]);
    expect(floats(await client.askText('HVGetVoltage', [], WAIT.C))[0]).toBe(before! + 1000);
    client.send('HVSetVoltage', [float(before!)]);
    expect(await client.askInt('HVGetBeam')).toEqual([1]);
    client.send('SetBeamCurrent', [float(250)]);
    expect(floats(await client.askText('GetBeamCurrent', [], WAIT.C))).toEqual([250]);
  });

  test('the automatic focus raises flag D, and needs an idle scan generator', async () => {
    const { connect, instrument } = await start();
    const client = await connect('none');
    client.send('ScSetBlanker', [int(0)]);
    const [before] = floats(await client.askText('GetWD'));
    client.send('AutoWD', [int(0), float(before! - 0.03), float(before! + 0.03)]);
    expect(await client.askInt('IsBusy', [int(WAIT.D)])).toEqual([1]);
    const [after] = floats(await client.askText('GetWD', [], WAIT.D));
    expect(Math.abs(after! - before!)).toBeLessThan(0.031);
    expect(instrument.truth().exposure.unblankedS).toBeGreaterThan(0);
    client.send('SetImageShift', [float(0.001), float(9)]);
    expect(floats(await client.askText('GetImageShift'))).toEqual([0.001, 0.05]);
  });
});
