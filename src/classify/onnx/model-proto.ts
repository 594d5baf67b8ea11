import { EmagentError } from '../../contract/errors.ts';
import { modelType } from './schema.ts';

/** Element types of ONNX that are known here. */
export const ELEMENT = { float32: 1, int32: 6, int64: 7, float16: 10 } as const;

/** Kinds of ONNX attributes. */
export const ATTRIBUTE = { float: 1, int: 2, string: 3, tensor: 4, floats: 6, ints: 7, strings: 8 } as const;

/** An ONNX file as objects: names as in onnx.proto, in camel case. int64 are numbers. */
export interface ModelProto {
  irVersion: number;
  producerName?: string;
  producerVersion?: string;
  docString?: string;
  opsetImport: { domain?: string; version: number }[];
  metadataProps?: { key: string; value: string }[];
  graph: GraphProto;
}

export interface GraphProto {
  name?: string;
  docString?: string;
  /** In an order in which they can be computed. */
  node: NodeProto[];
  initializer: TensorProto[];
  input: ValueInfoProto[];
  output: ValueInfoProto[];
  valueInfo?: ValueInfoProto[];
}

export interface NodeProto {
  name?: string;
  opType: string;
  domain?: string;
  /** An empty name is an optional input that is left out. */
  input: string[];
  output: string[];
  attribute?: AttributeProto[];
}

export interface AttributeProto {
  name: string;
  type: number;
  f?: number;
  i?: number;
  s?: Uint8Array;
  t?: TensorProto;
  floats?: number[];
  ints?: number[];
  strings?: Uint8Array[];
}

export interface TensorProto {
  name?: string;
  dims: number[];
  dataType: number;
  /** Little endian. */
  rawData?: Uint8Array;
  floatData?: number[];
  int32Data?: number[];
  int64Data?: number[];
}

export interface ValueInfoProto {
  name: string;
  type?: { tensorType?: { elemType: number; shape?: { dim?: { dimValue?: number; dimParam?: string }[] } } };
}

/** Reads the bytes of an ONNX file. Throws EM_MODEL when they are none. */
export function decodeModel(bytes: Uint8Array): ModelProto {
  try {
    const model = modelType.toObject(modelType.decode(bytes), { longs: Number, arrays: true }) as ModelProto;
    if (model.graph === undefined || model.graph.node.length === 0) throw new Error('it holds no graph');
    return model;
  } catch (cause) {
    throw new EmagentError('EM_MODEL', `The weights are no ONNX model: ${(cause as Error).message}.`, { cause });
  }
}

/** The bytes of an ONNX file. The same objects give the same bytes. */
export function encodeModel(model: ModelProto): Uint8Array {
  const fault = modelType.verify(model as unknown as Record<string, unknown>);
  if (fault !== null) throw new EmagentError('EM_INTERNAL', `The ONNX model cannot be written: ${fault}.`);
  return modelType.encode(modelType.fromObject(model as unknown as Record<string, unknown>)).finish();
}

/** The value of a half-precision number (IEEE 754 binary16) given by its bits. */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** The bits of the half-precision number nearest to `value` (ties to even; too large becomes infinite). */
export function floatToHalf(value: number): number {
  single[0] = value;
  const bits = singleBits[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = Math.abs(single[0]!);
  if (Number.isNaN(value)) return sign | 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  // Below 2^-14 the spacing is that of the subnormal numbers; Math.round would break ties upwards.
  const exponent = magnitude < 2 ** -14 ? -14 : Math.floor(Math.log2(magnitude));
  const scaled = magnitude / 2 ** (exponent - 10);
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const units = rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
  // Carries of the fraction run over into the exponent by themselves.
  return sign | (magnitude < 2 ** -14 ? units : ((exponent + 15) << 10) + (units - 1024));
}

/** A copy of its own: a view into a file's bytes may begin anywhere (and `slice` of a Buffer copies nothing). */
function aligned(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

/** The values of a float32, float16, int32 or int64 tensor. Throws EM_MODEL for any other element type. */
export function tensorValues({ name, dataType, rawData, floatData, int32Data, int64Data }: TensorProto): Float32Array {
  const raw = rawData !== undefined && rawData.length > 0 ? aligned(rawData) : undefined;
  switch (dataType) {
    case ELEMENT.float32:
      return raw === undefined ? Float32Array.from(floatData ?? []) : new Float32Array(raw);
    case ELEMENT.float16:
      return Float32Array.from(raw === undefined ? (int32Data ?? []) : new Uint16Array(raw), halfToFloat);
    case ELEMENT.int32:
      return Float32Array.from(raw === undefined ? (int32Data ?? []) : new Int32Array(raw));
    case ELEMENT.int64:
      return raw === undefined ? Float32Array.from(int64Data ?? []) : Float32Array.from(new BigInt64Array(raw), Number);
    default:
      throw new EmagentError('EM_MODEL', `The tensor ${name ?? ''} of the ONNX model has the element type ${dataType}, which is not known here.`);
  }
}

/** A named constant in 32 or 16 bit, row-major. */
export function floatTensor(name: string, { dims, bits = 32 }: { dims: readonly number[]; bits?: 16 | 32 }, values: ArrayLike<number>): TensorProto {
  const stored = bits === 32 ? Float32Array.from(values) : Uint16Array.from(values, floatToHalf);
  return {
    name,
    dims: [...dims],
    dataType: bits === 32 ? ELEMENT.float32 : ELEMENT.float16,
    rawData: new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength),
  };
}

/** A named list of whole numbers, as Reshape and its like take them. */
export function intTensor(name: string, values: readonly number[]): TensorProto {
  return { name, dims: [values.length], dataType: ELEMENT.int64, rawData: new Uint8Array(BigInt64Array.from(values, BigInt).buffer) };
}

/** Declares a float32 input or output; a text is a dimension that is free. */
export function floatValueInfo(name: string, dims: readonly (number | string)[]): ValueInfoProto {
  const dim = dims.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: ELEMENT.float32, shape: { dim } } } };
}

export const floatAttribute = (name: string, f: number): AttributeProto => ({ name, type: ATTRIBUTE.float, f });
export const intAttribute = (name: string, i: number): AttributeProto => ({ name, type: ATTRIBUTE.int, i });
export const intsAttribute = (name: string, ints: readonly number[]): AttributeProto => ({ name, type: ATTRIBUTE.ints, ints: [...ints] });
