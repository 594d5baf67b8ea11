import type { LinearHead } from './logistic.ts';
import { rowOf, type Matrix } from './matrix.ts';

/** Mean and standard deviation of each feature. */
export interface Standardiser {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** Of the rows by their weights; a deviation is never taken for less than `least`. */
export function standardiserOf({ x, weights }: { x: Matrix; weights: ArrayLike<number> }, least: number): Standardiser {
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
  for (let j = 0; j < x.columns; j++) deviation[j] = Math.max(least, Math.sqrt(deviation[j]! / total));
  return { mean, deviation };
}

export function standardise(x: Matrix, { mean, deviation }: Standardiser): Matrix {
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

/** The same as value * scale + shift. */
export const affineOf = ({ mean, deviation }: Standardiser): { scale: Float64Array; shift: Float64Array } => ({
  scale: deviation.map((value) => 1 / value),
  shift: mean.map((value, j) => -value / deviation[j]!),
});
