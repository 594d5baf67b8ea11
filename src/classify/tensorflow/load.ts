import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import type { Device } from '../../contract/classifier.ts';
import { EmagentError } from '../../contract/errors.ts';
import type { TensorFlow } from './api.ts';
import { BUILT_FILE, isBuilt, keptFolder, TENSORFLOW_PACKAGES, type BuiltTensorFlow, type TensorFlowPackage } from './kept-folder.ts';
import { restoreUtilFunctions } from './node-compatibility.ts';

export interface LoadedTensorFlow {
  /** The whole module: `learn` uses more of it than `TensorFlow` lists. */
  readonly tf: TensorFlow;
  readonly packageName: string;
  /** Whose native library: `installed` by npm beside emagent, or `built` by `emagent setup tensorflow`. */
  readonly origin: 'installed' | 'built';
  /** Of the native library, e.g. `2.9.1`; empty when it does not say. */
  readonly version: string;
  readonly device: Device;
  /** Whether the native library was made for CUDA; it may still run on the CPU. */
  readonly cuda: boolean;
}

let loaded: Promise<LoadedTensorFlow> | undefined;

function reasonOf(thrown: unknown): string {
  const text = thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown);
  if (/cannot find (package|module)/i.test(text)) return 'not installed';
  if (/addon module|tfjs_binding/i.test(text)) return 'installed without its native library';
  return text.trim().replace(/\.$/, '');
}

/** Throws for a package that is not installed at all. */
function hasAddon(packageName: TensorFlowPackage): boolean {
  const lib = join(dirname(createRequire(import.meta.url).resolve(`${packageName}/package.json`)), 'lib');
  return existsSync(lib) && readdirSync(lib).some((folder) => existsSync(join(lib, folder, 'tfjs_binding.node')));
}

/** Where the packages are looked for: beside emagent, then in the folder that `emagent setup tensorflow` keeps. */
const ORIGINS: readonly { origin: LoadedTensorFlow['origin']; load: (packageName: TensorFlowPackage) => Promise<unknown> }[] = [
  {
    origin: 'installed',
    load: async (packageName) => {
      // Asked first: without its addon a package registers half of itself before it gives up.
      if (!hasAddon(packageName)) throw new Error('no addon module');
      return import(packageName);
    },
  },
  {
    origin: 'built',
    load: async (packageName) => {
      if (!isBuilt(packageName)) throw new Error(`Cannot find package ${packageName}`);
      return createRequire(join(keptFolder(packageName), 'package.json'))(packageName) as unknown;
    },
  },
];

/** The kept folder whose native library a package uses, by itself or through links; undefined for one that npm brought. */
function builtFor(packageName: TensorFlowPackage, origin: LoadedTensorFlow['origin']): BuiltTensorFlow | undefined {
  const from = origin === 'built' ? join(keptFolder(packageName), 'package.json') : import.meta.url;
  try {
    const native = realpathSync(join(dirname(createRequire(from).resolve(`${packageName}/package.json`)), 'deps'));
    const kept = TENSORFLOW_PACKAGES.map(keptFolder).find((folder) => existsSync(folder) && native.startsWith(realpathSync(folder) + sep));
    return kept === undefined ? undefined : (JSON.parse(readFileSync(join(kept, BUILT_FILE), 'utf8')) as BuiltTensorFlow);
  } catch {
    return undefined;
  }
}

async function load(): Promise<LoadedTensorFlow> {
  // Else the native library talks on stderr.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  restoreUtilFunctions();
  const reasons = new Map<string, string>();
  for (const { origin, load: loadFrom } of ORIGINS) {
    for (const packageName of TENSORFLOW_PACKAGES) {
      try {
        const module = (await loadFrom(packageName)) as TensorFlow & { default?: TensorFlow };
        const tf = module.default ?? module;
        const backend = tf.backend();
        const built = builtFor(packageName, origin);
        return {
          tf,
          packageName,
          origin: built === undefined ? 'installed' : 'built',
          version: backend.binding?.TF_Version ?? '',
          device: backend.isUsingGpuDevice === true ? 'gpu' : 'cpu',
          cuda: built?.cuda ?? packageName === '@tensorflow/tfjs-node-gpu',
        };
      } catch (thrown) {
        const reason = reasonOf(thrown);
        if (reason !== 'not installed' || !reasons.has(packageName)) reasons.set(packageName, reason);
      }
    }
  }
  const why = [...reasons].map(([packageName, reason]) => `${packageName}: ${reason}`).join('; ');
  throw new EmagentError('EM_ENGINE', `The TensorFlow engine is not there (${why}): run \`npx emagent setup tensorflow\`, or npm install @tensorflow/tfjs-node where it can download its native library; inference needs none with --engine onnx.`);
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
