import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The first that can be loaded is taken; tfjs-node-gpu also runs without a GPU. */
export const TENSORFLOW_PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;
export type TensorFlowPackage = (typeof TENSORFLOW_PACKAGES)[number];

/**
 * Where `emagent setup tensorflow` keeps what it built, outside of node_modules, which the next `npm ci` would empty: the folder
 * `tensorflow` in EMAGENT_HOME, else in the user's data folder (XDG_DATA_HOME, else ~/.local/share) under `emagent`.
 */
export function keptRoot(): string {
  const home = process.env['EMAGENT_HOME'];
  if (home !== undefined && home !== '') return join(home, 'tensorflow');
  const data = process.env['XDG_DATA_HOME'];
  return join(data !== undefined && data !== '' ? data : join(homedir(), '.local', 'share'), 'emagent', 'tensorflow');
}

/** The folder of one package: has its own `node_modules`. */
export const keptFolder = (packageName: TensorFlowPackage): string => join(keptRoot(), packageName.replace('@tensorflow/', ''));

/** Written last: a folder without it is half built. */
export const BUILT_FILE = 'built.json';

/** Says what was built; the JSON of BUILT_FILE. */
export interface BuiltTensorFlow {
  readonly package: TensorFlowPackage;
  /** Of the Python wheel whose library is used, e.g. `tensorflow-cpu 2.21.0`. */
  readonly wheel: string;
  readonly cuda: boolean;
}

export const isBuilt = (packageName: TensorFlowPackage): boolean => existsSync(join(keptFolder(packageName), BUILT_FILE));
