import { readFile } from 'node:fs/promises';
import type { Device, Engine } from '../contract/classifier.ts';
import type { ModelFolder } from './model-folder.ts';
import { openOnnxSession, type NetworkSession, type ViewShape } from './onnx/session.ts';

export interface OpenEngineOptions {
  readonly model: ModelFolder;
  /** `auto` is ONNX Runtime: on every machine measured it is the faster one. */
  readonly engine: 'auto' | Engine;
  readonly device: 'auto' | Device;
  readonly log?: (message: string) => void;
}

/** No more runs are begun after this time: a software GPU takes seconds for one. */
const TIMING_LIMIT_MS = 3000;

/** Median time of one view, ms, after one run to warm up. */
export async function timeOneView(session: NetworkSession, shape: ViewShape, runs = 3): Promise<number> {
  const view = [new Float32Array(shape.channels * shape.heightPx * shape.widthPx)];
  await session.run(view, shape);
  const times: number[] = [];
  const begin = performance.now();
  while (times.length < runs && (times.length === 0 || performance.now() - begin < TIMING_LIMIT_MS)) {
    const start = performance.now();
    await session.run(view, shape);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return times[times.length >> 1]!;
}

/** A GPU that nobody insisted on must earn its place: software drivers call themselves GPUs and are a thousand times slower. */
async function fasterOfBoth({ model, log }: OpenEngineOptions): Promise<NetworkSession> {
  const found = await openOnnxSession({ model: model.weightsPath, device: 'auto', ...(log !== undefined && { log }) });
  if (found.device === 'cpu') return found;
  const cpu = await openOnnxSession({ model: model.weightsPath, device: 'cpu' });
  const [gpuMs, cpuMs] = [await timeOneView(found, model.manifest.input, 1), await timeOneView(cpu, model.manifest.input)];
  const [taken, left] = gpuMs <= cpuMs ? [found, cpu] : [cpu, found];
  await left.dispose();
  if (taken === cpu) {
    log?.(`Inference runs on the CPU: ${found.provider} took ${gpuMs.toFixed(0)} ms a view, the CPU ${cpuMs.toFixed(0)} ms; --device gpu insists on it.`);
  }
  return taken;
}

/**
 * Opens the weights of a model on the engine and device that were asked for, or on the fastest for `auto`.
 * Throws EM_ENGINE when the engine is not installed, EM_NO_GPU when a GPU was asked for and is not there, EM_MODEL for weights
 * that the engine cannot read.
 */
export async function openEngine(options: OpenEngineOptions): Promise<{ session: NetworkSession; engine: Engine }> {
  const { model, engine, device } = options;
  if (engine === 'tensorflow') {
    const [{ loadTensorFlow }, { openTensorFlowSession }] = await Promise.all([import('./tensorflow/load.ts'), import('./tensorflow/session.ts')]);
    return { engine, session: openTensorFlowSession({ tensorflow: await loadTensorFlow(), model: await readFile(model.weightsPath), device }) };
  }
  return { engine: 'onnx', session: device === 'auto' ? await fasterOfBoth(options) : await openOnnxSession({ model: model.weightsPath, device }) };
}
