import { floatToHalf, halfToFloat } from '../classify/onnx/model-proto.ts';
import type { LinearHead } from './logistic.ts';
import { matrixOf, rowOf, timesWeights, type Matrix } from './matrix.ts';
import { foldStandardiser, standardise, standardiserOf } from './standardiser.ts';

/**
 * A linear head; with `near`, another one takes over as far as an embedding is near to a picture that only the other has seen:
 *
 *     open = min(1, sum_i max(0, keys_i(x)))        logits = (1 - open) head(x) + open near.head(x)
 *
 * What it is for: a head that saw no real picture is the better one for a laboratory never seen, one that did for those it knows.
 */
export interface Head extends LinearHead {
  readonly near?: NearHead;
}

export interface NearHead {
  readonly head: LinearHead;
  /** One output for each remembered picture: positive where an embedding is near to it. */
  readonly keys: LinearHead;
}

/** Share of pictures of laboratories left out that come near enough to open the gate a little. */
const MISTAKEN_SHARE = 0.3;
/** From where the gate begins to open to where it is open, in the measure of nearness. */
const WIDTH = 0.1;
/** A feature that hardly varies among the drawn pictures must not decide alone. */
const LEAST_DEVIATION = 0.01;

export interface Remembered {
  readonly embedding: Float32Array;
  /** Laboratory, or what else is known to be alike. */
  readonly source: string;
}

/**
 * The keys of a gate. Nearness to a picture k is (x, k) / (k, k) in features standardised by the drawn pictures: 1 for the picture
 * itself, and 0 for whatever has nothing in common with it. The gate begins to open where 30 % of the remembered pictures would, had
 * their own source not been remembered. The weights are numbers of 16 bit: there is a row of them for each picture.
 */
export function keysOf(remembered: readonly Remembered[], drawn: readonly Float32Array[]): LinearHead {
  const columns = remembered[0]!.embedding.length;
  const classes = remembered.length;
  const standardiser = standardiserOf({ x: matrixOf(drawn, columns), weights: new Float64Array(drawn.length).fill(1) }, LEAST_DEVIATION);
  const all = matrixOf(remembered.map(({ embedding }) => embedding), columns);
  const standardised = standardise(all, standardiser);
  const directions = new Float64Array(classes * columns);
  for (let row = 0; row < classes; row++) {
    const values = rowOf(standardised, row);
    const squares = Math.max(1e-9, values.reduce((sum, value) => sum + value ** 2, 0));
    for (let j = 0; j < columns; j++) directions[row * columns + j] = values[j]! / squares;
  }
  const { weights, bias } = foldStandardiser({ classes, columns, weights: directions, bias: new Float64Array(classes) }, standardiser);
  const nearness = timesWeights(all, weights, classes);
  const others = remembered.map(({ source }, row) => {
    let most = -Infinity;
    for (let k = 0; k < classes; k++) if (remembered[k]!.source !== source) most = Math.max(most, nearness[row * classes + k]! + bias[k]!);
    return most;
  });
  others.sort((a, b) => a - b);
  const threshold = others[Math.min(classes - 1, Math.floor((1 - MISTAKEN_SHARE) * classes))]!;
  return { classes, columns, weights: weights.map((weight) => halfToFloat(floatToHalf(weight / WIDTH))), bias: bias.map((value) => (value - threshold) / WIDTH) };
}

/** How far the gate is open for each row, 0 to 1. */
export function openness(keys: LinearHead, x: Matrix): Float64Array {
  const products = timesWeights(x, keys.weights, keys.classes);
  return Float64Array.from({ length: x.rows }, (_, row) => {
    let sum = 0;
    for (let k = 0; k < keys.classes; k++) sum += Math.max(0, products[row * keys.classes + k]! + keys.bias[k]!);
    return Math.min(1, sum);
  });
}

/** Another head minus this one. */
export function differenceOf(to: LinearHead, from: LinearHead): LinearHead {
  return { ...to, weights: to.weights.map((weight, at) => weight - from.weights[at]!), bias: to.bias.map((value, k) => value - from.bias[k]!) };
}

