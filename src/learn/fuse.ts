import { decodeModel, ELEMENT, encodeModel, floatAttribute, floatTensor, floatValueInfo, intAttribute, type NodeProto, type TensorProto } from '../classify/onnx/model-proto.ts';
import { differenceOf, NORM_EPSILON, type Head } from './gate.ts';
import type { LinearHead } from './logistic.ts';
import { affineOf } from './standardiser.ts';

/** All that belongs to the head carries this prefix, so that the next head can take its place (the backbone calls its own last layer `head`). */
const HEAD = 'linear-head/';
export const LOGITS = 'logits';

/** A head that works on the embedding, or on the square roots of its values (negative ones count as 0). */
export interface FusedHead extends Head {
  readonly ofSquareRoots?: boolean;
}

const gemm = (name: string, input: string, output: string): NodeProto =>
  // input x weights^T + bias
  ({ name: `${HEAD}${name}gemm`, opType: 'Gemm', input: [input, `${HEAD}${name}weights`, `${HEAD}${name}bias`], output: [output], attribute: [intAttribute('transB', 1)] });

const tensorsOf = (name: string, { classes, columns, weights, bias }: LinearHead): TensorProto[] => [
  floatTensor(`${HEAD}${name}weights`, { dims: [classes, columns] }, weights),
  floatTensor(`${HEAD}${name}bias`, { dims: [classes] }, bias),
];

/** logits = head(x) + open (near(x) - head(x)), see Head; the keys are kept in 16 bit. */
function gated(head: LinearHead, { head: near, gate }: NonNullable<Head['near']>, features: string): { nodes: NodeProto[]; tensors: TensorProto[] } {
  const at = (name: string): string => `${HEAD}${name}`;
  const { keys } = gate;
  const { scale, shift } = affineOf(gate.standardiser);
  return {
    nodes: [
      { name: at('keys/cast'), opType: 'Cast', input: [at('keys/half')], output: [at('keys/weights')], attribute: [intAttribute('to', ELEMENT.float32)] },
      { name: at('scaled/mul'), opType: 'Mul', input: [features, at('scale')], output: [at('scaled')] },
      { name: at('scaled/add'), opType: 'Add', input: [at('scaled'), at('shift')], output: [at('standardised')] },
      { name: at('normalised/norm'), opType: 'LayerNormalization', input: [at('standardised'), at('norm-scale')], output: [at('normalised')], attribute: [intAttribute('axis', -1), floatAttribute('epsilon', NORM_EPSILON)] },
      gemm('keys/', at('normalised'), at('keys/out')),
      { name: at('keys/relu'), opType: 'Relu', input: [at('keys/out')], output: [at('keys/near')] },
      { name: at('keys/sum'), opType: 'MatMul', input: [at('keys/near'), at('ones')], output: [at('keys/total')] },
      { name: at('keys/clip'), opType: 'Clip', input: [at('keys/total'), at('zero'), at('one')], output: [at('open')] },
      gemm('step/', features, at('step/out')),
      { name: at('step/mul'), opType: 'Mul', input: [at('step/out'), at('open')], output: [at('step')] },
      gemm('', features, at('far')),
      { name: at('add'), opType: 'Add', input: [at('far'), at('step')], output: [LOGITS] },
    ],
    tensors: [
      floatTensor(at('keys/half'), { dims: [keys.classes, keys.columns], bits: 16 }, keys.weights),
      floatTensor(at('keys/bias'), { dims: [keys.classes] }, keys.bias),
      floatTensor(at('scale'), { dims: [keys.columns] }, scale),
      floatTensor(at('shift'), { dims: [keys.columns] }, shift),
      floatTensor(at('norm-scale'), { dims: [keys.columns] }, new Float32Array(keys.columns).fill(1)),
      floatTensor(at('ones'), { dims: [keys.classes, 1] }, new Float32Array(keys.classes).fill(1)),
      floatTensor(at('zero'), { dims: [] }, [0]),
      floatTensor(at('one'), { dims: [] }, [1]),
      ...tensorsOf('step/', differenceOf(near, head)),
      ...tensorsOf('', head),
    ],
  };
}

/**
 * Puts a head (32 bit) behind a network's embedding, in place of the head it may have: the file then has the outputs
 * `embedding` and `logits`. Throws EM_MODEL when the bytes are no ONNX file.
 */
export function fuseHead(network: Uint8Array, head: FusedHead, embeddingName: string): Uint8Array {
  const model = decodeModel(network);
  const { graph } = model;
  const features = head.ofSquareRoots === true ? `${HEAD}root` : embeddingName;
  // A trained network's own last layer has no prefix: it is known by what it gives.
  const isHeadNode = ({ name, output }: NodeProto): boolean => name?.startsWith(HEAD) === true || output.includes(LOGITS);
  const kept = graph.node.filter((node) => !isHeadNode(node));
  const { nodes, tensors } = head.near === undefined ? { nodes: [gemm('', features, LOGITS)], tensors: tensorsOf('', head) } : gated(head, head.near, features);
  const used = new Set(kept.flatMap(({ input }) => input));
  return encodeModel({
    ...model,
    graph: {
      ...graph,
      node: [
        ...kept,
        ...(head.ofSquareRoots === true
          ? [
              { name: `${HEAD}relu`, opType: 'Relu', input: [embeddingName], output: [`${HEAD}positive`] },
              { name: `${HEAD}sqrt`, opType: 'Sqrt', input: [`${HEAD}positive`], output: [features] },
            ]
          : []),
        ...nodes,
      ],
      initializer: [
        ...graph.initializer.filter(({ name }) => used.has(name ?? '')),
        ...tensors,
      ],
      output: [...graph.output.filter(({ name }) => name !== LOGITS), floatValueInfo(LOGITS, ['n', head.classes])],
    },
  });
}
