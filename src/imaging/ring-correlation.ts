import type { GreyImage } from '../contract/frame.ts';
import { alignedSpectra, independentShare } from './drift.ts';
import { binFrequency } from './fourier.ts';

export interface RingCorrelation {
  /** Middle of each ring, cycles per pixel, and the correlation on it. */
  readonly rings: readonly { readonly frequency: number; readonly correlation: number; readonly halfBit: number }[];
  /** Period of the highest frequency up to which the two pictures agree; undefined when they do up to Nyquist or nowhere. */
  readonly resolutionPx: { readonly seventh: number | undefined; readonly halfBit: number | undefined };
}

/** Width of a ring in bins of the longer edge. */
const RING_BINS = 2;
/** Rings averaged before the cut is looked for: a single one may fall below by chance. */
const SMOOTHED_OVER = 3;
const SEVENTH = 1 / 7;

/** Half-bit threshold (van Heel and Schatz, J. Struct. Biol. 151 (2005) 250) for n independent bins on a ring. */
function halfBitThreshold(n: number): number {
  const root = Math.sqrt(n);
  return (0.2071 + 1.9102 / root) / (1.2071 + 0.9102 / root);
}

/** First frequency at which the curve passes below its threshold, between rings by linear interpolation. */
function firstBelow(curve: readonly { frequency: number; over: number }[]): number | undefined {
  for (let index = 1; index < curve.length; index++) {
    const [before, after] = [curve[index - 1]!, curve[index]!];
    if (before.over >= 0 && after.over < 0) return before.frequency + ((after.frequency - before.frequency) * before.over) / (before.over - after.over);
  }
  return undefined;
}

/**
 * Fourier ring correlation of two frames of the same field (Saxton and Baumeister 1982): sum F1 F2* / sqrt(sum |F1|^2 sum |F2|^2) on
 * rings of frequency, and where it falls below 1/7 and below the half-bit curve. The frames are aligned first. Times
 * the pixel's edge the period is the resolution.
 */
export function ringCorrelation(first: GreyImage, second: GreyImage): RingCorrelation {
  const [a, b] = alignedSpectra(first, second).spectra;
  const { width, height } = a;
  const step = RING_BINS / Math.max(width, height);
  const count = Math.floor(0.5 / step);
  const [cross, powerA, powerB, bins] = Array.from({ length: 4 }, () => new Float64Array(count)) as [Float64Array, Float64Array, Float64Array, Float64Array];
  for (let y = 0; y < height; y++) {
    const fy = binFrequency(y, height);
    for (let x = 0; x <= width / 2; x++) {
      const ring = Math.floor(Math.hypot(x / width, fy) / step);
      if (ring >= count || (x === 0 && fy <= 0)) continue;
      const at = y * width + x;
      cross[ring]! += a.re[at]! * b.re[at]! + a.im[at]! * b.im[at]!;
      powerA[ring]! += a.re[at]! ** 2 + a.im[at]! ** 2;
      powerB[ring]! += b.re[at]! ** 2 + b.im[at]! ** 2;
      bins[ring]!++;
    }
  }
  const independent = independentShare(a);
  const rings = Array.from({ length: count }, (_, ring) => ({
    frequency: (ring + 0.5) * step,
    correlation: cross[ring]! / Math.max(Math.sqrt(powerA[ring]! * powerB[ring]!), 1e-300),
    halfBit: halfBitThreshold(Math.max(1, bins[ring]! * independent)),
  }));
  const smoothed = rings.slice(0, count - SMOOTHED_OVER + 1).map((_, index) => {
    const part = rings.slice(index, index + SMOOTHED_OVER);
    const mean = (value: (ring: (typeof rings)[number]) => number): number => part.reduce((sum, ring) => sum + value(ring), 0) / part.length;
    return { frequency: mean(({ frequency }) => frequency), correlation: mean(({ correlation }) => correlation), halfBit: mean(({ halfBit }) => halfBit) };
  });
  const cut = (threshold: (ring: (typeof rings)[number]) => number): number | undefined => {
    const frequency = firstBelow(smoothed.map((ring) => ({ frequency: ring.frequency, over: ring.correlation - threshold(ring) })));
    return frequency === undefined ? undefined : 1 / frequency;
  };
  return { rings, resolutionPx: { seventh: cut(() => SEVENTH), halfBit: cut(({ halfBit }) => halfBit) } };
}
