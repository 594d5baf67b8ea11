import type { GreyImage } from '../contract/frame.ts';
import { alignedSpectra } from './drift.ts';

export interface NoiseEstimate {
  /** Variance of the structure over the variance of the noise; 0 when no structure is seen. */
  readonly snr: number;
  readonly snrDb: number;
  /** Standard deviation of the noise, grey levels. */
  readonly noiseLevels: number;
}

function estimate(signalVariance: number, noiseVariance: number): NoiseEstimate {
  const signal = Math.max(0, signalVariance);
  const noise = Math.max(0, noiseVariance);
  const snr = noise === 0 ? (signal === 0 ? 0 : Infinity) : signal / noise;
  return { snr, snrDb: 10 * Math.log10(snr), noiseLevels: Math.sqrt(noise) };
}

/** Autocovariance along the fast axis at the lags 0 to `lags` - 1. */
function autocovariance({ widthPx, heightPx, data }: GreyImage, lags: number): number[] {
  let sum = 0;
  for (const value of data) sum += value;
  const mean = sum / data.length;
  return Array.from({ length: lags }, (_, lag) => {
    let products = 0;
    for (let y = 0; y < heightPx; y++) {
      const row = y * widthPx;
      for (let x = lag; x < widthPx; x++) products += (data[row + x]! - mean) * (data[row + x - lag]! - mean);
    }
    return products / (heightPx * (widthPx - lag));
  });
}

/**
 * Signal-to-noise ratio of a single frame from its autocorrelation along the fast axis (Thong, Sim and Phang, Scanning 23
 * (2001) 328): white noise lifts the covariance at lag 0 only. What it would be there without noise is taken from the next lag
 * (`nearest`), from the line through the next two (`linear`), or from the even parabola through lags 1 to 3 (`fit`).
 * Kept for comparison with the literature: all three take the sharp edges of a well-focused frame for noise.
 */
export function autocorrelationSnr(image: GreyImage, method: 'nearest' | 'linear' | 'fit'): NoiseEstimate {
  const [r0, r1, r2, r3] = autocovariance(image, 4) as [number, number, number, number];
  const peak = { nearest: r1, linear: 2 * r1 - r2, fit: (15 * r1 - 6 * r2 + r3) / 10 }[method];
  const signal = Math.min(r0, peak);
  return estimate(signal, r0 - signal);
}

/** Fourth difference: of the lags up to 4, what is left at the highest frequencies. */
const FOURTH_DIFFERENCE = [1, -4, 6, -4, 1] as const;
/** Sum of the squares of its taps, along both axes: the variance that it makes of white noise of variance 1. */
const FOURTH_GAIN = 70 ** 2;

/**
 * Variance of the white noise of a frame: mean square of the fourth difference along both axes, whose response lies in the
 * corners of the spectrum, where a probe wider than some 0.6 pixels (standard deviation) leaves no structure. The same as a fit of
 * the autocorrelation's noise peak over lags up to 4 of both axes. Immerkaer (1996) has it with the second difference.
 */
function whiteNoiseVariance({ widthPx, heightPx, data }: GreyImage): number {
  const [a, b, c] = FOURTH_DIFFERENCE;
  const rows = new Float64Array(Math.max(0, widthPx - 4) * heightPx);
  const wide = widthPx - 4;
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < wide; x++) {
      const at = y * widthPx + x;
      rows[y * wide + x] = a * (data[at]! + data[at + 4]!) + b * (data[at + 1]! + data[at + 3]!) + c * data[at + 2]!;
    }
  }
  let squares = 0;
  for (let at = 0; at < wide * (heightPx - 4); at++) {
    squares += (a * (rows[at]! + rows[at + 4 * wide]!) + b * (rows[at + wide]! + rows[at + 3 * wide]!) + c * rows[at + 2 * wide]!) ** 2;
  }
  return squares / Math.max(1, wide * (heightPx - 4)) / FOURTH_GAIN;
}

/** Signal-to-noise ratio of a single frame whose noise is white: its variance without that of the noise, over it. */
export function singleFrameSnr(image: GreyImage): NoiseEstimate {
  const [variance] = autocovariance(image, 1) as [number];
  const noise = Math.min(variance, whiteNoiseVariance(image));
  return estimate(variance - noise, noise);
}

/**
 * Signal-to-noise ratio from two frames of the same field: rho / (1 - rho) with rho their correlation where they fit best
 * (Frank and Al-Ali, Nature 256 (1975) 376), to a fraction of a pixel. Whatever does not repeat is noise.
 */
export function twoFrameSnr(first: GreyImage, second: GreyImage): NoiseEstimate {
  const [a, b] = alignedSpectra(first, second).spectra;
  let [covariance, powerA, powerB] = [0, 0, 0];
  for (let at = 0; at < a.re.length; at++) {
    covariance += a.re[at]! * b.re[at]! + a.im[at]! * b.im[at]!;
    powerA += a.re[at]! ** 2 + a.im[at]! ** 2;
    powerB += b.re[at]! ** 2 + b.im[at]! ** 2;
  }
  // Parseval: a variance is the power over the number of bins and the window's mean square.
  const scale = 1 / (a.re.length * a.noisePower);
  const noise = (Math.sqrt(powerA * powerB) - covariance) * scale;
  // The window leaves out part of the structure, not of the noise: the whole frames have the variance that counts.
  const total = Math.sqrt(autocovariance(first, 1)[0]! * autocovariance(second, 1)[0]!);
  return estimate(total - noise, noise);
}
