import { differenceOf, NORM_EPSILON, type Head } from '../gate.ts';
import type { LinearHead } from '../logistic.ts';
import { affineOf, type Standardiser } from '../standardiser.ts';
import { batchNormalization, BATCH_NORM_EPSILON, setWeights, through, type Layer, type SymbolicTensor, type Tf } from './network.ts';

/** A linear head as a dense layer. */
function denseOf(tf: Tf, name: string, { classes, columns, weights, bias }: LinearHead): Layer {
  const layer = tf.layers.dense({ name, units: classes });
  layer.apply(tf.input({ shape: [columns] }));
  const kernel = Float32Array.from({ length: classes * columns }, (_, at) => weights[(at % classes) * columns + Math.floor(at / classes)]!);
  setWeights(tf, layer, { weights: [{ shape: [columns, classes], values: kernel }, { shape: [classes], values: Float32Array.from(bias) }], owner: 'The head' });
  return layer;
}

/** A standardiser as a batch normalisation that finds mean 0 and variance 1. */
function standardiserLayer(tf: Tf, name: string, standardiser: Standardiser): Layer {
  const layer = batchNormalization(tf, name);
  const { scale, shift } = affineOf(standardiser);
  const shape = [scale.length];
  layer.trainable = false;
  layer.apply(tf.input({ shape }));
  const [mean, variance] = [new Float32Array(scale.length), new Float32Array(scale.length).fill(1 - BATCH_NORM_EPSILON)];
  setWeights(tf, layer, { weights: [scale, shift, mean, variance].map((values) => ({ shape, values: Float32Array.from(values) })), owner: 'The gate' });
  return layer;
}

/** The head as layers, the last of which is called `logits`; gated, as in the ONNX file (see fuse.ts). */
export function headLayers(tf: Tf, head: Head): Pick<Layer, 'apply'> {
  const { near } = head;
  if (near === undefined) return denseOf(tf, 'logits', head);
  const apply = (x: SymbolicTensor): SymbolicTensor => {
    const { gate } = near;
    const norm = tf.layers.layerNormalization({ name: 'normalised', axis: -1, epsilon: NORM_EPSILON, center: false, scale: false });
    const total = tf.layers.dense({ name: 'keys-sum', units: 1, useBias: false, kernelInitializer: 'ones' });
    const open = through([standardiserLayer(tf, 'standardised', gate.standardiser), norm, denseOf(tf, 'keys', gate.keys), tf.layers.reLU({ name: 'keys-near' }), total, tf.layers.reLU({ name: 'open', maxValue: 1 })], x);
    const step = denseOf(tf, 'step-logits', differenceOf(near.head, head)).apply(x) as SymbolicTensor;
    const far = denseOf(tf, 'far-logits', head).apply(x) as SymbolicTensor;
    return tf.layers.add({ name: 'logits' }).apply([far, tf.layers.multiply({ name: 'step' }).apply([step, open]) as SymbolicTensor]) as SymbolicTensor;
  };
  return { apply: (x) => apply(x as SymbolicTensor) };
}
