import type { Device } from '../../contract/classifier.ts';
import { EmagentError, isEmagentError } from '../../contract/errors.ts';
import { required } from '../../lib/guards.ts';
import { createSerialQueue } from '../../lib/queue.ts';
import { decodeModel } from '../onnx/model-proto.ts';
import { joinFloats, type NetworkSession, type ViewShape } from '../onnx/session.ts';
import type { TensorFlow } from './api.ts';
import { buildGraph, type TensorFlowGraph } from './graph.ts';
import type { LoadedTensorFlow } from './load.ts';

export interface TensorFlowSessionOptions {
  readonly tensorflow: LoadedTensorFlow;
  /** Bytes of the ONNX file: both engines run the same weights. */
  readonly model: Uint8Array;
  readonly device: 'auto' | Device;
}

/** Views computed at once: the native call keeps Node's only thread while it computes. */
const CHUNK = 8;

async function compute(tf: TensorFlow, graph: TensorFlowGraph, { views, shape }: { views: readonly Float32Array[]; shape: ViewShape }): Promise<Float32Array[]> {
  const input = tf.tensor(joinFloats(views), [views.length, shape.channels, shape.heightPx, shape.widthPx]);
  try {
    const outputs = graph.run(input);
    try {
      return await Promise.all(outputs.map((output) => output.data()));
    } finally {
      for (const output of outputs) output.dispose();
    }
  } catch (cause) {
    if (isEmagentError(cause)) throw cause;
    throw new EmagentError('EM_MODEL_FAILED', `Inference with TensorFlow failed: ${(cause as Error).message.split('\n')[0] ?? ''}.`, { cause });
  } finally {
    input.dispose();
  }
}

/**
 * Opens an ONNX model with TensorFlow.js. Throws EM_ENGINE for an operator that is not known, EM_MODEL for bytes that are no
 * model, EM_NO_GPU when a GPU was asked for and TensorFlow runs on the CPU.
 */
export function openTensorFlowSession({ tensorflow, model, device }: TensorFlowSessionOptions): NetworkSession {
  const { tf, packageName, version } = tensorflow;
  if (device === 'gpu' && tensorflow.device !== 'gpu') {
    throw new EmagentError(
      'EM_NO_GPU',
      `A GPU was asked for, but TensorFlow (${packageName}) found none that it can use: it needs an NVIDIA GPU with CUDA and @tensorflow/tfjs-node-gpu.`,
    );
  }
  const graph = buildGraph(tf, decodeModel(model));
  const queue = createSerialQueue();
  return {
    device: tensorflow.device,
    provider: `TensorFlow ${version} ${tensorflow.device === 'gpu' ? 'CUDA' : 'CPU'}`.replace('  ', ' '),
    outputNames: graph.outputNames,
    run: (views, shape) =>
      queue.run(async () => {
        const chunks: Float32Array[][] = [];
        for (let from = 0; from < views.length; from += CHUNK) {
          chunks.push(await compute(tf, graph, { views: views.slice(from, from + CHUNK), shape }));
        }
        return Object.fromEntries(graph.outputNames.map((name, index) => [name, joinFloats(chunks.map((outputs) => required(outputs[index], name)))]));
      }),
    dispose: async () => {
      await queue.idle();
      graph.dispose();
    },
  };
}
