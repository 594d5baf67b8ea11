import { EmagentError } from '../../contract/errors.ts';
import { required } from '../../lib/guards.ts';
import type { NodeProto } from '../onnx/model-proto.ts';
import type { Tensor, TensorFlow } from './api.ts';

/** A constant of the graph, row-major in ONNX's order of dimensions. */
export interface Constant {
  readonly dims: readonly number[];
  readonly values: Float32Array;
}

/** Turns the computed inputs of a node (constants come as tensors too) into its output. Runs inside tf.tidy. */
export type Step = (inputs: readonly (Tensor | undefined)[]) => Tensor;

export interface Preparation {
  readonly tf: TensorFlow;
  readonly node: NodeProto;
  /** Per input: its value when it is a constant of the graph. */
  readonly constants: readonly (Constant | undefined)[];
  /** Makes a tensor that lives as long as the session. */
  keep(values: Float32Array, shape: readonly number[]): Tensor;
}

/**
 * Pictures are [n, height, width, channels] here although ONNX has [n, channels, height, width], because TensorFlow's
 * convolutions on a CPU know no other order.
 */
const TO_ONNX = [0, 3, 1, 2] as const;

/** As ONNX orders it, whatever its rank. */
export function inOnnxOrder(tf: TensorFlow, x: Tensor): Tensor {
  return x.shape.length === 4 ? tf.transpose(x, TO_ONNX) : x;
}

export function unsupported(node: NodeProto, why: string): EmagentError {
  return new EmagentError('EM_ENGINE', `The TensorFlow engine cannot run this model: its node ${node.name ?? node.output[0] ?? ''} (${node.opType}) ${why}. Use --engine onnx.`);
}

const attribute = ({ node }: Preparation, name: string) => node.attribute?.find((candidate) => candidate.name === name);
const ints = (preparation: Preparation, name: string, absent: readonly number[]): readonly number[] => {
  const found = attribute(preparation, name)?.ints;
  return found === undefined || found.length === 0 ? absent : found;
};

function constantInput({ node, constants }: Preparation, index: number): Constant {
  const constant = constants[index];
  if (constant === undefined) throw unsupported(node, `has no constant as input ${index + 1}`);
  return constant;
}

/** [out, in, height, width] to [height, width, in, out], or with `depthwise` [in * m, 1, height, width] to [height, width, in, m]. */
function filterOf({ dims, values }: Constant, channelsIn: number, depthwise: boolean): { values: Float32Array; shape: number[] } {
  const [out, inner, height, width] = dims as readonly [number, number, number, number];
  const area = height * width;
  const reordered = new Float32Array(values.length);
  for (let o = 0; o < out; o++) {
    for (let i = 0; i < inner; i++) {
      for (let at = 0; at < area; at++) {
        reordered[depthwise ? at * out + o : (at * inner + i) * out + o] = values[(o * inner + i) * area + at]!;
      }
    }
  }
  return { values: reordered, shape: depthwise ? [height, width, channelsIn, out / channelsIn] : [height, width, inner, out] };
}

/** TensorFlow's SAME: out = ceil(in / stride), the odd row or column of padding at the bottom or right. */
function isSame(size: number, [before, after]: readonly [number, number], { kernel, stride, dilation }: { kernel: number; stride: number; dilation: number }): boolean {
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + dilation * (kernel - 1) + 1 - size);
  return before === Math.floor(total / 2) && after === total - Math.floor(total / 2);
}

function conv(preparation: Preparation): Step {
  const { tf, node, keep } = preparation;
  const weights = constantInput(preparation, 1);
  if (weights.dims.length !== 4) throw unsupported(node, 'is no convolution of pictures');
  if (attribute(preparation, 'auto_pad')?.s !== undefined) throw unsupported(node, 'leaves the padding to the engine');
  const [out, inner, kernelY, kernelX] = weights.dims as readonly [number, number, number, number];
  const group = attribute(preparation, 'group')?.i ?? 1;
  const depthwise = group > 1;
  if (depthwise && inner !== 1) throw unsupported(node, `has ${group} groups of ${inner} channels`);
  const { values, shape } = filterOf(weights, inner * group, depthwise);
  const filter = keep(values, shape);
  const bias = preparation.constants[2] === undefined ? undefined : keep(preparation.constants[2].values, [out]);
  const [strideY = 1, strideX = 1] = ints(preparation, 'strides', [1, 1]);
  const [dilationY = 1, dilationX = 1] = ints(preparation, 'dilations', [1, 1]);
  const [top = 0, left = 0, bottom = 0, right = 0] = ints(preparation, 'pads', [0, 0, 0, 0]);
  const convolve = depthwise ? tf.depthwiseConv2d : tf.conv2d;
  return ([input]) => {
    let x = required(input, 'the picture');
    const [, height = 0, width = 0] = x.shape;
    const same =
      isSame(height, [top, bottom], { kernel: kernelY, stride: strideY, dilation: dilationY }) &&
      isSame(width, [left, right], { kernel: kernelX, stride: strideX, dilation: dilationX });
    if (!same && top + left + bottom + right > 0) x = tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]]);
    const y = convolve(x, filter, [strideY, strideX], same ? 'same' : 'valid', 'NHWC', [dilationY, dilationX]);
    return bias === undefined ? y : tf.add(y, bias);
  };
}

function maxPool(preparation: Preparation): Step {
  const { tf, node } = preparation;
  const [kernelY = 1, kernelX = 1] = ints(preparation, 'kernel_shape', [1, 1]);
  const [strideY = 1, strideX = 1] = ints(preparation, 'strides', [1, 1]);
  const [top = 0, left = 0, bottom = 0, right = 0] = ints(preparation, 'pads', [0, 0, 0, 0]);
  return ([input]) => {
    const x = required(input, 'the picture');
    const [, height = 0, width = 0] = x.shape;
    const same =
      isSame(height, [top, bottom], { kernel: kernelY, stride: strideY, dilation: 1 }) && isSame(width, [left, right], { kernel: kernelX, stride: strideX, dilation: 1 });
    if (!same && top + left + bottom + right > 0) throw unsupported(node, 'has a padding of its own');
    return tf.maxPool(x, [kernelY, kernelX], [strideY, strideX], same ? 'same' : 'valid');
  };
}

function clip(preparation: Preparation): Step {
  const { tf, constants, keep } = preparation;
  // Up to opset 10 the limits are attributes, from 11 on inputs.
  const limit = (index: number, name: string): Tensor | undefined => {
    const value = constants[index]?.values[0] ?? attribute(preparation, name)?.f;
    return value === undefined ? undefined : keep(Float32Array.of(value), []);
  };
  const [low, high] = [limit(1, 'min'), limit(2, 'max')];
  return ([input]) => {
    let x = required(input, 'the input');
    if (low !== undefined) x = tf.maximum(x, low);
    if (high !== undefined) x = tf.minimum(x, high);
    return x;
  };
}

function gemm(preparation: Preparation): Step {
  const { tf, node } = preparation;
  const flag = (name: string): boolean => (attribute(preparation, name)?.i ?? 0) !== 0;
  const factor = (name: string): number => attribute(preparation, name)?.f ?? 1;
  if (factor('alpha') !== 1 || factor('beta') !== 1) throw unsupported(node, 'has factors other than 1');
  return ([a, b, c]) => {
    const product = tf.matMul(required(a, 'the input'), required(b, 'the weights'), flag('transA'), flag('transB'));
    return c === undefined ? product : tf.add(product, c);
  };
}

function layerNormalization(preparation: Preparation): Step {
  const { tf, node, keep } = preparation;
  if ((attribute(preparation, 'axis')?.i ?? -1) !== -1) throw unsupported(node, 'normalises more than the last dimension');
  const epsilon = keep(Float32Array.of(attribute(preparation, 'epsilon')?.f ?? 1e-5), []);
  return ([input, scale, bias]) => {
    const x = required(input, 'the input');
    if (x.shape.length !== 2) throw unsupported(node, 'normalises something else than a list of rows');
    const centred = tf.sub(x, tf.mean(x, [1], true));
    const variance = tf.mean(tf.mul(centred, centred), [1], true);
    const y = tf.mul(tf.div(centred, tf.sqrt(tf.add(variance, epsilon))), required(scale, 'the scale'));
    return bias === undefined ? y : tf.add(y, bias);
  };
}

function flatten(preparation: Preparation): Step {
  const { tf } = preparation;
  const axis = attribute(preparation, 'axis')?.i ?? 1;
  return ([input]) => {
    const x = inOnnxOrder(tf, required(input, 'the input'));
    const rows = x.shape.slice(0, axis).reduce((product, size) => product * size, 1);
    return tf.reshape(x, [rows, x.size / rows]);
  };
}

function reshape(preparation: Preparation): Step {
  const { tf, node } = preparation;
  const sizes = [...constantInput(preparation, 1).values];
  if (sizes.length === 4) throw unsupported(node, 'makes a picture out of something else');
  return ([input]) => {
    const x = inOnnxOrder(tf, required(input, 'the input'));
    return tf.reshape(x, sizes.map((size, index) => (size === 0 ? (x.shape[index] ?? 1) : size)));
  };
}

type Prepare = (preparation: Preparation) => Step;

const unary =
  (apply: (tf: TensorFlow, x: Tensor) => Tensor): Prepare =>
  ({ tf }) =>
  ([x]) =>
    apply(tf, required(x, 'the input'));

const binary =
  (name: 'add' | 'sub' | 'mul' | 'div'): Prepare =>
  ({ tf, node }) =>
  ([left, right]) => {
    const [a, b] = [required(left, 'the first input'), required(right, 'the second input')];
    // ONNX lines shapes up at their ends, where a picture has its width there and its channels here.
    const [low, high] = a.shape.length < b.shape.length ? [a, b] : [b, a];
    if (high.shape.length === 4 && low.shape.length < 4 && low.size > 1) throw unsupported(node, 'combines a picture with a list');
    return tf[name](a, b);
  };

/** Every ONNX operator that is known, by its name. */
export const OPERATORS: Readonly<Record<string, Prepare>> = {
  Add: binary('add'),
  Cast: unary((_tf, x) => x),
  Clip: clip,
  Conv: conv,
  Div: binary('div'),
  Flatten: flatten,
  Gemm: gemm,
  GlobalAveragePool: unary((tf, x) => tf.mean(x, [1, 2], true)),
  Identity: unary((_tf, x) => x),
  LayerNormalization: layerNormalization,
  MaxPool: maxPool,
  MatMul: ({ tf }) => ([a, b]) => tf.matMul(required(a, 'the first input'), required(b, 'the second input'), false, false),
  Mul: binary('mul'),
  Relu: unary((tf, x) => tf.relu(x)),
  Reshape: reshape,
  Softmax: unary((tf, x) => tf.softmax(x, -1)),
  Sqrt: unary((tf, x) => tf.sqrt(x)),
  Sub: binary('sub'),
};
