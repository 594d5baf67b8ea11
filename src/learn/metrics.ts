import { expectedCalibrationError } from '../classify/calibration.ts';
import { classwiseCalibrationError } from './evaluation/reliability.ts';
import { areaUnderRiskCoverage, coverageCurve } from './evaluation/selective.ts';
import { groupBootstrap, type BootstrapOptions, type Interval } from './bootstrap.ts';

/** What a classifier said of a set of labelled pictures; labels by number. */
export interface Scored {
  readonly labels: readonly string[];
  /** True label of each picture. */
  readonly truth: ArrayLike<number>;
  /** Calibrated probabilities of each picture, in the order of `labels`. */
  readonly probabilities: readonly ArrayLike<number>[];
  /** Key of the specimen of each picture, for the intervals. */
  readonly groups: readonly string[];
}

export interface ClassFigures {
  readonly n: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

export interface Figures {
  readonly n: number;
  readonly accuracy: number;
  /** Mean F1 over the labels that are in the data. */
  readonly macroF1: number;
  /** Expected calibration error of the winner's probability, 15 equal bins (Guo 2017). */
  readonly ece: number;
  /** The same of each label's own probability, mean over the labels. */
  readonly classwiseEce: number;
  /** Area under the risk-coverage curve: mean share of errors over all coverages. */
  readonly aurc: number;
  readonly perClass: Readonly<Record<string, ClassFigures>>;
  /** confusion[true][predicted], in the order of `labels`. */
  readonly confusion: number[][];
}

function winner(probabilities: ArrayLike<number>): number {
  let best = 0;
  for (let k = 1; k < probabilities.length; k++) if (probabilities[k]! > probabilities[best]!) best = k;
  return best;
}

interface Rows {
  readonly truth: readonly number[];
  readonly predicted: readonly number[];
  readonly confidence: readonly number[];
  readonly probabilities: readonly ArrayLike<number>[];
}

function summary(count: number, rows: Rows): Omit<Figures, 'perClass'> & { classes: (ClassFigures | undefined)[] } {
  const confusion = Array.from({ length: count }, () => Array.from({ length: count }, () => 0));
  rows.truth.forEach((label, index) => confusion[label]![rows.predicted[index]!]!++);
  const classes = confusion.map((row, label): ClassFigures | undefined => {
    const n = row.reduce((sum, value) => sum + value, 0);
    if (n === 0) return undefined;
    const hit = row[label]!;
    const called = confusion.reduce((sum, other) => sum + other[label]!, 0);
    return { n, precision: called === 0 ? 0 : hit / called, recall: hit / n, f1: (2 * hit) / (n + called) };
  });
  const there = classes.filter((entry) => entry !== undefined);
  const judged = rows.truth.map((label, index) => ({ right: label === rows.predicted[index], confidence: rows.confidence[index]! }));
  return {
    n: rows.truth.length,
    accuracy: judged.filter(({ right }) => right).length / Math.max(1, rows.truth.length),
    macroF1: there.reduce((sum, entry) => sum + entry.f1, 0) / Math.max(1, there.length),
    ece: expectedCalibrationError(judged),
    classwiseEce: classwiseCalibrationError(count, rows),
    aurc: areaUnderRiskCoverage(coverageCurve(judged)),
    confusion,
    classes,
  };
}

const rowsOf = ({ truth, probabilities }: Scored): Rows => {
  const predicted = probabilities.map(winner);
  return { truth: Array.from(truth), predicted, confidence: predicted.map((label, index) => probabilities[index]![label]!), probabilities };
};

export function figuresOf(scored: Scored): Figures {
  const { classes, ...figures } = summary(scored.labels.length, rowsOf(scored));
  const perClass: Record<string, ClassFigures> = {};
  classes.forEach((entry, label) => {
    if (entry !== undefined) perClass[scored.labels[label]!] = entry;
  });
  return { ...figures, perClass };
}

export type { Interval } from './bootstrap.ts';

export type IntervalName = 'accuracy' | 'macroF1' | 'ece' | 'classwiseEce' | 'aurc';

/** 95 % intervals by bootstrap over groups. */
export function bootstrapIntervals(scored: Scored, options: BootstrapOptions = {}): Record<IntervalName, Interval> {
  const rows = rowsOf(scored);
  return groupBootstrap(scored.groups, (drawn) => {
    const pick = <T>(values: readonly T[]): T[] => drawn.map((index) => values[index]!);
    const { accuracy, macroF1, ece, classwiseEce, aurc } = summary(scored.labels.length, {
      truth: pick(rows.truth),
      predicted: pick(rows.predicted),
      confidence: pick(rows.confidence),
      probabilities: pick(rows.probabilities),
    });
    return { accuracy, macroF1, ece, classwiseEce, aurc };
  }, options);
}
