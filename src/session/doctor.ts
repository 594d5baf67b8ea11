import { stat } from 'node:fs/promises';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { listSerialPorts, type SerialPortInfo } from '../../drivers/links/serial.ts';
import { openEngine, timeOneView } from '../classify/engine.ts';
import { loadModelFolder, type ModelFolder } from '../classify/model-folder.ts';
import { probeOnnx, type OnnxProbe } from '../classify/onnx/probe.ts';
import { loadTensorFlow } from '../classify/tensorflow/load.ts';
import type { Device, Engine } from '../contract/classifier.ts';
import { EmagentError, toEmagentError, type SerialisedError } from '../contract/errors.ts';
import { packageVersion } from '../lib/package-root.ts';
import { nvidiaGpus, type GpuDescription } from './nvidia-gpus.ts';

type Failed = { readonly error: SerialisedError };

export interface Timing {
  readonly engine: Engine;
  readonly device: Device;
  readonly provider: string;
  /** One view at the model's input size: median of up to ten runs after one to warm up. */
  readonly medianMs: number;
}

/** What emagent finds on this machine. Whatever is not there stands as the error that a user of it would get. */
export interface DoctorReport {
  readonly emagent: string;
  readonly node: string;
  readonly machine: { readonly system: string; readonly processor: string; readonly cores: number; readonly memoryGiB: number };
  readonly onnx: OnnxProbe | Failed;
  readonly tensorflow:
    | { readonly package: string; readonly origin: 'installed' | 'built'; readonly version: string; readonly cuda: boolean; readonly device: Device; readonly gpus: readonly GpuDescription[] }
    | Failed;
  readonly model: { readonly id: string; readonly dir: string; readonly bytes: number; readonly loadMs: number; readonly accuracy: readonly { readonly data: string; readonly value: number }[] } | Failed;
  /** Empty without a model. */
  readonly timings: readonly Timing[];
  /** What `--engine auto` and the device asked for lead to, and why; absent without a model or an engine. */
  readonly chosen?: { readonly engine: Engine; readonly device: Device; readonly provider: string; readonly why: string };
  readonly serialPorts: readonly SerialPortInfo[] | Failed;
}

export interface DoctorSettings {
  readonly model: string;
  readonly device: 'auto' | Device;
}

const RUNS = 10;

async function attempt<T>(work: () => Promise<T>): Promise<T | Failed> {
  try {
    return await work();
  } catch (thrown) {
    return { error: toEmagentError(thrown).toJSON() };
  }
}

async function timeEach(model: ModelFolder, onnx: DoctorReport['onnx']): Promise<Timing[]> {
  const timings: Timing[] = [];
  const hasGpu = !('error' in onnx) && 'provider' in onnx.gpu;
  for (const engine of ['onnx', 'tensorflow'] as const) {
    for (const device of ['cpu', 'gpu'] as const) {
      if (engine === 'onnx' && device === 'gpu' && !hasGpu) continue;
      const opened = await attempt(() => openEngine({ model, engine, device }));
      if ('error' in opened) continue;
      const { session } = opened;
      // TensorFlow has one device in a process: a CPU that was asked for may be a GPU.
      if (session.device === device) timings.push({ engine, device, provider: session.provider, medianMs: await timeOneView(session, model.manifest.input, RUNS) });
      await session.dispose();
    }
  }
  return timings;
}

async function choose(model: ModelFolder, device: 'auto' | Device): Promise<NonNullable<DoctorReport['chosen']>> {
  const said: string[] = [];
  const { session, engine } = await openEngine({ model, engine: 'auto', device, log: (message) => said.push(message) });
  await session.dispose();
  const why = said.at(-1) ?? (device === 'auto' ? 'The GPU is faster than the CPU here.' : `--device ${device} was asked for.`);
  return { engine, device: session.device, provider: session.provider, why };
}

async function describeModel(name: string): Promise<{ folder: ModelFolder; described: Exclude<DoctorReport['model'], Failed> }> {
  const start = performance.now();
  const folder = await loadModelFolder(name);
  const { session } = await openEngine({ model: folder, engine: 'onnx', device: 'cpu' });
  const loadMs = performance.now() - start;
  await session.dispose();
  const { id, metrics } = folder.manifest;
  const accuracy = metrics.map(({ data, accuracy: value }) => ({ data, value }));
  return { folder, described: { id, dir: folder.dir, bytes: (await stat(folder.weightsPath)).size, loadMs, accuracy } };
}

/**
 * Looks at everything that a search would need. Nothing that is missing is an error, but for a GPU that was asked for: then
 * EM_NO_GPU is thrown.
 */
export async function diagnose({ model: modelName, device }: DoctorSettings): Promise<DoctorReport> {
  const onnx = await attempt(probeOnnx);
  if (device === 'gpu' && !('error' in onnx) && 'reason' in onnx.gpu) {
    throw new EmagentError('EM_NO_GPU', `A GPU was asked for, but there is none for ONNX Runtime (${onnx.gpu.reason.replace(/\.$/, '')}).`);
  }
  const tensorflow = await attempt(async () => {
    const { packageName, origin, version, cuda, device: usedDevice } = await loadTensorFlow();
    return { package: packageName, origin, version, cuda, device: usedDevice, gpus: usedDevice === 'gpu' ? await nvidiaGpus() : [] };
  });
  const model = await attempt(() => describeModel(modelName));
  const timings = 'error' in model ? [] : await timeEach(model.folder, onnx);
  const chosen = 'error' in model ? undefined : await choose(model.folder, device);
  return {
    emagent: packageVersion,
    node: process.versions.node,
    machine: {
      system: `${platform()} ${release()} ${arch()}`,
      processor: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    },
    onnx,
    tensorflow,
    model: 'error' in model ? model : model.described,
    timings,
    ...(chosen !== undefined && { chosen }),
    serialPorts: await attempt(listSerialPorts),
  };
}
