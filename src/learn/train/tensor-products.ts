import type { Matrix, Products } from '../matrix.ts';
import type { Tf } from './network.ts';
import type { Tensor2D } from '@tensorflow/tfjs';

/** Products worked out by TensorFlow, in 32 bit and on all cores. */
export const tensorProducts =
  (tf: Tf) =>
  ({ rows, columns, data }: Matrix): Products => {
    const x = tf.tensor2d(data, [rows, columns]);
    const of = (values: Float64Array, first: number): Tensor2D => tf.tensor2d(Float32Array.from(values), [first, values.length / first]);
    const numbers = (multiply: () => Tensor2D): Float64Array => Float64Array.from(tf.tidy(() => multiply().dataSync() as Float32Array));
    return {
      timesWeights: (weights, outputs) => numbers(() => tf.matMul(x, of(weights, outputs), false, true)),
      residualsTimes: (residuals) => numbers(() => tf.matMul(of(residuals, rows), x, true, false)),
      dispose: () => void x.dispose(),
    };
  };
