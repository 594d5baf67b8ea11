import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { EmagentError } from '../contract/errors.ts';
import { ModelManifest } from '../contract/model-manifest.ts';
import { unknownNameMessage } from '../lib/nearest-name.ts';
import { packageRoot } from '../lib/package-root.ts';

export interface ModelFolder {
  readonly dir: string;
  readonly manifest: ModelManifest;
  readonly weightsPath: string;
}

const SHIPPED = join(packageRoot, 'models');
export const MANIFEST_FILE = 'model.json';

/** Ids of the models that come with emagent. */
export async function listModels(): Promise<string[]> {
  if (!existsSync(SHIPPED)) return [];
  const entries = await readdir(SHIPPED, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory() && existsSync(join(SHIPPED, entry.name, MANIFEST_FILE))).map(({ name }) => name).sort();
}

/** A path when it looks like one or leads to a folder, else the id of a shipped model. Throws EM_MODEL. */
async function findFolder(model: string): Promise<string> {
  if (existsSync(join(model, MANIFEST_FILE))) return resolve(model);
  if (isAbsolute(model) || /[\\/]/.test(model) || existsSync(model)) {
    throw new EmagentError('EM_MODEL', `${model} is no model folder: it has no ${MANIFEST_FILE}.`);
  }
  const shipped = await listModels();
  if (!shipped.includes(model)) throw new EmagentError('EM_MODEL', unknownNameMessage('model', model, shipped));
  return join(SHIPPED, model);
}

async function readManifest(dir: string): Promise<ModelManifest> {
  const path = join(dir, MANIFEST_FILE);
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new EmagentError('EM_MODEL', `${path} is no readable JSON: ${(cause as Error).message}`, { cause });
  }
  const manifest = ModelManifest.safeParse(value);
  if (!manifest.success) {
    const issue = manifest.error.issues[0];
    throw new EmagentError('EM_MODEL', `${path} is no model manifest: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}.`);
  }
  return manifest.data;
}

async function checkFile(dir: string, name: string, sha256: string): Promise<void> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(join(dir, name));
  } catch (cause) {
    throw new EmagentError('EM_MODEL', `The model in ${dir} lacks its file ${name}.`, { cause });
  }
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
    throw new EmagentError('EM_MODEL_CHECKSUM', `${join(dir, name)} does not have the checksum that its ${MANIFEST_FILE} names.`);
  }
}

/**
 * Opens a model folder by path or by the id of a shipped model, and checks every file of it.
 * Throws EM_MODEL, EM_MODEL_CHECKSUM.
 */
export async function loadModelFolder(model: string): Promise<ModelFolder> {
  const dir = await findFolder(model);
  const manifest = await readManifest(dir);
  if (!(manifest.weights in manifest.files)) throw new EmagentError('EM_MODEL', `The manifest in ${dir} names no checksum for its weights.`);
  for (const [name, sha256] of Object.entries(manifest.files)) await checkFile(dir, name, sha256);
  return { dir, manifest, weightsPath: join(dir, manifest.weights) };
}
