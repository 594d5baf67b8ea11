import { ELEMENT, encodeModel, floatAttribute, floatTensor, floatValueInfo, intAttribute, intsAttribute, type AttributeProto, type NodeProto, type TensorProto } from '../../classify/onnx/model-proto.ts';
import { EmagentError } from '../../contract/errors.ts';
import type { Layer, StoredWeights as Weights, SymbolicTensor } from './network.ts';
import type * as tfjs from '@tensorflow/tfjs';

interface Context {
  readonly nodes: NodeProto[];
  readonly initializers: TensorProto[];
}

/** A layer as it is applied once: its inputs and outputs are symbolic tensors of [n, height, width, channels]. */
export interface Applied {
  readonly layer: Layer;
  readonly inputs: readonly SymbolicTensor[];
  readonly output: SymbolicTensor;
}

type Config = Readonly<Record<string, unknown>>;

const weightsOf = (layer: Layer): Weights[] => layer.getWeights().map((tensor) => ({ shape: tensor.shape, values: tensor.dataSync() as Float32Array }));

/** Layers in an order in which they can be computed, from the outputs back. */
export function appliedLayers(outputs: readonly SymbolicTensor[]): Applied[] {
  const seen = new Set<number>();
  const order: Applied[] = [];
  const visit = (tensor: SymbolicTensor): void => {
    if (seen.has(tensor.id)) return;
    seen.add(tensor.id);
    const layer = tensor.sourceLayer;
    const inputs = (layer.inboundNodes[tensor.nodeIndex] as unknown as { inputTensors: SymbolicTensor[] }).inputTensors;
    for (const input of inputs) if (input.id !== tensor.id) visit(input);
    order.push({ layer, inputs: inputs.filter((input) => input.id !== tensor.id), output: tensor });
  };
  outputs.forEach(visit);
  return order;
}

const pair = (value: unknown): [number, number] => (Array.isArray(value) ? [Number(value[0]), Number(value[1])] : [Number(value), Number(value)]);

/** Padding of TensorFlow's SAME: [top, left, bottom, right]; nothing for VALID. */
function padsOf(padding: unknown, [, height, width]: readonly (number | null)[], { kernel, strides }: { kernel: readonly [number, number]; strides: readonly [number, number] }): number[] {
  if (padding !== 'same') return [0, 0, 0, 0];
  const total = [height, width].map((size, axis) => Math.max(0, (Math.ceil(size! / strides[axis]!) - 1) * strides[axis]! + kernel[axis]! - size!));
  return [Math.floor(total[0]! / 2), Math.floor(total[1]! / 2), Math.ceil(total[0]! / 2), Math.ceil(total[1]! / 2)];
}

/** [height, width, in, out] as [out, in, height, width]; of a depthwise kernel [height, width, in, m] as [in * m, 1, height, width]. */
function onnxKernel({ shape, values }: Weights, depthwise: boolean): { dims: number[]; values: Float32Array } {
  const [height, width, inner, out] = shape as readonly [number, number, number, number];
  const area = height * width;
  const turned = new Float32Array(values.length);
  for (let at = 0; at < area; at++) {
    for (let i = 0; i < inner; i++) {
      for (let o = 0; o < out; o++) turned[(depthwise ? i * out + o : o * inner + i) * area + at] = values[(at * inner + i) * out + o]!;
    }
  }
  return { dims: depthwise ? [inner * out, 1, height, width] : [out, inner, height, width], values: turned };
}

/** y = scale x + shift for each channel of a batch normalisation. */
function affineOf(layer: Layer): { scale: Float32Array; shift: Float32Array } {
  const [gamma, beta, mean, variance] = weightsOf(layer) as [Weights, Weights, Weights, Weights];
  const epsilon = (layer.getConfig() as Config)['epsilon'] as number;
  const scale = gamma.values.map((value, index) => value / Math.sqrt(variance.values[index]! + epsilon));
  return { scale, shift: beta.values.map((value, index) => value - mean.values[index]! * scale[index]!) };
}

function scaled(kernel: { dims: number[]; values: Float32Array }, scale: Float32Array): Float32Array {
  const perOutput = kernel.values.length / kernel.dims[0]!;
  return kernel.values.map((value, index) => value * scale[Math.floor(index / perOutput)]!);
}

/** Rows of a dense layer behind a flattened picture, from the order (y, x, channel) to (channel, y, x). */
function denseRows({ values, shape: [rows = 0, columns = 0] }: Weights, [, height, width, channels]: readonly (number | null)[]): Float32Array {
  const turned = new Float32Array(values.length);
  const area = height! * width!;
  for (let row = 0; row < rows; row++) {
    const to = (row % channels!) * area + Math.floor(row / channels!);
    turned.set(values.subarray(row * columns, (row + 1) * columns), to * columns);
  }
  return turned;
}

interface Writer extends Context {
  /** Of kernels (see `isKeptInHalf`). */
  readonly bits: 16 | 32;
  readonly names: Map<number, string>;
  /** The batch normalisation that alone uses a tensor, by the tensor's id: folded into what makes the tensor. */
  readonly folded: ReadonlyMap<number, Applied>;
}

const nameOf = ({ names }: Writer, tensor: SymbolicTensor): string => names.get(tensor.id)!;

function constant({ initializers }: Context, name: string, { dims, values }: { dims: readonly number[]; values: ArrayLike<number> }): string {
  initializers.push(floatTensor(name, { dims }, values));
  return name;
}

/** Whether a layer's kernels may be stored in 16 bit; the last linear layer is small, and what it says is compared. */
export const isKeptInHalf = (layer: Layer): boolean => !layer.name.endsWith('logits') && (layer.getClassName().endsWith('Conv2D') || layer.getClassName() === 'Dense');

/** A kernel; in 16 bit it is cast when the file is loaded, so that the arithmetic is in 32 bit. */
function kernelConstant(writer: Writer, layer: Layer, { name, dims, values }: { name: string; dims: readonly number[]; values: ArrayLike<number> }): string {
  if (writer.bits === 32 || !isKeptInHalf(layer)) return constant(writer, name, { dims, values });
  writer.initializers.push(floatTensor(`${name}/half`, { dims, bits: 16 }, values));
  writer.nodes.push({ name: `${name}/cast`, opType: 'Cast', input: [`${name}/half`], output: [name], attribute: [intAttribute('to', ELEMENT.float32)] });
  return name;
}

function writeConv(writer: Writer, { layer, inputs: [input], output }: Applied, name: string): void {
  const config = layer.getConfig() as Config;
  const kind = layer.getClassName();
  const weights = weightsOf(layer);
  const [kernel, strides] = [pair(config['kernelSize']), pair(config['strides'])];
  if (pair(config['dilationRate'] ?? 1).some((rate) => rate !== 1)) throw unsupported(layer, 'is dilated');
  const normalisation = writer.folded.get(output.id);
  const affine = normalisation === undefined ? undefined : affineOf(normalisation.layer);
  const bias = config['useBias'] === true ? weights.at(-1)!.values : undefined;
  const pads = padsOf(config['padding'], input!.shape, { kernel, strides });
  const attributes = (group: number, area: readonly [number, number]): AttributeProto[] => [
    intAttribute('group', group),
    intsAttribute('kernel_shape', area),
    intsAttribute('strides', group === 1 && kind === 'SeparableConv2D' ? [1, 1] : strides),
    intsAttribute('pads', group === 1 && kind === 'SeparableConv2D' ? [0, 0, 0, 0] : pads),
  ];
  let from = nameOf(writer, input!);
  let main = weights[0]!;
  const depthwise = kind === 'DepthwiseConv2D';
  if (kind === 'SeparableConv2D') {
    const deep = onnxKernel(main, true);
    writer.nodes.push({ name: `${layer.name}/depthwise`, opType: 'Conv', input: [from, kernelConstant(writer, layer, { name: `${layer.name}/depthwise_kernel`, ...deep })], output: [`${name}/depthwise`], attribute: attributes(main.shape[2]!, kernel) });
    from = `${name}/depthwise`;
    main = weights[1]!;
  }
  const turned = onnxKernel(main, depthwise);
  const input2 = [from, kernelConstant(writer, layer, { name: `${layer.name}/kernel`, dims: turned.dims, values: affine === undefined ? turned.values : scaled(turned, affine.scale) })];
  if (affine !== undefined || bias !== undefined) {
    const values = Float32Array.from({ length: turned.dims[0]! }, (_, index) => (bias?.[index] ?? 0) * (affine?.scale[index] ?? 1) + (affine?.shift[index] ?? 0));
    input2.push(constant(writer, `${layer.name}/bias`, { dims: [values.length], values }));
  }
  const group = depthwise ? main.shape[2]! : 1;
  writer.nodes.push({ name: layer.name, opType: 'Conv', input: input2, output: [`${name}${activationSuffix(config)}`], attribute: attributes(group, kind === 'SeparableConv2D' ? [1, 1] : kernel) });
  writeActivation(writer, config['activation'], name);
}

const activationSuffix = (config: Config): string => (hasActivation(config['activation']) ? '/linear' : '');
const hasActivation = (activation: unknown): boolean => activation !== undefined && activation !== null && activation !== 'linear';

/** The activation that a layer brings with it, behind it. */
function writeActivation({ nodes }: Context, activation: unknown, name: string): void {
  if (!hasActivation(activation)) return;
  if (activation !== 'relu') throw new EmagentError('EM_INTERNAL', `The activation ${String(activation)} cannot be written as ONNX.`);
  nodes.push({ name: `${name}/relu`, opType: 'Relu', input: [`${name}/linear`], output: [name] });
}

function unsupported(layer: Layer, why: string): EmagentError {
  return new EmagentError('EM_INTERNAL', `The layer ${layer.name} (${layer.getClassName()}) cannot be written as ONNX: it ${why}.`);
}

function writeDense(writer: Writer, { layer, inputs: [input] }: Applied, name: string): void {
  const config = layer.getConfig() as Config;
  const [kernel, bias] = weightsOf(layer) as [Weights, Weights | undefined];
  const flattened = input!.sourceLayer.getClassName() === 'Flatten' ? (input!.sourceLayer.inboundNodes[input!.nodeIndex] as unknown as { inputTensors: SymbolicTensor[] }).inputTensors[0]!.shape : undefined;
  const values = flattened?.length === 4 ? denseRows(kernel, flattened) : kernel.values;
  const from = [nameOf(writer, input!), kernelConstant(writer, layer, { name: `${layer.name}/kernel`, dims: kernel.shape, values })];
  if (bias !== undefined) from.push(constant(writer, `${layer.name}/bias`, { dims: bias.shape, values: bias.values }));
  writer.nodes.push({ name: layer.name, opType: 'Gemm', input: from, output: [`${name}${activationSuffix(config)}`] });
  writeActivation(writer, config['activation'], name);
}

function writePool(writer: Writer, { layer, inputs: [input] }: Applied, name: string): void {
  const config = layer.getConfig() as Config;
  const [kernel, strides] = [pair(config['poolSize']), pair(config['strides'])];
  const pads = padsOf(config['padding'], input!.shape, { kernel, strides });
  writer.nodes.push({ name: layer.name, opType: 'MaxPool', input: [nameOf(writer, input!)], output: [name], attribute: [intsAttribute('kernel_shape', kernel), intsAttribute('strides', strides), intsAttribute('pads', pads)] });
}

type Write = (writer: Writer, applied: Applied, name: string) => void;

const simple =
  (opType: string, attribute?: AttributeProto[]): Write =>
  (writer, { layer, inputs }, name) =>
    writer.nodes.push({ name: layer.name, opType, input: inputs.map((input) => nameOf(writer, input)), output: [name], ...(attribute !== undefined && { attribute }) });

const WRITERS: Readonly<Record<string, Write>> = {
  InputLayer: () => undefined,
  Conv2D: writeConv,
  DepthwiseConv2D: writeConv,
  SeparableConv2D: writeConv,
  Dense: writeDense,
  MaxPooling2D: writePool,
  Flatten: simple('Flatten', [intAttribute('axis', 1)]),
  Add: simple('Add'),
  Dropout: simple('Identity'),
  Activation: (writer, applied, name) => simple((applied.layer.getConfig() as Config)['activation'] === 'relu' ? 'Relu' : 'Identity')(writer, applied, name),
  ReLU: (writer, applied, name) => {
    const limit = (applied.layer.getConfig() as Config)['maxValue'];
    if (limit === undefined || limit === null) return simple('Relu')(writer, applied, name);
    const limits = ['low', 'high'].map((end) => constant(writer, `${applied.layer.name}/${end}`, { dims: [], values: [end === 'low' ? 0 : Number(limit)] }));
    writer.nodes.push({ name: applied.layer.name, opType: 'Clip', input: [nameOf(writer, applied.inputs[0]!), ...limits], output: [name] });
    return undefined;
  },
  GlobalAveragePooling2D: (writer, { layer, inputs: [input] }, name) => {
    writer.nodes.push({ name: `${layer.name}/mean`, opType: 'GlobalAveragePool', input: [nameOf(writer, input!)], output: [`${name}/mean`] });
    writer.nodes.push({ name: layer.name, opType: 'Flatten', input: [`${name}/mean`], output: [name], attribute: [intAttribute('axis', 1)] });
  },
  BatchNormalization: (writer, { layer, inputs: [input] }, name) => {
    const [gamma, beta, mean, variance] = weightsOf(layer) as [Weights, Weights, Weights, Weights];
    const parts = Object.entries({ gamma, beta, mean, variance }).map(([part, { shape, values }]) => constant(writer, `${layer.name}/${part}`, { dims: shape, values }));
    const epsilon = floatAttribute('epsilon', (layer.getConfig() as Config)['epsilon'] as number);
    writer.nodes.push({ name: layer.name, opType: 'BatchNormalization', input: [nameOf(writer, input!), ...parts], output: [name], attribute: [epsilon] });
  },
};

/** By the id of a convolution's output: the batch normalisation that alone uses it, and can be folded into its kernel. */
export function foldedNormalisations({ outputs }: tfjs.LayersModel, order: readonly Applied[]): Map<number, Applied> {
  const users = new Map<number, Applied[]>();
  for (const applied of order) for (const input of applied.inputs) users.set(input.id, [...(users.get(input.id) ?? []), applied]);
  const folded = new Map<number, Applied>();
  for (const { layer, output } of order) {
    const [only, ...others] = users.get(output.id) ?? [];
    const linear = !hasActivation((layer.getConfig() as Config)['activation']);
    if (layer.getClassName().endsWith('Conv2D') && linear && others.length === 0 && only?.layer.getClassName() === 'BatchNormalization' && !outputs.includes(output)) folded.set(output.id, only);
  }
  return folded;
}

/**
 * The bytes of an ONNX file (opset 17) with the weights of a tfjs model: the input [n, height, width, channels] becomes
 * [n, channels, height, width], the outputs of pictures too; batch normalisation is folded into the convolution before it. `outputNames` are given to
 * the outputs in their order. With 16 bits, kernels are rounded (see settleInHalf). Throws EM_INTERNAL for a layer that is not known here.
 */
export function exportOnnx(model: tfjs.LayersModel, outputNames: readonly string[], { bits = 32 }: { readonly bits?: 16 | 32 } = {}): Uint8Array {
  const outputs = model.outputs;
  const order = appliedLayers(outputs);
  const folded = foldedNormalisations(model, order);
  const writer: Writer = { nodes: [], initializers: [], names: new Map(), folded, bits };
  const input = model.inputs[0]!;
  const foldedLayers = new Set([...folded.values()].map(({ output }) => output.id));
  for (const applied of order) {
    const { layer, output } = applied;
    const asOutput = outputs.indexOf(output);
    const name = asOutput >= 0 ? outputNames[asOutput]! : output === input ? 'input' : layer.name;
    if (foldedLayers.has(output.id)) continue;
    const normalisation = folded.get(output.id);
    const write = WRITERS[layer.getClassName()];
    if (write === undefined) throw unsupported(layer, 'is of a kind that is not known');
    const target = normalisation === undefined ? output : normalisation.output;
    const targetAsOutput = outputs.indexOf(target);
    const written = normalisation === undefined ? name : targetAsOutput >= 0 ? outputNames[targetAsOutput]! : normalisation.layer.name;
    writer.names.set(target.id, written);
    write(writer, applied, written);
  }
  const picture = ([, height, width, channels]: readonly (number | null)[]): (number | string)[] => ['n', channels ?? 'c', height ?? 'h', width ?? 'w'];
  return encodeModel({
    irVersion: 8,
    producerName: 'emagent',
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: 'network',
      node: writer.nodes,
      initializer: writer.initializers,
      input: [floatValueInfo('input', picture(input.shape))],
      output: outputs.map((output, index) => floatValueInfo(outputNames[index]!, output.shape.length === 4 ? picture(output.shape) : ['n', ...output.shape.slice(1).map((size) => size ?? 'm')])),
    },
  });
}
