import { decodeModel, encodeModel, floatTensor, floatValueInfo, intAttribute, type NodeProto } from '../classify/onnx/model-proto.ts';
import type { LinearHead } from './logistic.ts';

/** All that belongs to the head carries this prefix, so that the next head can take its place (the backbone calls its own last layer `head`). */
const HEAD = 'linear-head/';
export const LOGITS = 'logits';

/** A head that works on the embedding, or on the square roots of its values (negative ones count as 0). */
export interface FusedHead extends LinearHead {
  readonly ofSquareRoots?: boolean;
}

/**
 * Puts a linear head (32 bit) behind a network's embedding, in place of the head it may have: the file then has the outputs
 * `embedding` and `logits`. Throws EM_MODEL when the bytes are no ONNX file.
 */
export function fuseHead(network: Uint8Array, head: FusedHead, embeddingName: string): Uint8Array {
  const model = decodeModel(network);
  const { graph } = model;
  const features = head.ofSquareRoots === true ? `${HEAD}root` : embeddingName;
  // A trained network's own last layer has no prefix: it is known by what it gives.
  const isHeadNode = ({ name, output }: NodeProto): boolean => name?.startsWith(HEAD) === true || output.includes(LOGITS);
  const kept = graph.node.filter((node) => !isHeadNode(node));
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
        // logits = features x weights^T + bias
        { name: `${HEAD}gemm`, opType: 'Gemm', input: [features, `${HEAD}weights`, `${HEAD}bias`], output: [LOGITS], attribute: [intAttribute('transB', 1)] },
      ],
      initializer: [
        ...graph.initializer.filter(({ name }) => used.has(name ?? '')),
        floatTensor(`${HEAD}weights`, { dims: [head.classes, head.columns] }, head.weights),
        floatTensor(`${HEAD}bias`, { dims: [head.classes] }, head.bias),
      ],
      output: [...graph.output.filter(({ name }) => name !== LOGITS), floatValueInfo(LOGITS, ['n', head.classes])],
    },
  });
}
