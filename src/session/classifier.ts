import type { Classifier } from '../contract/classifier.ts';
import type { ModelManifest } from '../contract/model-manifest.ts';
import type { RunPlan } from '../contract/run.ts';
import { openClassifier } from '../classify/classifier.ts';
import { loadModelFolder } from '../classify/model-folder.ts';
import type { Logger } from './logger.ts';

export interface OpenedModel {
  readonly classifier: Classifier;
  readonly manifest: ModelManifest;
}

export interface ModelSettings extends Pick<RunPlan, 'model' | 'engine' | 'device'> {
  readonly log: Logger;
}

/** Opens a model by id or path. Throws EM_MODEL, EM_MODEL_CHECKSUM, EM_NO_GPU, EM_ENGINE. */
export async function openModel({ model, engine, device, log }: ModelSettings): Promise<OpenedModel> {
  const folder = await loadModelFolder(model);
  const classifier = await openClassifier({ model: folder, engine, device, log: (message) => log.info({}, message) });
  return { classifier, manifest: folder.manifest };
}
