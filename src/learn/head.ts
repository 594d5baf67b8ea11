import { openness, type Head } from './gate.ts';
import { balancedWeights, fitLogistic, logitsOf, type LabelledRows, type LinearHead, type LogisticFit } from './logistic.ts';
import { rowOf, type Matrix } from './matrix.ts';

/** Rows to train a head from. Several rows of one picture share its weight. */
export interface TrainingRows extends LabelledRows {
  /** Relative importance of each row before classes are balanced. */
  readonly weights: Float64Array;
}

interface Standardiser {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** A feature that hardly varies must not be blown up. */
const LEAST_DEVIATION = 1e-3;

function standardiserOf({ x, weights }: { x: Matrix; weights: ArrayLike<number> }): Standardiser {
  const mean = new Float64Array(x.columns);
  const deviation = new Float64Array(x.columns);
  let total = 0;
  for (let row = 0; row < x.rows; row++) {
    total += weights[row]!;
    const values = rowOf(x, row);
    for (let j = 0; j < x.columns; j++) mean[j]! += weights[row]! * values[j]!;
  }
  for (let j = 0; j < x.columns; j++) mean[j]! /= total;
  for (let row = 0; row < x.rows; row++) {
    const values = rowOf(x, row);
    for (let j = 0; j < x.columns; j++) deviation[j]! += weights[row]! * (values[j]! - mean[j]!) ** 2;
  }
  for (let j = 0; j < x.columns; j++) deviation[j] = Math.max(LEAST_DEVIATION, Math.sqrt(deviation[j]! / total));
  return { mean, deviation };
}

function standardise(x: Matrix, { mean, deviation }: Standardiser): Matrix {
  const data = new Float32Array(x.data.length);
  for (let at = 0; at < data.length; at++) data[at] = (x.data[at]! - mean[at % x.columns]!) / deviation[at % x.columns]!;
  return { ...x, data };
}

/** A head for standardised features as one for the features themselves: nothing but a linear layer remains. */
export function foldStandardiser(head: LinearHead, { mean, deviation }: Standardiser): LinearHead {
  const { classes, columns } = head;
  const weights = new Float64Array(classes * columns);
  const bias = Float64Array.from(head.bias);
  for (let k = 0; k < classes; k++) {
    for (let j = 0; j < columns; j++) {
      const value = head.weights[k * columns + j]! / deviation[j]!;
      weights[k * columns + j] = value;
      bias[k]! -= value * mean[j]!;
    }
  }
  return { classes, columns, weights, bias };
}

export interface TrainedHead {
  /** Works on embeddings as the backbone gives them. */
  readonly head: LinearHead;
  /** In standardised features: a start for a neighbouring fit. */
  readonly fit: LogisticFit;
}

export interface HeadOptions {
  readonly c: number;
  readonly tolerance?: number;
  readonly start?: LinearHead;
}

/** Standardise, balance the classes, fit. The weights are scaled so that they sum to `pictures`, as if each had weight 1. */
export function trainHead(rows: TrainingRows, pictures: number, options: HeadOptions): TrainedHead {
  const balanced = balancedWeights(rows.y, rows.classes, rows.weights);
  const total = balanced.reduce((sum, weight) => sum + weight, 0);
  const weights = balanced.map((weight) => (weight * pictures) / total);
  const standardiser = standardiserOf({ x: rows.x, weights });
  const fit = fitLogistic({ x: standardise(rows.x, standardiser), y: rows.y, classes: rows.classes, weights }, options);
  return { head: foldStandardiser(fit, standardiser), fit };
}

/** Logits of each row as an array of its own. */
export function headLogits(head: Head, x: Matrix): Float64Array[] {
  const all = logitsOf(head, x);
  if (head.near !== undefined) {
    const open = openness(head.near.keys, x);
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
