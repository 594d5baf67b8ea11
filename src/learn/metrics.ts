import { expectedCalibrationError } from '../classify/calibration.ts';
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
  readonly perClass: Readonly<Record<string, ClassFigures>>;
  /** confusion[true][predicted], in the order of `labels`. */
  readonly confusion: number[][];
}

function winner(probabilities: ArrayLike<number>): number {
  let best = 0;
  for (let k = 1; k < probabilities.length; k++) if (probabilities[k]! > probabilities[best]!) best = k;
  return best;
}

function summary(count: number, rows: { truth: readonly number[]; predicted: readonly number[]; confidence: readonly number[] }): Omit<Figures, 'perClass'> & { classes: (ClassFigures | undefined)[] } {
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
  const right = rows.truth.map((label, index) => label === rows.predicted[index]);
  return {
    n: rows.truth.length,
    accuracy: right.filter(Boolean).length / Math.max(1, rows.truth.length),
    macroF1: there.reduce((sum, entry) => sum + entry.f1, 0) / Math.max(1, there.length),
    ece: expectedCalibrationError(right.map((is, index) => ({ right: is, confidence: rows.confidence[index]! }))),
    confusion,
    classes,
  };
}

const rowsOf = (scored: Scored): { truth: number[]; predicted: number[]; confidence: number[] } => {
  const predicted = scored.probabilities.map(winner);
  return { truth: Array.from(scored.truth), predicted, confidence: predicted.map((label, index) => scored.probabilities[index]![label]!) };
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

/** 95 % intervals by bootstrap over groups. */
export function bootstrapIntervals(scored: Scored, options: BootstrapOptions = {}): { accuracy: Interval; macroF1: Interval; ece: Interval } {
  const rows = rowsOf(scored);
  return groupBootstrap(scored.groups, (drawn) => {
    const pick = <T>(values: readonly T[]): T[] => drawn.map((index) => values[index]!);
    const { accuracy, macroF1, ece } = summary(scored.labels.length, { truth: pick(rows.truth), predicted: pick(rows.predicted), confidence: pick(rows.confidence) });
    return { accuracy, macroF1, ece };
  }, options);
}
