import { openness, type Head } from './gate.ts';
import { balancedWeights, fitLogistic, logitsOf, type LabelledRows, type LinearHead, type LogisticFit, type LogisticOptions } from './logistic.ts';
import type { Matrix } from './matrix.ts';
import { foldStandardiser, standardise, standardiserOf } from './standardiser.ts';

/** Rows to train a head from. Several rows of one picture share its weight. */
export interface TrainingRows extends LabelledRows {
  /** Relative importance of each row before classes are balanced. */
  readonly weights: Float64Array;
}

/** A feature that hardly varies must not be blown up. */
const LEAST_DEVIATION = 1e-3;

export interface TrainedHead {
  /** Works on embeddings as the backbone gives them. */
  readonly head: LinearHead;
  /** In standardised features: a start for a neighbouring fit. */
  readonly fit: LogisticFit;
}

export type HeadOptions = Pick<LogisticOptions, 'c' | 'tolerance' | 'start' | 'products'>;

/** Standardise, balance the classes, fit. The weights are scaled so that they sum to `pictures`, as if each had weight 1. */
export function trainHead(rows: TrainingRows, pictures: number, options: HeadOptions): TrainedHead {
  const balanced = balancedWeights(rows.y, rows.classes, rows.weights);
  const total = balanced.reduce((sum, weight) => sum + weight, 0);
  const weights = balanced.map((weight) => (weight * pictures) / total);
  const standardiser = standardiserOf({ x: rows.x, weights }, LEAST_DEVIATION);
  const fit = fitLogistic({ x: standardise(rows.x, standardiser), y: rows.y, classes: rows.classes, weights }, options);
  return { head: foldStandardiser(fit, standardiser), fit };
}

/** Logits of each row as an array of its own. */
export function headLogits(head: Head, x: Matrix): Float64Array[] {
  const all = logitsOf(head, x);
  if (head.near !== undefined) {
    const open = openness(head.near.gate, x);
    const near = logitsOf(head.near.head, x);
    for (let at = 0; at < all.length; at++) all[at]! += open[Math.floor(at / head.classes)]! * (near[at]! - all[at]!);
  }
  return Array.from({ length: x.rows }, (_, row) => all.subarray(row * head.classes, (row + 1) * head.classes));
}

/**
 * The same softmax with one class as the reference: its logit is 0 and drops out, so that the log of the sum of the exponentials of
 * what remains is the log odds of "one of the others" against the reference.
 */
export function referTo(head: LinearHead, reference: number): LinearHead {
  const { classes, columns } = head;
  const kept = Array.from({ length: classes }, (_, k) => k).filter((k) => k !== reference);
  const weights = new Float64Array(kept.length * columns);
  kept.forEach((k, row) => {
    for (let j = 0; j < columns; j++) weights[row * columns + j] = head.weights[k * columns + j]! - head.weights[reference * columns + j]!;
  });
  return { classes: kept.length, columns, weights, bias: Float64Array.from(kept, (k) => head.bias[k]! - head.bias[reference]!) };
}
