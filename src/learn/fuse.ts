import protobuf from 'protobufjs';
import { EmagentError } from '../contract/errors.ts';
import type { LinearHead } from './logistic.ts';

/**
 * Field numbers of the ONNX schema (onnx.proto3) that are touched here. Everything else in the file is kept byte for byte.
 */
const MODEL = { graph: 7 } as const;
const GRAPH = { node: 1, initializer: 5, output: 12 } as const;
const NODE = { input: 1, output: 2, name: 3, opType: 4, attribute: 5 } as const;
const ATTRIBUTE = { name: 1, i: 3, type: 20 } as const;
const TENSOR = { dims: 1, dataType: 2, name: 8, rawData: 9 } as const;
const VALUE_INFO = { name: 1, type: 2 } as const;
const FLOAT = 1;
const INT = 2;
/** Wire type of strings, bytes and messages. */
const LENGTH_DELIMITED = 2;

/** All that belongs to the head carries this prefix, so that the next head can take its place. */
const HEAD = 'head/';
export const LOGITS = 'logits';

interface Field {
  readonly number: number;
  /** The field with its tag, as it stands in the file. */
  readonly raw: Uint8Array;
  /** Content of a length-delimited field. */
  readonly content?: Uint8Array;
}

function fieldsOf(bytes: Uint8Array): Field[] {
  const reader = protobuf.Reader.create(bytes);
  const fields: Field[] = [];
  while (reader.pos < reader.len) {
    const from = reader.pos;
    const tag = reader.uint32();
    const wireType = tag & 7;
    const content = wireType === LENGTH_DELIMITED ? reader.bytes() : undefined;
    if (content === undefined) reader.skipType(wireType);
    fields.push({ number: tag >>> 3, raw: bytes.subarray(from, reader.pos), ...(content !== undefined && { content }) });
  }
  return fields;
}

const message = (write: (writer: protobuf.Writer) => void): Uint8Array => {
  const writer = protobuf.Writer.create();
  write(writer);
  return writer.finish();
};
const tag = (field: number, wireType = LENGTH_DELIMITED): number => (field << 3) | wireType;
const delimited = (field: number, content: Uint8Array): Uint8Array => message((writer) => writer.uint32(tag(field)).bytes(content));

function textField(bytes: Uint8Array, number: number): string {
  const field = fieldsOf(bytes).find((candidate) => candidate.number === number);
  return field?.content === undefined ? '' : new TextDecoder().decode(field.content);
}

const tensor = (name: string, dims: readonly number[], values: Float32Array): Uint8Array =>
  message((writer) => {
    for (const dim of dims) writer.uint32(tag(TENSOR.dims, 0)).int64(dim);
    writer.uint32(tag(TENSOR.dataType, 0)).int32(FLOAT);
    writer.uint32(tag(TENSOR.name)).string(name);
    writer.uint32(tag(TENSOR.rawData)).bytes(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  });

/** logits = embedding x weights^T + bias. */
const gemm = (embedding: string): Uint8Array =>
  message((writer) => {
    for (const input of [embedding, `${HEAD}weights`, `${HEAD}bias`]) writer.uint32(tag(NODE.input)).string(input);
    writer.uint32(tag(NODE.output)).string(LOGITS);
    writer.uint32(tag(NODE.name)).string(`${HEAD}gemm`);
    writer.uint32(tag(NODE.opType)).string('Gemm');
    const transposed = message((attribute) => {
      attribute.uint32(tag(ATTRIBUTE.name)).string('transB');
      attribute.uint32(tag(ATTRIBUTE.i, 0)).int64(1);
      attribute.uint32(tag(ATTRIBUTE.type, 0)).int32(INT);
    });
    writer.uint32(tag(NODE.attribute)).bytes(transposed);
  });

/** A float tensor [n, classes], the batch without a fixed size. */
const logitsInfo = (classes: number): Uint8Array => {
  const batch = message((dim) => dim.uint32(tag(2)).string('n'));
  const width = message((dim) => dim.uint32(tag(1, 0)).int64(classes));
  const shape = message((writer) => writer.uint32(tag(1)).bytes(batch).uint32(tag(1)).bytes(width));
  const tensorType = message((writer) => writer.uint32(tag(1, 0)).int32(FLOAT).uint32(tag(2)).bytes(shape));
  const type = message((writer) => writer.uint32(tag(1)).bytes(tensorType));
  return message((writer) => writer.uint32(tag(VALUE_INFO.name)).string(LOGITS).uint32(tag(VALUE_INFO.type)).bytes(type));
};

function join(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/**
 * Puts a linear head (32 bit) behind a network's embedding, in place of the head it may have: the file then has the outputs
 * `embedding` and `logits`. Throws EM_MODEL when the bytes are no ONNX file.
 */
export function fuseHead(network: Uint8Array, head: LinearHead, embeddingName: string): Uint8Array {
  const isOldHead = ({ number, content }: Field): boolean => {
    if (content === undefined) return false;
    if (number === GRAPH.node) return textField(content, NODE.name).startsWith(HEAD);
    if (number === GRAPH.initializer) return textField(content, TENSOR.name).startsWith(HEAD);
    return number === GRAPH.output && textField(content, VALUE_INFO.name) === LOGITS;
  };
  let fields: Field[];
  try {
    fields = fieldsOf(network);
  } catch (cause) {
    throw new EmagentError('EM_MODEL', 'The base network is no ONNX file.', { cause });
  }
  const graph = fields.find(({ number }) => number === MODEL.graph)?.content;
  if (graph === undefined) throw new EmagentError('EM_MODEL', 'The base network is no ONNX file: it has no graph.');
  const fused = join([
    ...fieldsOf(graph)
      .filter((field) => !isOldHead(field))
      .map(({ raw }) => raw),
    delimited(GRAPH.node, gemm(embeddingName)),
    delimited(GRAPH.initializer, tensor(`${HEAD}weights`, [head.classes, head.columns], Float32Array.from(head.weights))),
    delimited(GRAPH.initializer, tensor(`${HEAD}bias`, [head.classes], Float32Array.from(head.bias))),
    delimited(GRAPH.output, logitsInfo(head.classes)),
  ]);
  return join(fields.map(({ number, raw }) => (number === MODEL.graph ? delimited(MODEL.graph, fused) : raw)));
}
