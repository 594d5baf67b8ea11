import type * as tfjs from '@tensorflow/tfjs';
import { EmagentError } from '../../contract/errors.ts';

export type Tf = typeof tfjs;
export type SymbolicTensor = tfjs.SymbolicTensor;
export type Layer = tfjs.layers.Layer;

/** A piece of a network: its layers exist once, and are applied to the picture's path and to cached feature maps alike. */
export interface Stage {
  readonly name: string;
  readonly layers: readonly Layer[];
  apply(x: SymbolicTensor): SymbolicTensor;
}

/** From a picture [n, size, size, channels] to an embedding [n, length]; the last linear layer is not among the stages. */
export interface Network {
  readonly stages: readonly Stage[];
  readonly sizePx: number;
  readonly channels: 1 | 3;
  readonly embeddingLength: number;
}

/** Collects the layers of one stage while it is written down. */
export function createStage(name: string, build: (keep: <T extends Layer>(layer: T) => T) => (x: SymbolicTensor) => SymbolicTensor): Stage {
  const layers: Layer[] = [];
  const apply = build((layer) => {
    layers.push(layer);
    return layer;
  });
  return { name, layers, apply };
}

export const through = (layers: readonly Layer[], x: SymbolicTensor): SymbolicTensor => {
  let value = x;
  for (const layer of layers) value = layer.apply(value) as SymbolicTensor;
  return value;
};

export const BATCH_NORM_EPSILON = 1e-3;

/**
 * Batch normalisation that learns nothing and uses its stored mean and variance while `trainable` is false, as Keras does; tfjs would
 * go on with the batch's.
 */
export function batchNormalization(tf: Tf, name: string): Layer {
  const layer = tf.layers.batchNormalization({ name, epsilon: BATCH_NORM_EPSILON, momentum: 0.99 });
  const call = layer.call.bind(layer);
  layer.call = (inputs, kwargs) => call(inputs, { ...kwargs, training: layer.trainable && kwargs['training'] === true });
  return layer;
}

/** The model that applies some stages to an input of this shape (without the batch). */
export function modelOf(tf: Tf, stages: readonly Stage[], shape: readonly number[]): tfjs.LayersModel {
  const input = tf.input({ shape: [...shape], name: 'input' });
  let x: SymbolicTensor = input;
  for (const stage of stages) x = stage.apply(x);
  // A model needs one layer at least.
  if (x === input) x = tf.layers.activation({ activation: 'linear' }).apply(x) as SymbolicTensor;
  return tf.model({ inputs: input, outputs: x });
}

/** The whole model: picture to `logits` and `embedding`. */
export function wholeModel(tf: Tf, { stages, sizePx, channels }: Network, head: Pick<Layer, 'apply'>): tfjs.LayersModel {
  const input = tf.input({ shape: [sizePx, sizePx, channels], name: 'input' });
  let x: SymbolicTensor = input;
  for (const stage of stages) x = stage.apply(x);
  const embedding = tf.layers.activation({ activation: 'linear', name: 'embedding' }).apply(x) as SymbolicTensor;
  return tf.model({ inputs: input, outputs: [head.apply(embedding) as SymbolicTensor, embedding], name: 'emagent' });
}

export interface StoredWeights {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Sets the weights of a layer; `owner` is said when their shapes do not fit. Throws EM_MODEL. */
export function setWeights(tf: Tf, layer: Layer, { weights, owner }: { weights: readonly StoredWeights[]; owner: string }): void {
  const wanted = layer.getWeights().map(({ shape }) => shape);
  const fits = wanted.length === weights.length && wanted.every((shape, index) => shape.join() === weights[index]!.shape.join());
  if (!fits) {
    const shapes = (all: readonly (readonly number[])[]): string => all.map((shape) => `[${shape.join(', ')}]`).join(' ');
    throw new EmagentError('EM_MODEL', `${owner}: the weights of ${layer.name} have the shapes ${shapes(weights.map(({ shape }) => shape))}, and ${shapes(wanted)} are needed.`);
  }
  tf.tidy(() => layer.setWeights(weights.map(({ values, shape }) => tf.tensor(values, [...shape]))));
}
