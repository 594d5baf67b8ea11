import { join } from 'node:path';
import type { Classifier } from '../contract/classifier.ts';
import type { ModelManifest } from '../contract/model-manifest.ts';
import type { RunPlan } from '../contract/run.ts';
import { openClassifier } from '../classify/classifier.ts';
import { loadModelFolder, type ModelFolder } from '../classify/model-folder.ts';
import type { Logger } from './logger.ts';

export interface OpenedModel {
  readonly classifier: Classifier;
  readonly manifest: ModelManifest;
  /** File that says which pictures the model was trained on: a simulated specimen must not show those. */
  readonly splitPath: string | undefined;
}

export interface ModelSettings extends Pick<RunPlan, 'model' | 'engine' | 'device'> {
  readonly log: Logger;
}

function splitPathOf({ dir, manifest }: ModelFolder): string | undefined {
  return manifest.training.split === undefined ? undefined : join(dir, manifest.training.split);
}

/** Of a model by id or path. Throws EM_MODEL, EM_MODEL_CHECKSUM. */
export async function splitOfModel(model: string): Promise<string | undefined> {
  return splitPathOf(await loadModelFolder(model));
}

/** Opens a model by id or path. Throws EM_MODEL, EM_MODEL_CHECKSUM, EM_NO_GPU, EM_ENGINE. */
export async function openModel({ model, engine, device, log }: ModelSettings): Promise<OpenedModel> {
  const folder = await loadModelFolder(model);
  const classifier = await openClassifier({ model: folder, engine, device, log: (message) => log.info({}, message) });
  return { classifier, manifest: folder.manifest, splitPath: splitPathOf(folder) };
}
