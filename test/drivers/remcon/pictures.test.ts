import { readdirSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { inDepth } from '../../../drivers/remcon/picture.ts';
import { EmagentError } from '../../../src/contract/errors.ts';
import { encodeZeissTiff, type PictureFacts } from '../../../simulator/wire/remcon-picture.ts';
import { encodeTiff } from '../../../src/imaging/tiff.ts';
import { sampleFrame } from '../../record/sample-folder.ts';
import { type RemconBench, type RemconBenchOptions, SMALL_PX, startConnected } from '../../support/remcon-bench.ts';

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});
const start = (query?: Readonly<Record<string, string>>, options?: RemconBenchOptions): ReturnType<typeof startConnected> => startConnected(endings, query, options);
const [widthPx, heightPx] = SMALL_PX;
const request = { widthPx, heightPx, dwellUs: 0.96, depth: 8 } as const;

const facts = (changes: Partial<PictureFacts> = {}): PictureFacts => ({
  photoNumber: 1,
  fileName: 'other.tif',
  axes: { xMm: 20, yMm: 20, zMm: 10, tiltDeg: 0, rotationDeg: 0, mMm: 0 },
  lowMm: [0, 0, 0],
  highMm: [40, 40, 30],
  magnification: 114.3e3 / 5,
  scanRate: 4,
  detector: 'SE',
  vacuumMbar: 6e-7,
  blanked: true,
  serialNumber: 'S',
  timestamp: '2026-01-01T00:00:00Z',
  ...changes,
});
const foreign = (changes?: Partial<PictureFacts>): Uint8Array => encodeZeissTiff(sampleFrame('foreign'), facts(changes));

/** Puts files into the folder as soon as the microscope is told to record. */
function besides(bench: RemconBench, files: Readonly<Record<string, Uint8Array>>): void {
  void (async () => {
    while (!bench.heard.includes('FREC')) await bench.clock.sleep(5);
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(bench.images, name), bytes);
  })();
}

describe('a picture', () => {
  test('is integrated, recorded under the number that was read, and never touches the blanker', async () => {
    const { bench, microscope } = await start();
    const frame = await microscope.acquire(request);
    expect(bench.heard.filter((line) => /^(BBLK|FINT|PHN|FREC|INT)/.test(line))).toEqual(['INT?', 'FINT 1', 'INT?', 'PHN?', 'FREC']);
    expect(readdirSync(bench.images)).toEqual(['photo_0001.tif']);
    expect(frame).toMatchObject({ widthPx, heightPx, depth: 8, doseCPerM2: 0, request });
    const second = await microscope.acquire(request);
    expect(second.id).not.toBe(frame.id);
    expect(readdirSync(bench.images)).toEqual(['photo_0001.tif', 'photo_0002.tif']);
  });

  test('takes the scan rate and the number of frames that make up the dwell time, and the rate goes back at the end', async () => {
    const { bench, microscope } = await start();
    await microscope.acquire({ ...request, dwellUs: 0.6 });
    expect(bench.heard).toContain('RATE 1');
    expect(bench.heard).toContain('FINT 5');
    await microscope.acquire({ ...request, dwellUs: 1.92 });
    expect(bench.heard).toContain('RATE 5');
    await microscope.close();
    expect(bench.heard.findLast((line) => line.startsWith('RATE'))).toBe('RATE 4');
  });

  test('integrates by lines when it is told to', async () => {
    const { bench, microscope } = await start({ integration: 'line' });
    await microscope.acquire({ ...request, dwellUs: 0.6 });
    expect(bench.heard).toContain('LINT 5');
  });

  test('of a dwell time that cannot be had is refused with the nearest that can', async () => {
    const { microscope } = await start();
    await expect(microscope.acquire({ ...request, dwellUs: 0.97 })).rejects.toMatchObject({
      code: 'EM_LIMIT',
      message: 'A dwell time of 0.97 us cannot be had from the scan rates; the nearest are 0.96, 0.9, 1.08.',
    });
  });

  test('says where it was taken, how wide it is and how much dose it cost', async () => {
    const { microscope } = await start();
    await microscope.moveStage({ xUm: 120, yUm: -40 });
    const optics = await microscope.setOptics({ fieldWidthUm: 50 });
    await microscope.setBlanker(false);
    const frame = await microscope.acquire(request);
    await microscope.setBlanker(true);
    expect(frame.stage).toMatchObject({ xUm: 120, yUm: -40 });
    expect(frame.optics).toEqual(optics);
    expect(frame.pixelSizeNm).toBeCloseTo(50_000 / widthPx, 6);
    expect(frame.doseCPerM2).toBeCloseTo((100e-12 * 0.96e-6) / ((50e-6 / widthPx) ** 2), 9);
  });
});

describe('of the files in the folder', () => {
  test('another photo number and another place are passed over', async () => {
    const { bench, microscope } = await start();
    besides(bench, {
      'a-number.tif': foreign({ photoNumber: 2 }),
      'b-place.tif': foreign({ axes: { ...facts().axes, xMm: 20.5 } }),
    });
    const frame = await microscope.acquire(request);
    expect(frame.widthPx).toBe(widthPx);
    expect(bench.logged.join('\n')).toMatch(/b-place\.tif is photo 1, but of a place 500\.0 um off/);
  });

  test('two that fit are an error, not a guess', async () => {
    const { bench, microscope } = await start();
    besides(bench, { 'a-twin.tif': foreign() });
    await expect(microscope.acquire(request)).rejects.toMatchObject({ code: 'EM_FRAME_INCOMPLETE', message: expect.stringMatching(/a-twin\.tif and photo_0001\.tif both fit photo 1: which one it is would be a guess/) as string });
  });

  test('one without the settings of SmartSEM is taken when it alone is new', async () => {
    const { bench, microscope } = await start();
    bench.instrument.inject({ fault: 'file-missing', when: { after: 0 } });
    const data = new Uint8Array(widthPx * heightPx).fill(77);
    besides(bench, { 'plain.tif': encodeTiff({ widthPx, heightPx, data }, { description: 'x', pixelSizeUm: 1 }) });
    expect((await microscope.acquire(request)).data).toEqual(data);
  });

  test('one of another size says what to set', async () => {
    const { microscope } = await start({}, { server: { storeSizePx: [512, 384] } });
    await expect(microscope.acquire(request)).rejects.toMatchObject({
      code: 'EM_FRAME_INCOMPLETE',
      message: 'photo_0001.tif has 512 x 384 px, not 256 x 192: choose that store resolution in SmartSEM, or say size=512x384 in the address.',
    });
  });

  test('the first one teaches the scale of the field, when nobody has told it', async () => {
    const { bench, microscope } = await start();
    bench.instrument.inject({ fault: 'file-missing', when: { after: 0 } });
    const frame = sampleFrame('wide', { widthPx, heightPx, data: new Uint8Array(widthPx * heightPx) });
    // 5 um wide at a magnification of 25400: 0.127 m at magnification 1.
    besides(bench, { 'wide.tif': encodeZeissTiff(frame, facts({ magnification: 127e3 / 5 })) });
    const before = (await microscope.readState()).optics.fieldWidthUm;
    const taken = await microscope.acquire(request);
    expect(taken.optics.fieldWidthUm / before).toBeCloseTo(0.127 / 0.1143, 3);
    expect((await microscope.readState()).optics.fieldWidthUm).toBeCloseTo(taken.optics.fieldWidthUm, 9);
  });
});

describe('a beam that goes away', () => {
  test('by itself is told as a fault, once, and refuses the picture', async () => {
    const { bench, microscope } = await start();
    await microscope.readState();
    const told: string[] = [];
    microscope.onFault(({ code }) => told.push(code));
    const operator = createConnection(bench.server.port, bench.server.host);
    operator.write('BMON 2\r');
    await new Promise((resolve) => operator.once('data', resolve));
    operator.destroy();
    expect((await microscope.readState()).beam).toBe('off');
    expect((await microscope.readState()).beam).toBe('off');
    expect(told).toEqual(['EM_BEAM']);
    // It was the operator's command, not the driver's: the bench would complain of it.
    bench.heard.splice(bench.heard.indexOf('BMON 2'), 1);
  });
});

test('an abort while the file is waited for ends with the reason', async () => {
  const { bench, microscope } = await start();
  bench.instrument.inject({ fault: 'file-missing', when: { after: 0 } });
  const stop = new AbortController();
  const frame = microscope.acquire(request, stop.signal).catch((error: EmagentError) => error.message);
  while (!bench.heard.includes('FREC')) await bench.clock.sleep(5);
  await bench.clock.sleep(500);
  stop.abort(new EmagentError('EM_STOPPED', 'Enough.'));
  expect(await frame).toBe('Enough.');
});

test('depths are changed without inventing or losing a grey', () => {
  expect(inDepth(Uint8Array.of(0, 1, 255), 16)).toEqual(Uint16Array.of(0, 257, 65535));
  expect(inDepth(Uint16Array.of(0, 257, 65535), 8)).toEqual(Uint8Array.of(0, 1, 255));
  expect(inDepth(Uint8Array.of(7), 8)).toEqual(Uint8Array.of(7));
});
