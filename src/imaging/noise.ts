import type { GreyImage } from '../contract/frame.ts';
import { phaseCorrelation } from './drift.ts';

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
 * (2001) 328): white noise lifts the covariance at lag 0 only. The value without noise is taken from the even polynomial
 * through the lags 1, 2 and 3, since the covariance of a picture that the probe has smoothed is even and smooth at 0.
 */
export function singleFrameSnr(image: GreyImage): NoiseEstimate {
  const [r0 = 0, r1 = 0, r2 = 0, r3 = 0] = autocovariance(image, 4);
  const signal = Math.min(r0, (15 * r1 - 6 * r2 + r3) / 10);
  return estimate(signal, r0 - signal);
}

/**
 * Signal-to-noise ratio from two frames of the same field: rho / (1 - rho) with rho their correlation where they fit best
 * (Frank and Al-Ali, Nature 256 (1975) 376). The frames are aligned to whole pixels first.
 */
export function twoFrameSnr(first: GreyImage, second: GreyImage): NoiseEstimate {
  const { shiftXPx, shiftYPx } = phaseCorrelation(first, second);
  const [dx, dy] = [Math.round(shiftXPx), Math.round(shiftYPx)];
  let [n, sumA, sumB, sumAA, sumBB, sumAB] = [0, 0, 0, 0, 0, 0];
  for (let y = Math.max(0, -dy); y < first.heightPx - Math.max(0, dy); y++) {
    for (let x = Math.max(0, -dx); x < first.widthPx - Math.max(0, dx); x++) {
      const a = first.data[y * first.widthPx + x]!;
      const b = second.data[(y + dy) * first.widthPx + x + dx]!;
      n++;
      sumA += a;
      sumB += b;
      sumAA += a * a;
      sumBB += b * b;
      sumAB += a * b;
    }
  }
  const covariance = sumAB / n - (sumA / n) * (sumB / n);
  const total = Math.sqrt((sumAA / n - (sumA / n) ** 2) * (sumBB / n - (sumB / n) ** 2));
  return estimate(covariance, total - covariance);
}
