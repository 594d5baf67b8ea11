import { assert, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderMicrograph, renderYield } from '../../../simulator/render/micrograph.ts';
import { RENDERED_CATEGORIES } from '../../../simulator/render/registry.ts';
import { BACKGROUND, CATEGORIES } from '../../../src/contract/categories.ts';

const WIDTH_PX = 160;
const HEIGHT_PX = 120;
const SEEDS = [1, 2, 3, 4, 5, 6, 7];

interface Plane {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly data: Float32Array | Uint8Array;
}

const draw = (category: string, seed: number): Plane => renderYield({ category, seed, widthPx: WIDTH_PX, heightPx: HEIGHT_PX });

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index]!;
  return sum / values.length;
}

function deviation(values: ArrayLike<number>): number {
  const centre = mean(values);
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += (values[index]! - centre) ** 2;
  return Math.sqrt(sum / values.length);
}

function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += (a[index]! - meanA) * (b[index]! - meanB);
  return sum / a.length / (deviation(a) * deviation(b));
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** How far the autocorrelation along an axis climbs again after its first minimum: 1 for a perfect grating. */
function periodicity(plane: Plane): number {
  const { widthPx, heightPx, data } = plane;
  const centre = mean(data);
  const along = (dx: number, dy: number): number => {
    let sum = 0;
    let count = 0;
    for (let y = 0; y + dy < heightPx; y++) {
      for (let x = 0; x + dx < widthPx; x++) {
        sum += (data[y * widthPx + x]! - centre) * (data[(y + dy) * widthPx + x + dx]! - centre);
        count++;
      }
    }
    return sum / count;
  };
  const variance = along(0, 0);
  const climb = (step: (lag: number) => number): number => {
    let lowest = Infinity;
    let highest = 0;
    for (let lag = 1; lag < HEIGHT_PX / 2; lag++) {
      const value = step(lag) / variance;
      lowest = Math.min(lowest, value);
      highest = Math.max(highest, value - lowest);
    }
    return highest;
  };
  return Math.max(climb((lag) => along(lag, 0)), climb((lag) => along(0, lag)));
}

/** Share of the gradient energy that points the same way within windows of 8 px: 1 for straight edges, 0 for specks. */
function coherence(plane: Plane): number {
  const { widthPx, heightPx, data } = plane;
  let weighted = 0;
  let energy = 0;
  for (let top = 1; top + 9 < heightPx; top += 8) {
    for (let left = 1; left + 9 < widthPx; left += 8) {
      let [xx, yy, xy] = [0, 0, 0];
      for (let y = top; y < top + 8; y++) {
        for (let x = left; x < left + 8; x++) {
          const gx = data[y * widthPx + x + 1]! - data[y * widthPx + x - 1]!;
          const gy = data[(y + 1) * widthPx + x]! - data[(y - 1) * widthPx + x]!;
          xx += gx * gx;
          yy += gy * gy;
          xy += gx * gy;
        }
      }
      weighted += Math.hypot(xx - yy, 2 * xy);
      energy += xx + yy;
    }
  }
  return weighted / energy;
}

describe('renderYield', () => {
  test('has a renderer for the ten categories and the background, and no other', () => {
    expect([...RENDERED_CATEGORIES].sort()).toEqual([...CATEGORIES, BACKGROUND].sort());
  });

  test.each(RENDERED_CATEGORIES)('%s: same seed, same values; another seed, another picture; all in 0..1', (category) => {
    const first = draw(category, 41);
    expect(Buffer.from(first.data.buffer).equals(Buffer.from(draw(category, 41).data.buffer))).toBe(true);
    expect(Buffer.from(first.data.buffer).equals(Buffer.from(draw(category, 42).data.buffer))).toBe(false);
    expect(first.data.every((value) => value >= 0 && value <= 1)).toBe(true);
  });

  test.each(CATEGORIES)('%s: every picture has contrast', (category) => {
    const contrasts = SEEDS.map((seed) => deviation(draw(category, seed).data));
    expect(Math.min(...contrasts)).toBeGreaterThan(0.015);
    expect(median(contrasts)).toBeGreaterThan(0.05);
  });

  test('the background is nearly featureless', () => {
    for (const seed of SEEDS) {
      const { data } = draw(BACKGROUND, seed);
      expect(deviation(data) / mean(data), `seed ${seed}`).toBeLessThan(0.13);
    }
  });

  test('patterned surfaces repeat themselves, powders do not', () => {
    const of = (category: string): number => median(SEEDS.map((seed) => periodicity(draw(category, seed))));
    const patterned = of('Patterned_surface');
    expect(patterned).toBeGreaterThan(0.5);
    for (const category of ['Powder', 'Fibres', 'Particles', 'Porous_Sponge']) expect(patterned, category).toBeGreaterThan(of(category) + 0.15);
  });

  test('wires and tracks have straight edges, powders and sponges have none', () => {
    const of = (category: string): number => median(SEEDS.map((seed) => coherence(draw(category, seed))));
    for (const straight of ['Nanowires', 'MEMS_devices_and_electrodes', 'Tips']) {
      for (const round of ['Powder', 'Porous_Sponge']) expect(of(straight), `${straight} and ${round}`).toBeGreaterThan(of(round));
    }
  });

  test.each(RENDERED_CATEGORIES)('%s: twice the pixels show the same structure', (category) => {
    const agreements = SEEDS.slice(0, 3).map((seed) => {
      const small = draw(category, seed);
      const large = renderYield({ category, seed, widthPx: WIDTH_PX * 2, heightPx: HEIGHT_PX * 2 });
      const halved = small.data.map((_, index) => {
        const x = (index % WIDTH_PX) * 2;
        const y = Math.floor(index / WIDTH_PX) * 2;
        const at = y * large.widthPx + x;
        return (large.data[at]! + large.data[at + 1]! + large.data[at + large.widthPx]! + large.data[at + large.widthPx + 1]!) / 4;
      });
      return correlation(small.data, halved);
    });
    expect(median(agreements)).toBeGreaterThan(0.8);
  });

  test('any seed and size gives a finite picture', () => {
    const edge = integer({ min: 16, max: 120 });
    const options = record({ category: constantFrom(...RENDERED_CATEGORIES), seed: integer({ min: 0, max: 0x7fff_ffff }), widthPx: edge, heightPx: edge });
    assert(
      property(options, (drawn) => {
        const picture = renderYield(drawn);
        expect(picture.data).toHaveLength(drawn.widthPx * drawn.heightPx);
        expect(picture.data.every((value) => value >= 0 && value <= 1)).toBe(true);
      }),
      { numRuns: 60, seed: 4 },
    );
  });

  test('an unknown category is refused with the nearest name, a size out of range in a sentence', () => {
    expect(() => draw('Nanowire', 1)).toThrow(/Unknown category "Nanowire"\. Did you mean Nanowires\?/);
    expect(() => renderYield({ category: 'Tips', seed: 1, widthPx: 15, heightPx: 100 })).toThrow('The width must be a whole number of pixels from 16 to 8192, not 15.');
    expect(() => renderYield({ category: 'Tips', seed: 1, widthPx: 100, heightPx: 99.5 })).toThrow('The height must be');
  });
});

describe('renderMicrograph', () => {
  const options = { category: 'Particles', seed: 5, widthPx: WIDTH_PX, heightPx: HEIGHT_PX };

  test.each(RENDERED_CATEGORIES)('%s: same seed, same bytes', (category) => {
    const first = renderMicrograph({ ...options, category });
    expect(first.data).toBeInstanceOf(Uint8Array);
    expect(Buffer.from(first.data).equals(Buffer.from(renderMicrograph({ ...options, category }).data))).toBe(true);
  });

  test('shot noise falls with the square root of the dwell time', () => {
    const clean = renderMicrograph({ ...options, category: BACKGROUND, dwellUs: 1e6, beamCurrentPa: 100 });
    const noise = (dwellUs: number): number => {
      const noisy = renderMicrograph({ ...options, category: BACKGROUND, dwellUs, beamCurrentPa: 100 });
      return deviation(Float32Array.from(noisy.data, (value, index) => value - clean.data[index]!));
    };
    expect(noise(1) / noise(16)).toBeGreaterThan(3.2);
    expect(noise(1) / noise(16)).toBeLessThan(4.8);
  });
});
