import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SplitFile } from '../../../src/contract/model-manifest.ts';
import { encodeJpeg, encodePng } from '../../../src/imaging/picture-file.ts';
import { createRandom } from '../../../src/lib/random.ts';
import { createDatasetPictures } from '../../../simulator/scene/dataset-pictures.ts';
import { simulated } from '../simulated.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'emagent-dataset-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** A picture of noise around a grey; `seed` makes its bytes its own. */
function picture(seed: number, grey = 120): { widthPx: number; heightPx: number; data: Uint8Array } {
  const random = createRandom(seed);
  return { widthPx: 160, heightPx: 120, data: Uint8Array.from({ length: 160 * 120 }, () => grey + 40 * (random.uniform() - 0.5)) };
}

async function put(folder: string, name: string, seed: number): Promise<string> {
  await mkdir(join(dir, folder), { recursive: true });
  const path = join(dir, folder, name);
  await writeFile(path, name.endsWith('.png') ? await encodePng(picture(seed)) : await encodeJpeg(picture(seed)));
  return path;
}

const shaOf = async (path: string): Promise<string> => createHash('sha256').update(await readFile(path)).digest('hex');
const splitOf = (parts: Partial<SplitFile['parts']>): SplitFile => ({ v: 1, seed: 1, by: 'image', parts: { train: [], validation: [], test: [], ...parts } });
const open = (split?: SplitFile) => createDatasetPictures({ dataset: dir, seed: 1, log: () => undefined, ...(split !== undefined && { split }) });
const failure = (work: Promise<unknown>): Promise<{ code?: string; message?: string }> =>
  work.then(
    () => ({}),
    (error: { code: string; message: string }) => error,
  );

describe('data set', () => {
  test('only pictures outside train and validation are shown; unknown ones are', async () => {
    const trained = await put('Tips', 'a.jpg', 1);
    const validated = await put('Tips', 'b.jpg', 2);
    await put('Tips', 'c.jpg', 3);
    await put('Tips', 'unknown.png', 4);
    const pictures = await open(splitOf({ train: [await shaOf(trained)], validation: [await shaOf(validated)] }));
    const shown = Array.from({ length: 8 }, (_, index) => pictures.assign('Tips', index));
    expect(new Set(shown.map((ref) => (ref.kind === 'file' ? ref.path : '')))).toEqual(new Set([join(dir, 'Tips', 'c.jpg'), join(dir, 'Tips', 'unknown.png')]));
  });

  test('a category all of whose pictures were trained on is one sentence', async () => {
    await put('Tips', 'a.jpg', 1);
    const trained = await put('Powder', 'b.jpg', 2);
    const error = await failure(open(splitOf({ train: [await shaOf(trained)] })));
    expect(error.code).toBe('EM_DATASET');
    expect(error.message).toContain('Powder');
  });

  test.each([
    ['a folder that is not there', 'missing', 'does not exist'],
    ['a folder without pictures', '.', 'no pictures'],
  ])('%s', async (_what, name, words) => {
    const error = await failure(createDatasetPictures({ dataset: join(dir, name), seed: 1, log: () => undefined }));
    expect(error).toMatchObject({ code: 'EM_DATASET' });
    expect(error.message).toContain(words);
  });

  test('a file instead of a folder', async () => {
    await writeFile(join(dir, 'file'), 'x');
    expect(await failure(createDatasetPictures({ dataset: join(dir, 'file'), seed: 1, log: () => undefined }))).toMatchObject({ code: 'EM_DATASET' });
  });

  test.each([
    ['garbage', (bytes: Buffer) => Buffer.alloc(bytes.length, 7)],
    ['a JPEG cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ['an empty file', () => Buffer.alloc(0)],
  ])('%s among the pictures is named', async (_what, breakIt) => {
    await put('Tips', 'good.jpg', 1);
    const path = await put('Tips', 'zz-broken.jpg', 2);
    await writeFile(path, breakIt(await readFile(path)));
    const error = await failure(open());
    expect(error.code).toBe('EM_PICTURE');
    expect(error.message).toContain('zz-broken.jpg');
  });

  test('a picture damaged in the middle is found before the first move, if it has a site', async () => {
    const path = await put('Tips', 'a.png', 1);
    const bytes = await readFile(path);
    bytes.fill(0x55, Math.floor(bytes.length / 3), Math.floor(bytes.length / 2));
    await writeFile(path, bytes);
    const error = await failure(simulated({ sample: { sites: { Tips: 1 } } }, { dataset: dir }));
    expect(error.code).toBe('EM_PICTURE');
    expect(error.message).toContain('a.png');
  });

  test('folders with _ are "other", unknown categories get sites, missing ones none', async () => {
    await put('Tetrapods', 'a.jpg', 1);
    await put('Tips', 'a.jpg', 2);
    await put('_elsewhere', 'a.jpg', 3);
    const pictures = await open();
    expect(pictures.counts({ Tips: 3, Powder: 2, other: 1 }, 4)).toEqual({ Tips: 3, Tetrapods: 4, other: 1 });
    expect(await failure(Promise.resolve().then(() => pictures.counts({ Powder: 2 }, 0)))).toMatchObject({ code: 'EM_DATASET' });
  });

  test('sites show the pictures: bright ones are bright, on a substrate like the Background folder', async () => {
    await mkdir(join(dir, 'Tips'));
    await mkdir(join(dir, 'Background'));
    await writeFile(join(dir, 'Tips', 'a.png'), await encodePng(picture(1, 220)));
    await writeFile(join(dir, 'Background', 'b.png'), await encodePng(picture(2, 100)));
    const { microscope } = await simulated({ sample: { sites: { Tips: 1 }, placement: { model: 'needle', xUm: 0, yUm: 0 } } }, { dataset: dir });
    const { xUm, yUm, label } = microscope.truth().sites[0]!;
    expect(label).toBe('Tips');
    await microscope.setOptics({ fieldWidthUm: 8 });
    await microscope.setBlanker(false);
    const meanAt = async (x: number): Promise<number> => {
      await microscope.moveStage({ xUm: x, yUm });
      const { data } = await microscope.acquire({ widthPx: 256, heightPx: 192, dwellUs: 5, depth: 8 });
      return (data as Uint8Array).reduce((sum, value) => sum + value, 0) / data.length;
    };
    expect(Math.abs((await meanAt(xUm)) - 225)).toBeLessThan(6);
    expect(Math.abs((await meanAt(xUm + 300)) - 105)).toBeLessThan(8);
  });
});
