import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { EmagentError } from '../contract/errors.ts';
import { ModelManifest } from '../contract/model-manifest.ts';
import { unknownNameMessage } from '../lib/nearest-name.ts';
import { packageRoot } from '../lib/package-root.ts';
import { VIEW_COUNTS } from './views.ts';

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
  if (shipped.length === 0) throw new EmagentError('EM_MODEL', `There is no model ${model}: ${SHIPPED} holds no model folder.`);
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
  const fault = inconsistency(manifest.data);
  if (fault !== undefined) throw new EmagentError('EM_MODEL', `${path} contradicts itself: ${fault}.`);
  return manifest.data;
}

/** What the schema cannot say; undefined when all is well. */
function inconsistency({ labels, input, likelihood, weights, files }: ModelManifest): string | undefined {
  if (new Set(labels).size !== labels.length) return 'a label stands there twice';
  if (!(VIEW_COUNTS as readonly number[]).includes(input.views.count)) return `input.views.count is ${input.views.count}, not one of ${VIEW_COUNTS.join(', ')}`;
  for (const { band, label, score, logRatio } of likelihood) {
    const curve = `the likelihood curve of ${label} (${band})`;
    if (score.length !== logRatio.length) return `${curve} has ${score.length} scores and ${logRatio.length} log ratios`;
    if (score.some((value, index) => index > 0 && value <= score[index - 1]!)) return `the scores of ${curve} do not rise`;
    if (label !== '*' && !labels.includes(label)) return `${curve} is for no label of the model`;
  }
  if (!(weights in files)) return `files has no checksum of ${weights}`;
  const outside = Object.keys(files).find((name) => basename(name) !== name);
  return outside === undefined ? undefined : `files names ${outside}, which does not lie in the folder itself`;
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
  for (const [name, sha256] of Object.entries(manifest.files)) await checkFile(dir, name, sha256);
  return { dir, manifest, weightsPath: join(dir, manifest.weights) };
}
