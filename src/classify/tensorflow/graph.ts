import { EmagentError } from '../../contract/errors.ts';
import { required } from '../../lib/guards.ts';
import { tensorValues, type ModelProto, type NodeProto } from '../onnx/model-proto.ts';
import type { Tensor, TensorFlow } from './api.ts';
import { inOnnxOrder, OPERATORS, unsupported, type Constant, type Step } from './operators.ts';

/** An ONNX graph that runs on TensorFlow.js. */
export interface TensorFlowGraph {
  readonly outputNames: readonly string[];
  /** `input` is [n, channels, height, width]. The outputs, in their order, belong to the caller. */
  run(input: Tensor): Tensor[];
  dispose(): void;
}

interface PlannedNode {
  readonly inputs: readonly string[];
  readonly output: string;
  readonly step: Step;
  /** Names that nobody asks for afterwards. */
  last: string[];
}

const TO_TENSORFLOW = [0, 2, 3, 1] as const;

/** A constant of four dimensions that meets a picture is turned as pictures are. */
function constantTensor(tf: TensorFlow, { dims, values }: Constant): Tensor {
  return dims.length === 4 ? tf.tidy(() => tf.transpose(tf.tensor(values, dims), TO_TENSORFLOW)) : tf.tensor(values, dims);
}

/** Values known before any picture: the initializers, and what Cast and Identity make of them. */
function foldConstants({ graph }: ModelProto): { constants: Map<string, Constant>; nodes: NodeProto[] } {
  const constants = new Map<string, Constant>();
  for (const tensor of graph.initializer) constants.set(tensor.name ?? '', { dims: tensor.dims, values: tensorValues(tensor) });
  const nodes = graph.node.filter((node) => {
    const known = constants.get(node.input[0] ?? '');
    const folds = known !== undefined && (node.opType === 'Cast' || node.opType === 'Identity');
    if (folds) constants.set(required(node.output[0], 'an output'), known);
    return !folds;
  });
  return { constants, nodes };
}

/** When each value was used for the last time, so that its memory is free again. */
function markLastUses(plan: readonly PlannedNode[], keptNames: ReadonlySet<string>): void {
  const seen = new Set<string>(keptNames);
  for (const node of plan.toReversed()) {
    node.last = [...new Set(node.inputs)].filter((name) => !seen.has(name));
    for (const name of node.inputs) seen.add(name);
  }
}

/**
 * Prepares an ONNX model for TensorFlow.js: weights become tensors once, every node one function.
 * Throws EM_ENGINE for an operator that is not known, with its name.
 */
export function buildGraph(tf: TensorFlow, model: ModelProto): TensorFlowGraph {
  const { constants, nodes } = foldConstants(model);
  const kept: Tensor[] = [];
  const dispose = (): void => {
    for (const tensor of kept.splice(0)) tensor.dispose();
  };
  const keep = (values: Float32Array, shape: readonly number[]): Tensor => {
    const tensor = tf.tensor(values, shape);
    kept.push(tensor);
    return tensor;
  };
  const constantTensors = new Map<string, Tensor>();
  const prepare = (node: NodeProto): PlannedNode => {
    const operator = OPERATORS[node.opType];
    if (operator === undefined || (node.domain ?? '') !== '') throw unsupported(node, 'is not among those it knows');
    const step = operator({ tf, node, keep, constants: node.input.map((name) => constants.get(name)) });
    // Filters, limits and sizes went into the step; factors and summands are needed as they are.
    const asTensors = ['Add', 'Sub', 'Mul', 'Div', 'MatMul', 'Gemm', 'LayerNormalization'].includes(node.opType);
    for (const name of asTensors ? node.input : []) {
      const constant = constants.get(name);
      if (constant === undefined || constantTensors.has(name)) continue;
      const tensor = constantTensor(tf, constant);
      kept.push(tensor);
      constantTensors.set(name, tensor);
    }
    return { inputs: node.input, output: required(node.output[0], 'an output'), step, last: [] };
  };
  let plan: PlannedNode[];
  try {
    plan = nodes.map(prepare);
  } catch (thrown) {
    dispose();
    throw thrown;
  }
  const inputName = required(model.graph.input.find(({ name }) => !constants.has(name)), 'the input of the network').name;
  const outputNames = model.graph.output.map(({ name }) => name);
  markLastUses(plan, new Set([...outputNames, ...constants.keys()]));
  return {
    outputNames,
    run: (input) =>
      tf.tidy(() => {
        const values = new Map<string, Tensor>(constantTensors);
        values.set(inputName, tf.transpose(input, TO_TENSORFLOW));
        for (const { inputs, output, step, last } of plan) {
          const result = step(inputs.map((name) => values.get(name)));
          values.set(output, result);
          for (const name of last) {
            const old = values.get(name);
            // An operator may hand on its input as it is.
            if (old !== undefined && ![...values].some(([other, tensor]) => other !== name && tensor === old)) old.dispose();
            values.delete(name);
          }
        }
        return outputNames.map((name) => {
          const value = values.get(name);
          if (value === undefined) throw new EmagentError('EM_MODEL', `Nothing in the ONNX model computes its output ${name}.`);
          return inOnnxOrder(tf, value);
        });
      }),
    dispose,
  };
}
