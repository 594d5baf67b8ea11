import type { Device } from '../../contract/classifier.ts';
import { EmagentError } from '../../contract/errors.ts';
import type { TensorFlow } from './api.ts';
import { restoreUtilFunctions } from './node-compatibility.ts';

export interface LoadedTensorFlow {
  /** The whole module: `learn` uses more of it than `TensorFlow` lists. */
  readonly tf: TensorFlow;
  readonly packageName: string;
  /** Of the native library, e.g. `2.9.1`; empty when it does not say. */
  readonly version: string;
  readonly device: Device;
}

/** The first that can be loaded is taken; tfjs-node-gpu also runs without a GPU. */
export const TENSORFLOW_PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

let loaded: Promise<LoadedTensorFlow> | undefined;

function reasonOf(thrown: unknown): string {
  const text = thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown);
  if (/cannot find (package|module)/i.test(text)) return 'not installed';
  if (/addon module|tfjs_binding/i.test(text)) return 'installed without its native library';
  return text.trim().replace(/\.$/, '');
}

async function load(): Promise<LoadedTensorFlow> {
  // Else the native library talks on stderr.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  restoreUtilFunctions();
  const reasons: string[] = [];
  for (const packageName of TENSORFLOW_PACKAGES) {
    try {
      const module = (await import(packageName)) as TensorFlow & { default?: TensorFlow };
      const tf = module.default ?? module;
      const backend = tf.backend();
      return { tf, packageName, version: backend.binding?.TF_Version ?? '', device: backend.isUsingGpuDevice === true ? 'gpu' : 'cpu' };
    } catch (thrown) {
      reasons.push(`${packageName}: ${reasonOf(thrown)}`);
    }
  }
  throw new EmagentError(
    'EM_ENGINE',
    `The TensorFlow engine is not there (${reasons.join('; ')}): run npm install @tensorflow/tfjs-node where it can download its native library, or use --engine onnx.`,
  );
}

/** TensorFlow.js with its native library, loaded once and only when asked for. Throws EM_ENGINE when there is none. */
export async function loadTensorFlow(): Promise<LoadedTensorFlow> {
  loaded ??= load();
  try {
    return await loaded;
  } catch (thrown) {
    loaded = undefined;
    throw thrown;
  }
}
