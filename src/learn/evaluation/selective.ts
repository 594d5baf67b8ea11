import type { Judged } from '../../classify/calibration.ts';

export interface CoveragePoint {
  /** Share of the pictures that are answered, the surest first. */
  readonly coverage: number;
  /** Accuracy among them. */
  readonly accuracy: number;
}

/**
 * Accuracy as more and more pictures are answered, the surest first; one point for each picture. Pictures of equal confidence share
 * their errors evenly, so that their order in the data does not count.
 */
export function coverageCurve(judged: readonly Judged[]): CoveragePoint[] {
  const sorted = [...judged].sort((a, b) => b.confidence - a.confidence);
  const points: CoveragePoint[] = [];
  let right = 0;
  for (let from = 0; from < sorted.length; ) {
    let to = from;
    while (to < sorted.length && sorted[to]!.confidence === sorted[from]!.confidence) to++;
    const share = sorted.slice(from, to).filter(({ right: is }) => is).length / (to - from);
    for (; from < to; from++) {
      right += share;
      points.push({ coverage: (from + 1) / sorted.length, accuracy: right / (from + 1) });
    }
  }
  return points;
}

/** Area under the risk-coverage curve: mean share of errors over all coverages (Geifman and El-Yaniv 2017). Lower is better. */
export function areaUnderRiskCoverage(points: readonly CoveragePoint[]): number {
  return points.reduce((sum, { accuracy }) => sum + (1 - accuracy), 0) / points.length;
}

/** Accuracy where this share of the pictures, the surest, is answered. */
export function accuracyAtCoverage(points: readonly CoveragePoint[], coverage: number): number {
  return points[Math.max(0, Math.ceil(coverage * points.length - 1e-9) - 1)]?.accuracy ?? NaN;
}
