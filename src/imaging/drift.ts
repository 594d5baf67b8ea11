import type { GreyImage } from '../contract/frame.ts';
import { fourierTransform2d, nextPowerOfTwo, type ComplexArray } from './fourier.ts';

export interface Shift {
  /** How far the content of the second picture lies right of, and below, that of the first. */
  readonly shiftXPx: number;
  readonly shiftYPx: number;
  /** Height of the best peak over that of the best one elsewhere: some 1.0 to 1.7 for different fields, several for the same one. */
  readonly peakRatio: number;
}

/** Blur of the correlation peak: whitening lifts frequencies that hold only noise, this takes them away again. */
const PEAK_SIGMA_PX = 1.6;
/** Below this a frequency holds only what rounding left of a flat picture. */
const LEAST_POWER = 1e-9;
/** Around the best peak, where its own slopes are not taken for another one. */
const PEAK_RADIUS_PX = 8;

function hannWindow(length: number): Float64Array {
  return Float64Array.from({ length }, (_, index) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (index + 0.5)) / length));
}

/** Spectrum of the picture under a Hann window, without the mean that the window sees, padded with zeros. */
function spectrum(image: GreyImage, width: number, height: number): ComplexArray {
  const values = { re: new Float64Array(width * height), im: new Float64Array(width * height) };
  const columns = hannWindow(image.widthPx);
  const rows = hannWindow(image.heightPx);
  let [sum, weight] = [0, 0];
  for (const [y, row] of rows.entries()) {
    for (const [x, column] of columns.entries()) {
      sum += image.data[y * image.widthPx + x]! * row * column;
      weight += row * column;
    }
  }
  const mean = sum / weight;
  for (const [y, row] of rows.entries()) {
    for (const [x, column] of columns.entries()) values.re[y * width + x] = (image.data[y * image.widthPx + x]! - mean) * row * column;
  }
  fourierTransform2d(values, width, 'forward');
  return values;
}

/** Frequency of a bin in cycles per pixel, -0.5 to 0.5. */
function frequency(index: number, length: number): number {
  return (index <= length / 2 ? index : index - length) / length;
}

/**
 * Normalised cross-power spectrum times a Gaussian. The whitening is the phase correlation of Kuglin and Hines (1975).
 */
function crossPower({ first, second, width }: Pair): ComplexArray {
  const height = first.re.length / width;
  const cross = { re: new Float64Array(first.re.length), im: new Float64Array(first.re.length) };
  for (let y = 0; y < height; y++) {
    const fy = frequency(y, height);
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const re = second.re[at]! * first.re[at]! + second.im[at]! * first.im[at]!;
      const im = second.im[at]! * first.re[at]! - second.re[at]! * first.im[at]!;
      const size = Math.hypot(re, im);
      if (size < LEAST_POWER) continue;
      const fx = frequency(x, width);
      const weight = Math.exp(-2 * (Math.PI * PEAK_SIGMA_PX) ** 2 * (fx * fx + fy * fy)) / size;
      cross.re[at] = re * weight;
      cross.im[at] = im * weight;
    }
  }
  return cross;
}

function highest(surface: Float64Array, accept: (index: number) => boolean): number {
  let best = -1;
  for (let index = 0; index < surface.length; index++) {
    if ((best < 0 || surface[index]! > surface[best]!) && accept(index)) best = index;
  }
  return best;
}

/** Frequencies above this, in cycles per pixel, are aliased or noise in any frame. */
const HIGHEST_FREQUENCY = 0.35;
const RINGS = 64;

interface Pair {
  readonly first: ComplexArray;
  readonly second: ComplexArray;
  readonly width: number;
}

/** Calls back with each frequency that counts, its ring, and the cross-power turned back by the shift. */
function eachFrequency({ first, second, width }: Pair, shift: { x: number; y: number }, visit: (f: Frequency) => void): void {
  const height = first.re.length / width;
  for (let y = 0; y < height; y++) {
    const fy = frequency(y, height);
    for (let x = 0; x < width; x++) {
      const fx = frequency(x, width);
      const radius = Math.hypot(fx, fy);
      if (radius === 0 || radius > HIGHEST_FREQUENCY) continue;
      const at = y * width + x;
      const re = second.re[at]! * first.re[at]! + second.im[at]! * first.im[at]!;
      const im = second.im[at]! * first.re[at]! - second.re[at]! * first.im[at]!;
      const turn = 2 * Math.PI * (fx * shift.x + fy * shift.y);
      const [c, s] = [Math.cos(turn), Math.sin(turn)];
      visit({ at, fx, fy, ring: Math.min(RINGS - 1, Math.floor((radius / HIGHEST_FREQUENCY) * RINGS)), re: re * c - im * s, im: re * s + im * c });
    }
  }
}

interface Frequency {
  readonly at: number;
  readonly fx: number;
  readonly fy: number;
  readonly ring: number;
  readonly re: number;
  readonly im: number;
}

/**
 * Brings a shift that is right to a pixel to a fraction of one: least squares on the phase of the cross-power spectrum,
 * each ring of frequencies weighted by what the correlation of the two pictures on it (Fourier ring correlation) says that
 * its phases are worth. Rings of noise have no say.
 */
function refine(pair: Pair, start: { x: number; y: number }): { x: number; y: number } {
  const agreed = new Float64Array(RINGS);
  const powers = [new Float64Array(RINGS), new Float64Array(RINGS)] as const;
  eachFrequency(pair, start, ({ at, ring, re }) => {
    agreed[ring]! += re;
    powers[0][ring]! += pair.first.re[at]! ** 2 + pair.first.im[at]! ** 2;
    powers[1][ring]! += pair.second.re[at]! ** 2 + pair.second.im[at]! ** 2;
  });
  const weights = agreed.map((sum, ring) => {
    const scale = Math.sqrt(powers[0][ring]! * powers[1][ring]!);
    const correlation = scale === 0 ? 0 : Math.min(0.98, Math.max(0, sum / scale));
    return scale === 0 ? 0 : correlation / (1 - correlation ** 2) / scale;
  });
  let shift = start;
  for (let step = 0; step < 4; step++) {
    let [gx, gy, hxx, hxy, hyy] = [0, 0, 0, 0, 0];
    eachFrequency(pair, shift, ({ fx, fy, ring, re, im }) => {
      const weight = weights[ring]!;
      gx += weight * im * fx;
      gy += weight * im * fy;
      hxx += weight * re * fx * fx;
      hxy += weight * re * fx * fy;
      hyy += weight * re * fy * fy;
    });
    const determinant = hxx * hyy - hxy * hxy;
    if (!(determinant > 0) || !(hxx > 0)) return start;
    const scale = 1 / (2 * Math.PI * determinant);
    shift = { x: shift.x - (hyy * gx - hxy * gy) * scale, y: shift.y - (hxx * gy - hxy * gx) * scale };
    // The peak was right to a pixel or it was not a peak at all.
    if (Math.abs(shift.x - start.x) > 1 || Math.abs(shift.y - start.y) > 1) return start;
  }
  return shift;
}

/**
 * Shift between two pictures of the same size by phase correlation under a Hann window, to a fraction of a pixel.
 * Shifts beyond half the picture fold over. Two pictures without any contrast give 0 and a peak ratio of 1.
 */
export function phaseCorrelation(first: GreyImage, second: GreyImage): Shift {
  if (first.widthPx !== second.widthPx || first.heightPx !== second.heightPx) {
    throw new RangeError(`pictures of ${first.widthPx}x${first.heightPx} and ${second.widthPx}x${second.heightPx} px cannot be correlated`);
  }
  const width = nextPowerOfTwo(first.widthPx);
  const height = nextPowerOfTwo(first.heightPx);
  const pair = { first: spectrum(first, width, height), second: spectrum(second, width, height), width };
  const cross = crossPower(pair);
  fourierTransform2d(cross, width, 'backward');
  const surface = cross.re;
  const peak = highest(surface, () => true);
  if (!(surface[peak]! > 0)) return { shiftXPx: 0, shiftYPx: 0, peakRatio: 1 };
  const [x, y] = [peak % width, Math.floor(peak / width)];
  const distance = (a: number, b: number, length: number): number => Math.min(Math.abs(a - b), length - Math.abs(a - b));
  const rival = highest(
    surface,
    (index) => distance(index % width, x, width) > PEAK_RADIUS_PX || distance(Math.floor(index / width), y, height) > PEAK_RADIUS_PX,
  );
  const signed = (index: number, length: number): number => (index <= length / 2 ? index : index - length);
  const shift = refine(pair, { x: signed(x, width), y: signed(y, height) });
  return { shiftXPx: shift.x, shiftYPx: shift.y, peakRatio: surface[peak]! / Math.max(surface[rival]!, 1e-12) };
}
