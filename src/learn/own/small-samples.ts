import type { Interval } from '../bootstrap.ts';

/** Standard normal quantiles. */
const Z = { 0.95: 1.6448536, 0.975: 1.959964, 0.99: 2.3263479 } as const;
export type Level = keyof typeof Z;

/**
 * Quantile of Student's t: expansion around the normal one (Abramowitz and Stegun 26.7.5), to 0.2 % from 4 degrees of freedom on.
 */
export function studentQuantile(level: Level, degrees: number): number {
  const z = Z[level];
  const v = Math.max(4, degrees);
  return (
    z +
    (z ** 3 + z) / (4 * v) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * v ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * v ** 3) +
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / (92160 * v ** 4)
  );
}

/** What the next value lies below (sign 1) or above (sign -1) with the given probability, if the values are normal: mean +- t s sqrt(1 + 1/n). */
export function predictionLimit(values: readonly number[], level: Level, { sign, independent = values.length }: { sign: 1 | -1; independent?: number }): number {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, n - 1));
  return mean + sign * studentQuantile(level, independent - 1) * deviation * Math.sqrt(1 + 1 / independent);
}

/** 95 % interval of a share from a count (Wilson 1927). */
export function wilsonInterval(count: number, n: number): Interval {
  if (n === 0) return [0, 1];
  const z = Z[0.975];
  const share = count / n;
  const middle = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
