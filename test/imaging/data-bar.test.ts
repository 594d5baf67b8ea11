import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rowsAboveDataBar, withoutDataBar } from '../../src/imaging/data-bar.ts';
import { readPicture } from '../../src/imaging/picture-file.ts';
import { createRandom } from '../../src/lib/random.ts';
import { sharedFile } from '../classify/shared-files.ts';

/** A picture of noise around a grey. */
function picture(seed: number): { widthPx: number; heightPx: number; data: Uint8Array } {
  const random = createRandom(seed);
  return { widthPx: 160, heightPx: 120, data: Uint8Array.from({ length: 160 * 120 }, () => 120 + 40 * (random.uniform() - 0.5)) };
}

/** A micrograph with a bar below it (flat ground, some text, a scale line), and `belowPx` rows of picture under that. */
function withBar(ground: number, text: number, belowPx = 0): ReturnType<typeof picture> {
  const { widthPx, data } = picture(5);
  const barPx = 12;
  const bar = new Uint8Array(widthPx * barPx).fill(ground);
  for (let x = 10; x < 60; x++) if (x % 3 !== 0) for (let y = 3; y < 8; y++) bar[y * widthPx + x] = text;
  for (let x = 100; x < 140; x++) bar[9 * widthPx + x] = text;
  return { widthPx, heightPx: 120 + barPx + belowPx, data: Uint8Array.from([...data, ...bar, ...data.subarray(0, belowPx * widthPx)]) };
}

describe('data bar', () => {
  test.each([
    ['black with white text', 0, 255, 0],
    ['white with black text', 255, 0, 0],
    ['grey with white text', 60, 240, 0],
    ['white and floating above the lower edge', 255, 0, 14],
    ['black and floating above the lower edge', 0, 255, 14],
  ])('%s is cut off', (...[, ground, text, belowPx]) => {
    const whole = withBar(ground, text, belowPx);
    const rows = rowsAboveDataBar(whole);
    expect(rows).toBeLessThanOrEqual(120);
    expect(rows).toBeGreaterThanOrEqual(114);
    expect(withoutDataBar(whole).data).toHaveLength(rows * 160);
  });

  test('a picture without one is kept whole: noise, darkness, a flat film', () => {
    expect(rowsAboveDataBar(picture(5))).toBe(120);
    expect(rowsAboveDataBar({ widthPx: 160, heightPx: 120, data: new Uint8Array(160 * 120) })).toBe(120);
    const floor = picture(6);
    floor.data.fill(10, 160 * 90);
    expect(rowsAboveDataBar(floor)).toBe(120);
  });

  test('on real micrographs of a laboratory that leaves them in, all are found', async (context) => {
    const folder = sharedFile(context, 'data/sem/_other');
    const files = readdirSync(folder).filter((name) => name.startsWith('baiyubaiyu_')).slice(0, 12);
    const pictures = await Promise.all(files.map((name) => readPicture(join(folder, name))));
    expect(pictures).toHaveLength(12);
    expect(pictures.filter((real) => rowsAboveDataBar(real) === real.heightPx)).toHaveLength(0);
  });
});
