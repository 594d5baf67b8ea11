import { describe, expect, test } from 'vitest';
import { createGrid } from '../../../simulator/render/raster.ts';
import { RENDERED_CATEGORIES } from '../../../simulator/render/registry.ts';
import { annotations } from '../../../simulator/render/varied/look.ts';
import { MORE_MORPHOLOGIES } from '../../../simulator/render/varied/registry.ts';
import { renderVariedMicrograph } from '../../../simulator/render/varied/varied-micrograph.ts';
import { randomFor } from '../../../src/lib/random.ts';

const SIZE = { widthPx: 96, heightPx: 72 };

const deviation = (values: ArrayLike<number>): number => {
  const all = Array.from(values);
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  return Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length);
};

describe('varied micrographs', () => {
  test.each(RENDERED_CATEGORIES)('%s: every morphology is drawn without a gap and shows something', (category) => {
    for (const [index, draw] of [...new Set(MORE_MORPHOLOGIES[category])].entries()) {
      const grid = createGrid(SIZE.widthPx, SIZE.heightPx);
      const drawn = draw(grid, randomFor(index, category));
      expect(drawn).toHaveLength(SIZE.widthPx * SIZE.heightPx);
      expect(drawn.every(Number.isFinite), draw.name).toBe(true);
      if (category !== 'Background') expect(deviation(drawn), draw.name).toBeGreaterThan(0.01);
    }
  });

  test('the same options give the same bytes, another seed or category others', () => {
    const draw = (category: string, seed: number): Buffer => Buffer.from(renderVariedMicrograph({ category, seed, ...SIZE }).data);
    expect(draw('Tips', 3)).toEqual(draw('Tips', 3));
    expect(draw('Tips', 3).equals(draw('Tips', 4))).toBe(false);
    expect(draw('Fibres', 3).equals(draw('Powder', 3))).toBe(false);
  });

  test('an unknown category and a size that cannot be drawn are refused', () => {
    expect(() => renderVariedMicrograph({ category: 'Fibers', seed: 1, ...SIZE })).toThrowError(/Fibres/);
    expect(() => renderVariedMicrograph({ category: 'Fibres', seed: 1, widthPx: 4, heightPx: 72 })).toThrowError(/width/);
  });

  test('annotations stay inside the picture and change a small part of it', () => {
    const grid = createGrid(320, 240);
    for (let seed = 0; seed < 20; seed++) {
      const picture = new Uint8Array(320 * 240).fill(90);
      annotations(grid, picture, randomFor(seed, 'annotations'));
      const changed = picture.reduce((sum, value) => sum + (value === 90 ? 0 : 1), 0) / picture.length;
      expect(changed).toBeGreaterThan(0);
      expect(changed).toBeLessThan(0.25);
    }
  });
});
