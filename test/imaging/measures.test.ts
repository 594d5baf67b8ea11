import { describe, expect, test } from 'vitest';
import type { GreyImage } from '../../src/contract/frame.ts';
import { cropImage } from '../../src/imaging/crop.ts';
import { phaseCorrelation } from '../../src/imaging/drift.ts';
import { normalisedVariance, tenengrad, varianceOfLaplacian, vollathF4 } from '../../src/imaging/focus.ts';
import { fourierTransform2d } from '../../src/imaging/fourier.ts';
import { singleFrameSnr, twoFrameSnr } from '../../src/imaging/noise.ts';
import { locateStructure } from '../../src/imaging/structure.ts';
import { exposed as exposedWith, withNoise } from '../../bench/imaging/fields.ts';
import { gaussianBlur as blurred } from '../../src/imaging/gaussian.ts';
import { discField } from './textured-field.ts';

/** Grey levels of 0 to 255 as the detector shows them. */
const exposed = (image: GreyImage, electronsAtWhite: number, seed: number): ReturnType<typeof exposedWith> => exposedWith(image, { electronsAtWhite, seed, white: 255 });
const SIZE = { widthPx: 256, heightPx: 192 };

describe('focus', () => {
  const measures = { varianceOfLaplacian, tenengrad, normalisedVariance, vollathF4 };
  const sharpAtPx = 0.8;
  // The two derivative measures drown in shot noise far from focus: they need a long exposure.
  const electrons: Record<string, number> = { varianceOfLaplacian: 20_000, tenengrad: 2000 };
  for (const [name, measure] of Object.entries(measures)) {
    test.each([1, 2, 3])(`${name} has one maximum over defocus, at focus (field %i)`, (seed) => {
      const field = discField(seed, SIZE);
      const scores = [-6, -4, -2.5, -1.2, 0, 1.2, 2.5, 4, 6].map((defocus) =>
        measure(exposed(blurred(field, Math.hypot(sharpAtPx, defocus)), electrons[name] ?? 400, seed + Math.round(10 * Math.abs(defocus)))),
      );
      const best = scores.indexOf(Math.max(...scores));
      expect(best).toBe(4);
      for (let index = 1; index <= best; index++) expect(scores[index]).toBeGreaterThan(scores[index - 1]!);
      for (let index = best + 1; index < scores.length; index++) expect(scores[index]).toBeLessThan(scores[index - 1]!);
    });
  }

  test('Vollath F4 does not take noise for sharpness, the Laplacian does', () => {
    const soft = blurred(discField(5, SIZE), 4);
    const noisy = withNoise(soft, 3, 1);
    expect(Math.abs(vollathF4(noisy) / vollathF4(soft) - 1)).toBeLessThan(0.5);
    expect(varianceOfLaplacian(noisy) / varianceOfLaplacian(soft)).toBeGreaterThan(10);
  });
});

describe('signal-to-noise ratio', () => {
  const fields = [11, 12, 13, 14].map((seed) => blurred(discField(seed, SIZE), 1.5));
  test.each([0, 5, 10, 15, 20])('of one frame is within 1 dB of %i dB', (snrDb) => {
    for (const [index, field] of fields.entries()) expect(Math.abs(singleFrameSnr(withNoise(field, snrDb, index)).snrDb - snrDb)).toBeLessThan(1);
  });
  test.each([0, 5, 10, 15, 20])('of two frames is within 1 dB of %i dB', (snrDb) => {
    for (const [index, field] of fields.entries()) {
      const { snrDb: measured } = twoFrameSnr(withNoise(field, snrDb, 100 + index), withNoise(field, snrDb, 200 + index));
      expect(Math.abs(measured - snrDb)).toBeLessThan(1);
    }
  });
  test('of noise alone is far below 0 dB', () => {
    const flat = { ...SIZE, data: new Float32Array(SIZE.widthPx * SIZE.heightPx).fill(120) };
    expect(singleFrameSnr(exposed(flat, 300, 4)).snr).toBeLessThan(0.05);
  });
});

describe('phase correlation', () => {
  const shifts = [{ x: 0, y: 0 }, { x: 1.25, y: 0.5 }, { x: -14.75, y: 6.25 }];
  const field = { widthPx: 512, heightPx: 384, discs: 900 };
  test.each([20, 10, 0])('finds a shift to 0.1 px at %i dB', (snrDb) => {
    for (const [index, shift] of shifts.entries()) {
      const first = withNoise(blurred(discField(21 + index, field), 1), snrDb, index);
      const second = withNoise(blurred(discField(21 + index, field, shift), 1), snrDb, 50 + index);
      const found = phaseCorrelation(first, second);
      expect(Math.abs(found.shiftXPx - shift.x)).toBeLessThan(0.1);
      expect(Math.abs(found.shiftYPx - shift.y)).toBeLessThan(0.1);
      expect(found.peakRatio).toBeGreaterThan(2.5);
    }
  });
  test('tells different fields apart', () => {
    const fields = [31, 32, 33].map((seed) => withNoise(blurred(discField(seed, field), 1), 10, seed));
    for (const first of fields) for (const second of fields) if (first !== second) expect(phaseCorrelation(first, second).peakRatio).toBeLessThan(2);
  });
  test('refuses pictures of different size and survives flat ones', () => {
    const flat = { widthPx: 20, heightPx: 10, data: new Uint8Array(200).fill(7) };
    expect(phaseCorrelation(flat, flat)).toEqual({ shiftXPx: 0, shiftYPx: 0, peakRatio: 1, sigmaXPx: Infinity, sigmaYPx: Infinity });
    expect(() => phaseCorrelation(flat, { ...flat, widthPx: 10, heightPx: 20 })).toThrow(RangeError);
  });
  test('the transform is its own inverse', () => {
    const re = Float64Array.from({ length: 64 }, (_, k) => Math.sin(k * k));
    const values = { re: re.slice(), im: new Float64Array(64) };
    fourierTransform2d(values, 16, 'forward');
    fourierTransform2d(values, 16, 'backward');
    for (let k = 0; k < 64; k++) expect(values.re[k]).toBeCloseTo(re[k]!, 10);
  });
});

describe('parts', () => {
  const ramp = { widthPx: 6, heightPx: 4, data: Uint16Array.from({ length: 24 }, (_, k) => k * 1000) };
  test('a part keeps its kind and its values', () => {
    expect(cropImage(ramp, { xPx: 2, yPx: 1, widthPx: 2, heightPx: 2 })).toEqual({ widthPx: 2, heightPx: 2, data: Uint16Array.of(8000, 9000, 14000, 15000) });
    expect(() => cropImage(ramp, { xPx: 5, yPx: 0, widthPx: 2, heightPx: 1 })).toThrow(RangeError);
  });
});

describe('where the structure lies', () => {
  const wide = { widthPx: 512, heightPx: 384 };
  /** A cluster of grains of 60 px across around a place. */
  const cluster = (x: number, y: number, seed: number): ReturnType<typeof exposed> => {
    const grains = discField(seed, { widthPx: 96, heightPx: 96, discs: 60 });
    const data = new Float32Array(wide.widthPx * wide.heightPx).fill(70);
    for (let v = 0; v < 96; v++) for (let u = 0; u < 96; u++) data[(y - 48 + v) * wide.widthPx + x - 48 + u] = grains.data[v * 96 + u]!;
    return exposed({ ...wide, data }, 300, seed);
  };
  test.each([[120, 90], [256, 192], [400, 300]])('is found at %i, %i', (x, y) => {
    for (const seed of [1, 2, 3]) {
      const place = locateStructure(cluster(x, y, seed));
      expect(place).toBeDefined();
      expect(Math.hypot(place!.xPx - x, place!.yPx - y)).toBeLessThan(20);
      expect(place!.share).toBeLessThan(0.2);
    }
  });
  test('is nowhere on a bare substrate', () => {
    const flat = { ...wide, data: Float32Array.from({ length: wide.widthPx * wide.heightPx }, (_, k) => 70 + (k % 512) / 20) };
    for (const seed of [1, 2, 3]) expect(locateStructure(exposed(flat, 300, seed))).toBeUndefined();
  });
  test('is the whole field when the field is full of it', () => {
    const place = locateStructure(exposed(discField(3, { ...wide, discs: 900 }), 300, 1));
    expect(Math.hypot(place!.xPx - 256, place!.yPx - 192)).toBeLessThan(10);
    expect(place!.share).toBeGreaterThan(0.3);
  });
});
