import type { InferenceSession } from 'onnxruntime-node';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import type { Device } from '../../contract/classifier.ts';
import { EmagentError } from '../../contract/errors.ts';
import { required } from '../../lib/guards.ts';
import { createSerialQueue } from '../../lib/queue.ts';
import { explainProviderError, gpuProviders, noGpuReason, type GpuProvider } from './providers.ts';
import { loadOnnxRuntime, type Ort } from './runtime.ts';

/** Row-major values and their shape; the first dimension is the batch. */
export interface FloatTensor {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** A network with one input. */
export interface NetworkSession {
  readonly device: Device;
  /** `CPU`, `WebGPU`, `CUDA`, `DirectML`, `CoreML`. */
  readonly provider: string;
  readonly inputName: string;
  readonly outputNames: readonly string[];
  /** All outputs by name. Calls may overlap: they run one after another. Throws EM_MODEL_FAILED. */
  run(batch: FloatTensor): Promise<Record<string, FloatTensor>>;
  dispose(): Promise<void>;
}

export interface OnnxSessionOptions {
  /** Path of an ONNX file, or its bytes. */
  readonly model: string | Uint8Array;
  /** `auto` takes a GPU when there is one and says on the log why not; `gpu` insists. */
  readonly device: 'auto' | Device;
  /** One line when `auto` falls back to the CPU. */
  readonly log?: (message: string) => void;
}

/**
 * Pictures computed at once. ONNX Runtime keeps Node's only thread while it computes, so that a larger batch would hold up
 * heartbeats and viewers; on a CPU it is no faster either.
 */
const CHUNK = 8;

async function openOn(ort: Ort, { model }: OnnxSessionOptions, provider: GpuProvider | undefined): Promise<InferenceSession> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: provider === undefined ? ['cpu'] : [provider.id, 'cpu'],
    intraOpNumThreads: availableParallelism(),
    graphOptimizationLevel: 'all',
    // Fatal only: everything else comes as an error.
    logSeverityLevel: 4,
  };
  return typeof model === 'string' ? ort.InferenceSession.create(model, options) : ort.InferenceSession.create(model, options);
}

async function openGpu(ort: Ort, options: OnnxSessionOptions): Promise<{ session: InferenceSession; provider: GpuProvider } | { reason: string }> {
  const reasons: string[] = [];
  for (const provider of gpuProviders(ort)) {
    try {
      return { session: await openOn(ort, options, provider), provider };
    } catch (thrown) {
      reasons.push(`${provider.name}: ${explainProviderError(provider, thrown)}`);
    }
  }
  return { reason: reasons.length > 0 ? reasons.join('; ') : 'this build of onnxruntime-node has no GPU provider' };
}

function firstLine(thrown: unknown): string {
  return ((thrown instanceof Error ? thrown.message : String(thrown)).split('\n')[0] ?? '').replace(/\.$/, '');
}

async function openCpu(ort: Ort, options: OnnxSessionOptions): Promise<InferenceSession> {
  try {
    return await openOn(ort, options, undefined);
  } catch (cause) {
    const what = typeof options.model === 'string' ? options.model : 'The weights';
    throw new EmagentError('EM_MODEL', `${what} could not be opened as an ONNX model: ${firstLine(cause)}.`, { cause });
  }
}

/**
 * Opens an ONNX model with ONNX Runtime. Throws EM_ENGINE when onnxruntime-node is not there, EM_MODEL for a file that is no
 * ONNX model, EM_NO_GPU when a GPU was asked for and cannot be had.
 */
export async function openOnnxSession(options: OnnxSessionOptions): Promise<NetworkSession> {
  const ort = await loadOnnxRuntime();
  const { device, log } = options;
  const hopeless = device === 'auto' ? noGpuReason() : undefined;
  const gpu = device === 'cpu' ? undefined : hopeless !== undefined ? { reason: hopeless } : await openGpu(ort, options);
  if (gpu !== undefined && 'session' in gpu) return wrap(ort, gpu.session, { device: 'gpu', provider: gpu.provider.name });
  if (gpu !== undefined && device === 'gpu') {
    throw new EmagentError('EM_NO_GPU', `A GPU was asked for, but ONNX Runtime found none (${gpu.reason}).`);
  }
  if (gpu !== undefined) log?.(`No GPU, inference runs on the CPU: ${gpu.reason}.`);
  return wrap(ort, await openCpu(ort, options), { device: 'cpu', provider: 'CPU' });
}

function concatenate(parts: readonly FloatTensor[]): FloatTensor {
  const first = required(parts[0], 'a result');
  if (parts.length === 1) return first;
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { data, dims: [parts.reduce((sum, part) => sum + (part.dims[0] ?? 0), 0), ...first.dims.slice(1)] };
}

function wrap(ort: Ort, session: InferenceSession, place: { device: Device; provider: string }): NetworkSession {
  const queue = createSerialQueue();
  const inputName = required(session.inputNames[0], 'the input of the network');
  const compute = async ({ data, dims }: FloatTensor): Promise<Record<string, FloatTensor>> => {
    try {
      const results = await session.run({ [inputName]: new ort.Tensor('float32', data, dims) });
      const floats = Object.entries(results).map(([name, tensor]) => {
        const values = tensor.data as Float32Array;
        return [name, { data: Float32Array.from(values), dims: tensor.dims }] as const;
      });
      return Object.fromEntries(floats);
    } catch (cause) {
      throw new EmagentError('EM_MODEL_FAILED', `Inference on ${place.provider} failed: ${firstLine(cause)}.`, { cause });
    }
  };
  return {
    ...place,
    inputName,
    outputNames: session.outputNames,
    run: ({ data, dims }) =>
      queue.run(async () => {
        const [n = 0, ...shape] = dims;
        const size = shape.reduce((product, dim) => product * dim, 1);
        const parts: Record<string, FloatTensor>[] = [];
        for (let from = 0; from < n; from += CHUNK) {
          const to = Math.min(n, from + CHUNK);
          parts.push(await compute({ data: data.subarray(from * size, to * size), dims: [to - from, ...shape] }));
        }
        return Object.fromEntries(session.outputNames.map((name) => [name, concatenate(parts.map((part) => required(part[name], name)))]));
      }),
    dispose: async () => {
      await queue.idle();
      await session.release();
    },
  };
}
