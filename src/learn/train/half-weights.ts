import type * as tfjs from '@tensorflow/tfjs';
import { halfToFloat, floatToHalf } from '../../classify/onnx/model-proto.ts';
import { setWeights, type Layer, type StoredWeights, type Tf } from './network.ts';
import { appliedLayers, foldedNormalisations, isKeptInHalf } from './onnx-export.ts';

const rounded = (values: Float32Array): Float32Array => values.map((value) => halfToFloat(floatToHalf(value)));

const weightsOf = (layer: Layer): StoredWeights[] => layer.getWeights().map((tensor) => ({ shape: tensor.shape, values: Float32Array.from(tensor.dataSync()) }));

/** The kernel with each output channel scaled: a depthwise one ends in [in, multiplier], any other in [out]. */
function scaledKernel({ shape, values }: StoredWeights, scale: Float32Array): StoredWeights {
  return { shape, values: values.map((value, at) => value * scale[at % scale.length]!) };
}

/** Scale and shift of a batch normalisation, and the weights of one that only shifts by as much. */
function shiftAlone(layer: Layer): { scale: Float32Array; weights: StoredWeights[] } {
  const [gamma, beta, mean, variance] = weightsOf(layer) as [StoredWeights, StoredWeights, StoredWeights, StoredWeights];
  const epsilon = layer.getConfig()['epsilon'] as number;
  const scale = gamma.values.map((value, index) => value / Math.sqrt(variance.values[index]! + epsilon));
  const shift = beta.values.map((value, index) => value - mean.values[index]! * scale[index]!);
  const constant = (value: number): StoredWeights => ({ shape: gamma.shape, values: new Float32Array(shift.length).fill(value) });
  return { scale, weights: [constant(1), { shape: beta.shape, values: shift }, constant(0), constant(1 - epsilon)] };
}

/**
 * Changes a model so that its kernels are numbers of 16 bit: batch normalisations give their scale to the convolution before them, then
 * every kernel but the last layer's is rounded. Files in 16 bit then hold exactly what the model computes with. For inference only:
 * what a normalisation has learned is spread over two layers afterwards.
 */
export function settleInHalf(tf: Tf, model: tfjs.LayersModel): void {
  const order = appliedLayers(model.outputs);
  const folded = foldedNormalisations(model, order);
  for (const { layer, output } of order) {
    if (!isKeptInHalf(layer)) continue;
    const weights = weightsOf(layer);
    const kernels = layer.getClassName() === 'SeparableConv2D' ? 2 : 1;
    const normalisation = folded.get(output.id)?.layer;
    if (normalisation !== undefined) {
      const { scale, weights: shift } = shiftAlone(normalisation);
      weights[kernels - 1] = scaledKernel(weights[kernels - 1]!, scale);
      const bias = weights[kernels];
      if (bias !== undefined) weights[kernels] = scaledKernel(bias, scale);
      setWeights(tf, normalisation, { weights: shift, owner: 'The folded normalisation' });
    }
    setWeights(tf, layer, { weights: weights.map((weight, part) => (part < kernels ? { ...weight, values: rounded(weight.values) } : weight)), owner: 'The rounded kernel' });
  }
}
