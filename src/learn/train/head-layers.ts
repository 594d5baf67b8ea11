import { differenceOf, type Head } from '../gate.ts';
import type { LinearHead } from '../logistic.ts';
import { setWeights, through, type Layer, type SymbolicTensor, type Tf } from './network.ts';

/** A linear head as a dense layer. */
function denseOf(tf: Tf, name: string, { classes, columns, weights, bias }: LinearHead): Layer {
  const layer = tf.layers.dense({ name, units: classes });
  layer.apply(tf.input({ shape: [columns] }));
  const kernel = Float32Array.from({ length: classes * columns }, (_, at) => weights[(at % classes) * columns + Math.floor(at / classes)]!);
  setWeights(tf, layer, { weights: [{ shape: [columns, classes], values: kernel }, { shape: [classes], values: Float32Array.from(bias) }], owner: 'The head' });
  return layer;
}

/** The head as layers, the last of which is called `logits`; gated, as in the ONNX file (see fuse.ts). */
export function headLayers(tf: Tf, head: Head): Pick<Layer, 'apply'> {
  const { near } = head;
  if (near === undefined) return denseOf(tf, 'logits', head);
  const apply = (x: SymbolicTensor): SymbolicTensor => {
    const total = tf.layers.dense({ name: 'keys-sum', units: 1, useBias: false, kernelInitializer: 'ones' });
    const open = through([denseOf(tf, 'keys', near.keys), tf.layers.reLU({ name: 'keys-near' }), total, tf.layers.reLU({ name: 'open', maxValue: 1 })], x);
    const step = denseOf(tf, 'step-logits', differenceOf(near.head, head)).apply(x) as SymbolicTensor;
    const far = denseOf(tf, 'far-logits', head).apply(x) as SymbolicTensor;
    return tf.layers.add({ name: 'logits' }).apply([far, tf.layers.multiply({ name: 'step' }).apply([step, open]) as SymbolicTensor]) as SymbolicTensor;
  };
  return { apply: (x) => apply(x as SymbolicTensor) };
}
