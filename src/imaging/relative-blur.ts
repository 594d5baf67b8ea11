import type { GreyImage } from '../contract/frame.ts';
import { leastSquares, residual, type Equation } from './least-squares.ts';
import { polarPower, RINGS, SECTORS } from './polar-spectrum.ts';
import { windowedSpectrum } from './spectrum.ts';

/** The power spectrum of one frame in cells of the half plane, small enough to be kept as JSON. */
export interface SpectralFingerprint {
  /** Natural logarithm of the signal's power over the noise's, per cell; null where noise hides it. */
  readonly logSignal: readonly (number | null)[];
  /** Standard deviation of each of them. */
  readonly sigma: readonly number[];
}

/** Rings up to this one are used: beyond it no probe leaves anything. */
const USED_RINGS = 40;
/** Signal over its own standard deviation from which on a cell is used. */
const LEAST_SIGNIFICANCE = 4;
/** Relative error of the power that remains without any noise: what a blur draws in over the border of the field. */
const FLOOR = 0.05;

/** `cells` holds the mean power of each cell and how many independent bins it is made of. */
function cellBins(pixels: number): readonly number[] {
  // Half a ring of radius r cycles per pixel holds pi r dr bins per pixel of the picture; a Hann window leaves a quarter of them independent.
  return Array.from({ length: RINGS }, (_, ring) => {
    const width = 0.5 / RINGS;
    return Math.max(1, (0.26 * pixels * Math.PI * (ring + 0.5) * width * width) / SECTORS);
  });
}

export function spectralFingerprint(image: GreyImage): SpectralFingerprint {
  const { power, noise } = polarPower(windowedSpectrum(image));
  const bins = cellBins(image.widthPx * image.heightPx);
  const logSignal: (number | null)[] = [];
  const sigma: number[] = [];
  for (let cell = 0; cell < USED_RINGS * SECTORS; cell++) {
    const independent = bins[Math.floor(cell / SECTORS)]!;
    const signal = power[cell]! / noise - 1;
    // Var of |S + N|^2 with the signal fixed is 2 S N + N^2 for each bin.
    const error = Math.sqrt((2 * Math.max(0, signal) + 1) / independent);
    const used = signal > LEAST_SIGNIFICANCE * error;
    logSignal.push(used ? Number(Math.log(signal * noise).toFixed(4)) : null);
    sigma.push(used ? Number(Math.hypot(error / signal, FLOOR).toFixed(4)) : 0);
  }
  return { logSignal, sigma };
}

/** Covariance of the blur of one frame less that of another of the same field, square pixels: x right, y down. */
export interface RelativeBlur {
  readonly xx: number;
  readonly xy: number;
  readonly yy: number;
  /** Of xx, xy, yy. */
  readonly covariance: readonly (readonly number[])[];
  /** Mean square of the residuals over what noise makes: some 1 when the spectra differ by a blur only. */
  readonly misfit: number;
  readonly cells: number;
}

/** Fewer cells in common do not make a fit. */
const LEAST_CELLS = 24;
/** Attenuation, as an exponent, up to which a defocus looks like a Gaussian whatever its shape is: beyond it the tails differ. */
const MOST_ATTENUATION = 4;

/**
 * How much more blurred `second` is than `first`. A blur of covariance C multiplies a power spectrum by
 * exp(-4 pi^2 f'Cf), so that the logarithm of the ratio of two spectra is a quadratic form of the frequency whatever the
 * specimen is, provided that both frames show the same field; brightness and contrast only add a constant, which is fitted too.
 * Undefined when noise leaves too few frequencies in common.
 */
export function relativeBlur(first: SpectralFingerprint, second: SpectralFingerprint): RelativeBlur | undefined {
  const all: (Equation & { readonly attenuation: number })[] = [];
  for (let cell = 0; cell < first.logSignal.length; cell++) {
    const [a, b] = [first.logSignal[cell], second.logSignal[cell]];
    if (a === null || b === null || a === undefined || b === undefined) continue;
    const radius = (Math.floor(cell / SECTORS) + 0.5) / (2 * RINGS);
    const angle = (((cell % SECTORS) + 0.5) * Math.PI) / SECTORS;
    const [fx, fy] = [radius * Math.cos(angle), radius * Math.sin(angle)];
    const factor = -4 * Math.PI ** 2;
    all.push({
      terms: [factor * fx * fx, 2 * factor * fx * fy, factor * fy * fy, 1],
      value: b - a,
      weight: 1 / (first.sigma[cell]! ** 2 + second.sigma[cell]! ** 2),
      attenuation: Math.abs(b - a),
    });
  }
  const used = all.filter(({ attenuation }) => attenuation < MOST_ATTENUATION);
  if (used.length < LEAST_CELLS) return undefined;
  const solution = leastSquares(used, 4);
  if (solution === undefined) return undefined;
  const misfit = used.reduce((sum, equation) => sum + residual(equation, solution.values) ** 2 * equation.weight, 0) / (used.length - 4);
  const [xx, xy, yy] = solution.values as [number, number, number];
  return { xx, xy, yy, covariance: solution.covariance.slice(0, 3).map((row) => row.slice(0, 3).map((value) => value * Math.max(1, misfit))), misfit, cells: used.length };
}
