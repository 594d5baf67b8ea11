/**
 * The part of TensorFlow.js that inference uses, written down here because its packages are optional: emagent must compile and run
 * where none is installed. @tensorflow/tfjs-node, tfjs-node-gpu and tfjs-core all fit.
 */
export interface Tensor {
  readonly shape: readonly number[];
  readonly size: number;
  data(): Promise<Float32Array>;
  dispose(): void;
}

type Pair = readonly [number, number];

export interface TensorFlow {
  tensor(values: Float32Array, shape: readonly number[]): Tensor;
  scalar(value: number): Tensor;
  transpose(x: Tensor, permutation: readonly number[]): Tensor;
  reshape(x: Tensor, shape: readonly number[]): Tensor;
  pad(x: Tensor, paddings: readonly Pair[]): Tensor;
  /** x [n, height, width, in], filter [height, width, in, out]. */
  conv2d(x: Tensor, filter: Tensor, ...settings: readonly [strides: Pair, pad: 'same' | 'valid', layout: 'NHWC', dilations: Pair]): Tensor;
  /** x [n, height, width, in], filter [height, width, in, multiplier]. */
  depthwiseConv2d(x: Tensor, filter: Tensor, ...settings: readonly [strides: Pair, pad: 'same' | 'valid', layout: 'NHWC', dilations: Pair]): Tensor;
  maxPool(x: Tensor, size: Pair, ...settings: readonly [strides: Pair, pad: 'same' | 'valid']): Tensor;
  add(a: Tensor, b: Tensor): Tensor;
  sub(a: Tensor, b: Tensor): Tensor;
  mul(a: Tensor, b: Tensor): Tensor;
  div(a: Tensor, b: Tensor): Tensor;
  matMul(a: Tensor, b: Tensor, ...transposed: readonly [a: boolean, b: boolean]): Tensor;
  mean(x: Tensor, axes: readonly number[], keepDimensions: boolean): Tensor;
  maximum(a: Tensor, b: Tensor): Tensor;
  minimum(a: Tensor, b: Tensor): Tensor;
  relu(x: Tensor): Tensor;
  sqrt(x: Tensor): Tensor;
  softmax(x: Tensor, axis: number): Tensor;
  /** Frees what `work` made, but for what it returns. */
  tidy<T>(work: () => T): T;
  memory(): { readonly numTensors: number };
  getBackend(): string;
  backend(): { readonly isUsingGpuDevice?: boolean; readonly binding?: { readonly TF_Version?: string } };
}
