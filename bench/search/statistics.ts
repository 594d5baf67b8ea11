import { createRandom } from '../../src/lib/random.ts';
import { quantile } from '../quantile.ts';

export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 2000;

/** Geometric mean with its 95 % percentile-bootstrap interval; the resamples are the same each time. NaN for an empty list. */
export function geometricMean(ratios: readonly number[]): Interval {
  const logs = ratios.map(Math.log);
  const random = createRandom(1);
  const means = Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (let draw = 0; draw < logs.length; draw++) sum += logs[random.integer(logs.length)]!;
    return Math.exp(sum / logs.length);
  });
  return { value: Math.exp(mean(logs)), low: quantile(means, 0.025), high: quantile(means, 0.975) };
}

/** Arithmetic mean with its 95 % percentile-bootstrap interval. */
export function meanInterval(values: readonly number[]): Interval {
  const interval = geometricMean(values.map(Math.exp));
  return { value: mean(values), low: Math.log(interval.low), high: Math.log(interval.high) };
}

/** P(X <= k) of a binomial distribution of n trials. */
export function binomialCdf(k: number, n: number, p: number): number {
  let sum = 0;
  let logTerm = n * Math.log1p(-p);
  for (let i = 0; i <= Math.min(k, n); i++) {
    sum += Math.exp(logTerm);
    logTerm += Math.log((n - i) / (i + 1)) + Math.log(p) - Math.log1p(-p);
  }
  return Math.min(1, sum);
}
