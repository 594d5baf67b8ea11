import { floatToHalf, halfToFloat } from '../classify/onnx/model-proto.ts';
import type { LinearHead } from './logistic.ts';
import { matrixOf, rowOf, timesWeights, type Matrix } from './matrix.ts';
import { standardise, standardiserOf, type Standardiser } from './standardiser.ts';

/**
 * A linear head; with `near`, another one takes over as far as an embedding is near to a picture that only the other has seen:
 *
 *     open = min(1, sum_i max(0, keys_i(u)))        logits = (1 - open) head(x) + open near.head(x)
 *
 * u is the embedding x with each feature standardised, then with its own mean 0 and variance 1. What it is for: a head that saw no
 * real picture is the better one for a laboratory never seen, one that did for those it knows.
 */
export interface Head extends LinearHead {
  readonly near?: { readonly head: LinearHead; readonly gate: Gate };
}

export interface Gate {
  /** Each feature as the drawn pictures have it. */
  readonly standardiser: Standardiser;
  /** One output for each remembered picture: positive where u is near to it. */
  readonly keys: LinearHead;
}

/** Share of pictures of laboratories left out that come near enough to open the gate a little. */
const MISTAKEN_SHARE = 0.5;
/** From where the gate begins to open to where it is open, in the measure of nearness. */
const WIDTH = 0.1;
/** A feature that hardly varies among the drawn pictures must not decide alone. */
const LEAST_DEVIATION = 0.01;
/** As the layers and operators that do the same have it. */
export const NORM_EPSILON = 1e-5;

export interface Remembered {
  readonly embedding: Float32Array;
  /** Laboratory, or what else is known to be alike. */
  readonly source: string;
}

/** Features standardised, then each row brought to mean 0 and variance 1: the product of two rows is their correlation, times the columns. */
function normalised(x: Matrix, standardiser: Standardiser): Matrix {
  const result = standardise(x, standardiser);
  for (let row = 0; row < x.rows; row++) {
    const values = rowOf(result, row);
    const mean = values.reduce((sum, value) => sum + value, 0) / x.columns;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.columns;
    for (let j = 0; j < x.columns; j++) values[j] = (values[j]! - mean) / Math.sqrt(variance + NORM_EPSILON);
  }
  return result;
}

/**
 * The gate of some pictures. Nearness to one of them is the correlation with its embedding, in features standardised by the drawn
 * pictures: 1 for the picture itself, and about 0 for whatever has nothing in common with it. The gate begins to open where half of the
 * remembered pictures would, had their own source not been remembered. The keys are numbers of 16 bit: there is a row of them for each picture.
 */
export function gateOf(remembered: readonly Remembered[], drawn: readonly Float32Array[]): Gate {
  const columns = remembered[0]!.embedding.length;
  const classes = remembered.length;
  const standardiser = standardiserOf({ x: matrixOf(drawn, columns), weights: new Float64Array(drawn.length).fill(1) }, LEAST_DEVIATION);
  const rows = normalised(matrixOf(remembered.map(({ embedding }) => embedding), columns), standardiser);
  const directions = Float64Array.from(rows.data, (value) => value / columns);
  const nearness = timesWeights(rows, directions, classes);
  const others = remembered.map(({ source }, row) => {
    let most = -Infinity;
    for (let k = 0; k < classes; k++) if (remembered[k]!.source !== source) most = Math.max(most, nearness[row * classes + k]!);
    return most;
  });
  others.sort((a, b) => a - b);
  const threshold = others[Math.min(classes - 1, Math.floor((1 - MISTAKEN_SHARE) * classes))]!;
  const weights = directions.map((value) => halfToFloat(floatToHalf(value / WIDTH)));
  return { standardiser, keys: { classes, columns, weights, bias: new Float64Array(classes).fill(-threshold / WIDTH) } };
}

/** How far the gate is open for each row of embeddings, 0 to 1. */
export function openness({ standardiser, keys }: Gate, x: Matrix): Float64Array {
  const products = timesWeights(normalised(x, standardiser), keys.weights, keys.classes);
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
