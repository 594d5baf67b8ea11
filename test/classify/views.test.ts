import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GreyImage } from '../../src/contract/frame.ts';
import { resamplePart } from '../../src/classify/resample.ts';
import { VIEW_COUNTS, viewParts, viewsOf, type ViewSettings } from '../../src/classify/views.ts';
import { createRandom } from '../../src/lib/random.ts';

const plain: ViewSettings = { widthPx: 16, heightPx: 16, channels: 1, offset: 0, scale: 1, views: { count: 5, share: 0.7 } };

function picture(widthPx: number, heightPx: number, value: (x: number, y: number) => number): GreyImage {
  return { widthPx, heightPx, data: Uint8Array.from({ length: widthPx * heightPx }, (_, at) => value(at % widthPx, Math.floor(at / widthPx))) };
}

function noise(widthPx: number, heightPx: number, seed: number): GreyImage {
  const random = createRandom(seed);
  return picture(widthPx, heightPx, () => 60 + random.integer(100));
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const size = fc.integer({ min: 1, max: 90 });

describe('where the views lie', () => {
  test('every view lies inside the picture, whatever its size', () => {
    fc.assert(
      fc.property(size, size, fc.constantFrom(...VIEW_COUNTS), (widthPx, heightPx, count) => {
        const parts = viewParts({ widthPx, heightPx }, plain, count);
        expect(parts).toHaveLength(count);
        for (const part of parts) {
          expect(part.leftPx).toBeGreaterThanOrEqual(0);
          expect(part.topPx).toBeGreaterThanOrEqual(0);
          expect(part.widthPx).toBeGreaterThanOrEqual(1);
          expect(part.leftPx + part.widthPx).toBeLessThanOrEqual(widthPx);
          expect(part.topPx + part.heightPx).toBeLessThanOrEqual(heightPx);
        }
      }),
    );
  });

  test('the first is the largest centred square, the next four are corner squares of the given share', () => {
    expect(viewParts({ widthPx: 512, heightPx: 384 }, plain)).toEqual([
      { leftPx: 64, topPx: 0, widthPx: 384, heightPx: 384 },
      { leftPx: 0, topPx: 0, widthPx: 269, heightPx: 269 },
      { leftPx: 243, topPx: 115, widthPx: 269, heightPx: 269 },
      { leftPx: 243, topPx: 0, widthPx: 269, heightPx: 269 },
      { leftPx: 0, topPx: 115, widthPx: 269, heightPx: 269 },
    ]);
  });

  test('fourteen end with the share of the share in the corners and the middle', () => {
    expect(viewParts({ widthPx: 512, heightPx: 384 }, plain, 14).slice(9)).toEqual([
      { leftPx: 0, topPx: 0, widthPx: 188, heightPx: 188 },
      { leftPx: 324, topPx: 196, widthPx: 188, heightPx: 188 },
      { leftPx: 324, topPx: 0, widthPx: 188, heightPx: 188 },
      { leftPx: 0, topPx: 196, widthPx: 188, heightPx: 188 },
      { leftPx: 162, topPx: 98, widthPx: 188, heightPx: 188 },
    ]);
  });

  test('a number of views that does not lie symmetrically is refused', () => {
    for (const count of [0, 2, 4, 10, 1.5, Number.NaN]) expect(() => viewsOf(noise(20, 20, 1), plain, count)).toThrow(RangeError);
  });
});

describe('what a view shows', () => {
  test('a picture of one grey level stays so, normalised, whatever its size', () => {
    fc.assert(
      fc.property(size, size, fc.integer({ min: 0, max: 255 }), (widthPx, heightPx, level) => {
        for (const view of viewsOf(picture(widthPx, heightPx, () => level), { ...plain, offset: 127, scale: 128 })) {
          for (const value of view) expect(value).toBeCloseTo((level - 127) / 128, 4);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('shrinking by a whole factor is the mean of each box', () => {
    const image = noise(48, 48, 2);
    const view = viewsOf(image, plain, 1)[0]!;
    for (const [x, y] of [[0, 0], [7, 3], [15, 15]] as const) {
      let sum = 0;
      for (let dy = 0; dy < 3; dy++) for (let dx = 0; dx < 3; dx++) sum += image.data[(3 * y + dy) * 48 + 3 * x + dx]!;
      expect(view[y * 16 + x]).toBeCloseTo(sum / 9, 3);
    }
  });

  test('shrinking by any factor keeps the mean', () => {
    fc.assert(
      fc.property(fc.integer({ min: 16, max: 120 }), fc.nat(), (edge, seed) => {
        const image = noise(edge, edge, seed);
        expect(mean(viewsOf(image, plain, 1)[0]!)).toBeCloseTo(mean(Float32Array.from(image.data)), 2);
      }),
      { numRuns: 30 },
    );
  });

  test('enlarging is linear between pixel centres', () => {
    const view = viewsOf(picture(8, 8, (x, y) => 10 * x + 5 * y), plain, 1)[0]!;
    // Target pixel 5 lies at 2.25 source pixels, target pixel 8 at 3.75.
    expect(view[8 * 16 + 5]).toBeCloseTo(22.5 + 18.75, 3);
    expect(view[0]).toBeCloseTo(0, 5);
  });

  test('a picture of the right size is handed on as it is, in each channel', () => {
    const image = noise(16, 16, 3);
    const view = viewsOf(image, { ...plain, channels: 3 }, 1)[0]!;
    expect([...view]).toEqual([...image.data, ...image.data, ...image.data]);
  });

  test('16 bit and 8 bit of the same picture look the same', () => {
    const image = noise(50, 40, 4);
    const deep = { ...image, data: Uint16Array.from(image.data, (value) => value * 257) };
    const [a, b] = [viewsOf(image, plain), viewsOf(deep, plain)];
    a.forEach((view, index) => view.forEach((value, at) => expect(b[index]![at]).toBeCloseTo(value, 3)));
  });

  test('equalised views have the mean and contrast asked for, and do not know brightness and contrast', () => {
    const equalise = { mean: 110, standardDeviation: 30 };
    fc.assert(
      fc.property(fc.double({ min: 0.4, max: 1.4, noNaN: true }), fc.integer({ min: 0, max: 25 }), (gain, offset) => {
        const image = noise(16, 16, 5);
        const changed = { ...image, data: Float32Array.from(image.data, (value) => value * gain + offset) };
        const [view, other] = [viewsOf(image, { ...plain, equalise }, 1)[0]!, viewsOf(changed, { ...plain, equalise }, 1)[0]!];
        const average = mean(view);
        expect(average).toBeCloseTo(110, 2);
        expect(Math.sqrt(mean(view.map((value) => (value - average) ** 2)))).toBeCloseTo(30, 2);
        view.forEach((value, at) => expect(other[at]).toBeCloseTo(value, 2));
      }),
      { numRuns: 20 },
    );
  });

  test('a flat picture does not become full of contrast', () => {
    const flat = picture(16, 16, (x) => 100 + (x % 2 === 0 ? 0 : 0.4));
    const view = viewsOf(flat, { ...plain, equalise: { mean: 110, standardDeviation: 45 } }, 1)[0]!;
    for (const value of view) expect(value).toBe(110);
  });
});

test('making a picture smaller keeps its mean, making it larger its range', () => {
  const ramp: GreyImage = { widthPx: 6, heightPx: 4, data: Float32Array.from({ length: 24 }, (_, at) => at * 10) };
  const resampled = (widthPx: number, heightPx: number): Float32Array => {
    const target = new Float32Array(widthPx * heightPx);
    resamplePart(ramp, { leftPx: 0, topPx: 0, widthPx: 6, heightPx: 4 }, { target, widthPx });
    return target;
  };
  expect(mean(resampled(4, 3))).toBeCloseTo(mean(ramp.data as Float32Array), 2);
  const larger = resampled(13, 9);
  expect(Math.max(...larger)).toBe(230);
  expect(Math.min(...larger)).toBe(0);
});
