import { basename, resolve } from 'node:path';
import { OTHER } from '../contract/categories.ts';
import type { ModelManifest } from '../contract/model-manifest.ts';
import { openBackbone } from '../learn/backbone.ts';
import { readKept } from '../learn/kept-embeddings.ts';
import { checkWritable } from '../learn/model-writer.ts';
import { lookAtExamples, shippedOf, type Example, type ExamplePicture } from '../learn/own/examples.ts';
import { learnOwn } from '../learn/own/learn-own.ts';
import { checkScenes } from '../learn/own/scenes.ts';
import { readExamples, saveOwnModel } from '../learn/own/save-own.ts';
import type { OwnPictures } from '../learn/own/read-pictures.ts';
import type { ModelFolder } from '../classify/model-folder.ts';

export interface OwnModelOptions {
  readonly out: string;
  /** Model whose network is kept (id or folder). When it is one for the same categories, it learns on from what it has seen. */
  readonly base: string;
  readonly seed: number;
  /** As a person would type it again. */
  readonly command: string;
  readonly licence: string;
  /** Too few places to hold one out: each picture stands for itself, and what is learned is told as a guess. */
  readonly isGuess?: boolean;
  readonly onProgress?: (message: string, share: number) => void;
  readonly signal?: AbortSignal;
}

/** What the base has learned from already, under the labels of the new model; a category that is none of them counts as other. */
async function earlierExamples(folder: ModelFolder | undefined, labels: readonly string[], fresh: readonly ExamplePicture[]): Promise<Example[]> {
  if (folder === undefined) return [];
  const examples = await readExamples(folder);
  if (!examples.some(({ label }) => label !== OTHER && labels.includes(label))) return [];
  const known = new Set(fresh.map(({ sha256 }) => sha256));
  return examples.filter(({ sha256 }) => !known.has(sha256)).map(({ label, ...example }) => ({ ...example, label: labels.includes(label) ? labels.indexOf(label) : labels.length - 1 }));
}

/**
 * Learns categories of one's own from pictures and writes the model's folder. Throws EM_PICTURE, EM_DATASET, EM_MODEL, EM_WRITE,
 * EM_DISK_FULL; nothing is written unless all is well.
 */
export async function makeOwnModel({ labels, pictures }: OwnPictures, options: OwnModelOptions): Promise<ModelManifest> {
  const { out, base, seed, isGuess = false, onProgress, signal } = options;
  await checkWritable(out);
  const backbone = await openBackbone(base);
  try {
    const { folder } = backbone;
    const kept = folder === undefined ? [] : [...(await readKept(folder, 'background')), ...(await readKept(folder, 'other'))];
    const fresh = await lookAtExamples(pictures, {
      backbone,
      seed,
      onProgress: (done, total) => onProgress?.('looking at the pictures', done / total),
      ...(signal !== undefined && { signal }),
    });
    const examples = [...fresh, ...(await earlierExamples(folder, labels, pictures))].sort((a, b) => a.label - b.label);
    if (!isGuess) checkScenes(labels, examples);
    const learned = learnOwn({ labels, examples, shipped: shippedOf(kept), isGuess }, (share) => onProgress?.('holding each place out in turn', share));
    const n = (is: (example: Example) => boolean): number => examples.filter(is).length;
    const data = labels.map((label, index) => ({ name: label === OTHER ? 'other things' : label, n: n((example) => example.label === index), licence: options.licence }));
    return await saveOwnModel(out, { learned, examples, backbone }, {
      id: basename(resolve(out)).replaceAll(/[^A-Za-z0-9._-]/g, '-'),
      seed,
      command: options.command,
      data: data.filter((part) => part.n > 0),
    });
  } finally {
    await backbone.dispose();
  }
}
