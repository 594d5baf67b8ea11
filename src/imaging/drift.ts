import type { GreyImage } from '../contract/frame.ts';
import { fourierTransform2d, nextPowerOfTwo, type ComplexArray } from './fourier.ts';

export interface Shift {
  /** How far the content of the second picture lies right of, and below, that of the first. */
  readonly shiftXPx: number;
  readonly shiftYPx: number;
  /** Height of the best peak over that of the best one elsewhere: above 1.5 the two show the same thing. */
  readonly peakRatio: number;
}

/** Blur of the correlation peak: whitening lifts frequencies that hold only noise, this takes them away again. */
const PEAK_SIGMA_PX = 1.6;
/** Around the best peak, where its own slopes are not taken for another one. */
const PEAK_RADIUS_PX = 8;

function hannWindow(length: number): Float64Array {
  return Float64Array.from({ length }, (_, index) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (index + 0.5)) / length));
}

/** Spectrum of the picture without its mean, under a Hann window, padded with zeros. */
function spectrum(image: GreyImage, width: number, height: number): ComplexArray {
  const values = { re: new Float64Array(width * height), im: new Float64Array(width * height) };
  let sum = 0;
  for (const value of image.data) sum += value;
  const mean = sum / image.data.length;
  const columns = hannWindow(image.widthPx);
  for (const [y, row] of hannWindow(image.heightPx).entries()) {
    for (let x = 0; x < image.widthPx; x++) {
      values.re[y * width + x] = (image.data[y * image.widthPx + x]! - mean) * row * columns[x]!;
    }
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
function crossPower(first: ComplexArray, second: ComplexArray, width: number): ComplexArray {
  const height = first.re.length / width;
  const cross = { re: new Float64Array(first.re.length), im: new Float64Array(first.re.length) };
  for (let y = 0; y < height; y++) {
    const fy = frequency(y, height);
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const re = second.re[at]! * first.re[at]! + second.im[at]! * first.im[at]!;
      const im = second.im[at]! * first.re[at]! - second.re[at]! * first.im[at]!;
      const size = Math.hypot(re, im);
      if (size === 0) continue;
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

/** Offset of a Gaussian peak from the middle of three of its samples: the parabola through their logarithms. */
function peakOffset(left: number, middle: number, right: number): number {
  if (left <= 0 || middle <= 0 || right <= 0) return 0;
  const [a, b, c] = [Math.log(left), Math.log(middle), Math.log(right)];
  const curvature = a - 2 * b + c;
  return curvature >= 0 ? 0 : Math.max(-0.5, Math.min(0.5, (a - c) / (2 * curvature)));
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
  const cross = crossPower(spectrum(first, width, height), spectrum(second, width, height), width);
  fourierTransform2d(cross, width, 'backward');
  const surface = cross.re;
  const peak = highest(surface, () => true);
  const [x, y] = [peak % width, Math.floor(peak / width)];
  const sample = (dx: number, dy: number): number => surface[((y + dy + height) % height) * width + ((x + dx + width) % width)]!;
  const distance = (a: number, b: number, length: number): number => Math.min(Math.abs(a - b), length - Math.abs(a - b));
  const rival = highest(
    surface,
    (index) => distance(index % width, x, width) > PEAK_RADIUS_PX || distance(Math.floor(index / width), y, height) > PEAK_RADIUS_PX,
  );
  const signed = (index: number, length: number): number => (index <= length / 2 ? index : index - length);
  if (!(surface[peak]! > 0)) return { shiftXPx: 0, shiftYPx: 0, peakRatio: 1 };
  return {
    shiftXPx: signed(x, width) + peakOffset(sample(-1, 0), sample(0, 0), sample(1, 0)),
    shiftYPx: signed(y, height) + peakOffset(sample(0, -1), sample(0, 0), sample(0, 1)),
    peakRatio: surface[peak]! / Math.max(surface[rival]!, 1e-12),
  };
}
