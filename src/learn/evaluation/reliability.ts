import { expectedCalibrationError, type Judged } from '../../classify/calibration.ts';
import type { Scored } from '../metrics.ts';

/** One bar of a reliability plot. */
export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly n: number;
  /** Mean probability of the winner in the bin; NaN when it is empty. */
  readonly confidence: number;
  /** Share of the bin that is right; NaN when it is empty. */
  readonly accuracy: number;
}

export const RELIABILITY_BINS = 15;

/** Pictures by the probability of the winner, in bins of equal width: the bins of the expected calibration error. */
export function reliabilityBins(judged: readonly Judged[], bins = RELIABILITY_BINS): ReliabilityBin[] {
  const members: Judged[][] = Array.from({ length: bins }, () => []);
  for (const entry of judged) members[Math.min(bins - 1, Math.floor(entry.confidence * bins))]!.push(entry);
  return members.map((own, bin) => ({
    from: bin / bins,
    to: (bin + 1) / bins,
    n: own.length,
    confidence: own.reduce((sum, { confidence }) => sum + confidence, 0) / own.length,
    accuracy: own.filter(({ right }) => right).length / own.length,
  }));
}

/** Winner of each picture: its probability, and whether it is the truth. */
export function judgedOf({ truth, probabilities }: Pick<Scored, 'truth' | 'probabilities'>): Judged[] {
  return probabilities.map((row, index) => {
    let best = 0;
    for (let label = 1; label < row.length; label++) if (row[label]! > row[best]!) best = label;
    return { confidence: row[best]!, right: best === truth[index] };
  });
}

/**
 * Classwise calibration error: the expected calibration error of each label's own probability, mean over the labels (Kull 2019).
 * It sees a label that is always given too much, which that of the winner alone does not.
 */
export function classwiseCalibrationError(labels: number, { truth, probabilities }: Pick<Scored, 'truth' | 'probabilities'>): number {
  const errors = Array.from({ length: labels }, (_, label) => expectedCalibrationError(probabilities.map((row, index) => ({ confidence: row[label]!, right: truth[index] === label }))));
  return errors.reduce((sum, error) => sum + error, 0) / errors.length;
}

/** Mean over pictures of the squared distance between probabilities and truth (Brier 1950, all labels summed). */
export function brierScore({ truth, probabilities }: Pick<Scored, 'truth' | 'probabilities'>): number {
  let sum = 0;
  probabilities.forEach((row, index) => {
    for (let label = 0; label < row.length; label++) sum += (row[label]! - (truth[index] === label ? 1 : 0)) ** 2;
  });
  return sum / probabilities.length;
}
