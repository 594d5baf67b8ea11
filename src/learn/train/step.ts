import type * as tfjs from '@tensorflow/tfjs';
import type { Random } from '../../lib/random.ts';
import type { Layer, Tf } from './network.ts';

/** The part of the network that is trained: from features to the embedding, and the head. */
export interface Trainee {
  readonly tf: Tf;
  readonly tail: tfjs.LayersModel;
  readonly head: Layer;
  /** [channels, height, width] or [length]. */
  readonly shape: readonly number[];
  readonly embeddingLength: number;
  readonly dropout: number;
}

export interface Batch {
  readonly features: readonly Float32Array[];
  readonly labels: readonly number[];
  readonly weights: readonly number[];
}

export interface Score {
  /** Mean cross entropy, weighted. */
  readonly loss: number;
  readonly right: number;
}

/** Features end to end as [n, height, width, channels], or [n, length]. */
function inputTensor({ tf, shape }: Trainee, features: readonly Float32Array[]): tfjs.Tensor {
  const size = shape.reduce((product, edge) => product * edge, 1);
  const values = new Float32Array(features.length * size);
  features.forEach((feature, index) => values.set(feature, index * size));
  const tensor = tf.tensor(values, [features.length, ...shape]);
  return shape.length === 3 ? tf.transpose(tensor, [0, 2, 3, 1]) : tensor;
}

/** Inverted dropout of the embedding; the mask comes from our own random stream, so that a training can be repeated. */
function dropoutMask({ tf, embeddingLength, dropout }: Trainee, rows: number, random: Random): tfjs.Tensor {
  const keep = 1 - dropout;
  return tf.tensor(Float32Array.from({ length: rows * embeddingLength }, () => (random.uniform() < keep ? 1 / keep : 0)), [rows, embeddingLength]);
}

function countRight(logits: Float32Array, labels: readonly number[]): number {
  const classes = logits.length / labels.length;
  return labels.filter((label, row) => {
    const own = logits.subarray(row * classes, (row + 1) * classes);
    return own.indexOf(Math.max(...own)) === label;
  }).length;
}

const crossEntropy = (tf: Tf, logits: tfjs.Tensor, { labels, weights, smoothing }: { labels: readonly number[]; weights: readonly number[]; smoothing: number }): tfjs.Scalar => {
  const classes = logits.shape[1]!;
  const target = tf.oneHot(tf.tensor1d([...labels], 'int32'), classes).mul(1 - smoothing).add(smoothing / classes);
  const losses = target.mul(tf.logSoftmax(logits as tfjs.Tensor2D)).sum(1).neg();
  return losses.mul(tf.tensor1d([...weights])).mean() as tfjs.Scalar;
};

/** The tf.Variable in a layer's weight. */
export const variablesOf = (layers: readonly Layer[]): tfjs.Variable[] =>
  layers.flatMap(({ trainableWeights }) => trainableWeights.map((weight) => (weight as unknown as { val: tfjs.Variable }).val));

export interface StepOptions {
  readonly optimizer: tfjs.Optimizer;
  readonly variables: tfjs.Variable[];
  readonly smoothing: number;
  readonly random: Random;
}

/** One step down the gradient. Leaves no tensor behind. */
export function trainStep(trainee: Trainee, { features, labels, weights }: Batch, { optimizer, variables, smoothing, random }: StepOptions): Score {
  const { tf, tail, head } = trainee;
  return tf.tidy(() => {
    const x = inputTensor(trainee, features);
    const mask = dropoutMask(trainee, features.length, random);
    let logits: tfjs.Tensor | undefined;
    const { value, grads } = tf.variableGrads(() => {
      const embedding = tail.apply(x, { training: true }) as tfjs.Tensor;
      const output = head.apply(embedding.mul(mask)) as tfjs.Tensor;
      logits = tf.keep(output.clone());
      return crossEntropy(tf, output, { labels, weights, smoothing });
    }, variables);
    optimizer.applyGradients(grads);
    const right = countRight(logits!.dataSync() as Float32Array, labels);
    logits!.dispose();
    return { loss: value.dataSync()[0]!, right };
  });
}

/** Logits of some features, row by row. Leaves no tensor behind. */
export function predict(trainee: Trainee, features: readonly Float32Array[]): Float32Array {
  const { tf, tail, head } = trainee;
  return tf.tidy(() => (head.apply(tail.apply(inputTensor(trainee, features), { training: false })) as tfjs.Tensor).dataSync() as Float32Array);
}

/** Loss (unweighted, unsmoothed) and hits without training. */
export function scoreBatch(trainee: Trainee, { features, labels }: Pick<Batch, 'features' | 'labels'>): Score & { readonly logits: Float32Array } {
  const { tf } = trainee;
  const logits = predict(trainee, features);
  const loss = tf.tidy(() => crossEntropy(tf, tf.tensor2d(logits, [labels.length, logits.length / labels.length]), { labels, weights: labels.map(() => 1), smoothing: 0 }).dataSync()[0]!);
  return { loss, right: countRight(logits, labels), logits };
}
