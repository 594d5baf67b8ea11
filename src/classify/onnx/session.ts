import type { InferenceSession } from 'onnxruntime-node';
import { availableParallelism } from 'node:os';
import type { Device } from '../../contract/classifier.ts';
import { EmagentError } from '../../contract/errors.ts';
import { required } from '../../lib/guards.ts';
import { createSerialQueue } from '../../lib/queue.ts';
import { explainProviderError, gpuProviders, noGpuReason, type GpuProvider } from './providers.ts';
import { loadOnnxRuntime, type Ort } from './runtime.ts';

/** Of a manifest's `input`: the shape of one view. */
export interface ViewShape {
  readonly channels: number;
  readonly heightPx: number;
  readonly widthPx: number;
}

/** A network with one picture-shaped input, on whichever engine. */
export interface NetworkSession {
  readonly device: Device;
  /** `CPU`, `WebGPU`, `CUDA`, `DirectML`, `CoreML`; `TensorFlow CPU` and the like. */
  readonly provider: string;
  readonly outputNames: readonly string[];
  /**
   * Every output by its name, one row for each view ([channels, height, width] each) in their order. Calls may overlap: they
   * are computed one after another. Throws EM_MODEL_FAILED.
   */
  run(views: readonly Float32Array[], shape: ViewShape): Promise<Record<string, Float32Array>>;
  dispose(): Promise<void>;
}

export interface OnnxSessionOptions {
  /** Path of an ONNX file, or its bytes. */
  readonly model: string | Uint8Array;
  /** `auto` takes a GPU when there is one and says on the log why not; `gpu` insists. */
  readonly device: 'auto' | Device;
  /** One line when `auto` falls back to the CPU. */
  readonly log?: (message: string) => void;
  /** Threads of the CPU for one view; all cores when absent. One is best beside other busy programs: nobody waits for a partner. */
  readonly threads?: number;
}

/**
 * Views computed at once. ONNX Runtime keeps Node's only thread while it computes, so that a larger batch would hold up
 * heartbeats and viewers; on a CPU it is no faster either.
 */
const CHUNK = 8;

async function openOn(ort: Ort, { model, threads }: OnnxSessionOptions, provider: GpuProvider | undefined): Promise<InferenceSession> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: provider === undefined ? ['cpu'] : [provider.id, 'cpu'],
    intraOpNumThreads: threads ?? availableParallelism(),
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
  const hopeless = noGpuReason();
  const gpu = device === 'cpu' ? undefined : hopeless !== undefined ? { reason: hopeless } : await openGpu(ort, options);
  if (gpu !== undefined && 'session' in gpu) return wrap(ort, gpu.session, { device: 'gpu', provider: gpu.provider.name });
  if (gpu !== undefined && device === 'gpu') {
    throw new EmagentError('EM_NO_GPU', `A GPU was asked for, but ONNX Runtime found none: ${gpu.reason}.`);
  }
  if (gpu !== undefined) log?.(`No GPU, inference runs on the CPU: ${gpu.reason}.`);
  return wrap(ort, await openCpu(ort, options), { device: 'cpu', provider: 'CPU' });
}

/** Joins arrays end to end. */
export function joinFloats(parts: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function wrap(ort: Ort, session: InferenceSession, place: { device: Device; provider: string }): NetworkSession {
  const queue = createSerialQueue();
  const inputName = required(session.inputNames[0], 'the input of the network');
  const compute = async (views: readonly Float32Array[], { channels, heightPx, widthPx }: ViewShape): Promise<Float32Array[]> => {
    try {
      const input = new ort.Tensor('float32', joinFloats(views), [views.length, channels, heightPx, widthPx]);
      const results = await session.run({ [inputName]: input });
      return session.outputNames.map((name) => required(results[name], `the output ${name}`).data as Float32Array);
    } catch (cause) {
      throw new EmagentError('EM_MODEL_FAILED', `Inference on ${place.provider} failed: ${firstLine(cause)}.`, { cause });
    }
  };
  return {
    ...place,
    outputNames: session.outputNames,
    run: (views, shape) =>
      queue.run(async () => {
        const chunks: Float32Array[][] = [];
        for (let from = 0; from < views.length; from += CHUNK) chunks.push(await compute(views.slice(from, from + CHUNK), shape));
        return Object.fromEntries(session.outputNames.map((name, index) => [name, joinFloats(chunks.map((outputs) => required(outputs[index], name)))]));
      }),
    dispose: async () => {
      await queue.idle();
      await session.release();
    },
  };
}
