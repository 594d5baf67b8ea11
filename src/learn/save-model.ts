import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelManifest } from '../contract/model-manifest.ts';
import type { Adapted } from './adapt.ts';
import type { OpenBackbone } from './backbone.ts';
import { encodeKept, KEPT_FILES } from './kept-embeddings.ts';
import { modelCard } from './card.ts';
import { fuseHead, LOGITS } from './fuse.ts';
import { writeModelFolder, type ModelFiles } from './model-writer.ts';

export const WEIGHTS_FILE = 'model.onnx';
export const SPLIT_FILE = 'split.json';
const NOTICE_FILE = 'NOTICE';

export interface SaveOptions {
  readonly id: string;
  readonly summary: string;
  readonly seed: number;
  /** As a person would type it again. */
  readonly command: string;
  readonly data: ModelManifest['training']['data'];
  /** Further files: those that whoever loads the model may need, and those for people. */
  readonly more?: ModelFiles;
}

/** The licence notice of the backbone goes where the backbone goes. */
export async function noticeOf({ folder }: OpenBackbone): Promise<[string, string][]> {
  if (folder === undefined) return [];
  try {
    return [[NOTICE_FILE, await readFile(join(folder.dir, NOTICE_FILE), 'utf8')]];
  } catch {
    return [];
  }
}

/** Writes the folder of an adapted model. Throws EM_WRITE, EM_DISK_FULL, EM_MODEL. */
export async function saveModel(out: string, { adapted, backbone }: { adapted: Adapted; backbone: OpenBackbone }, options: SaveOptions): Promise<ModelManifest> {
  const network = fuseHead(backbone.weights, adapted.head, backbone.embeddingName);
  const split = `${JSON.stringify(adapted.split, null, 1)}\n`;
  const manifest: Omit<ModelManifest, 'files'> = {
    v: 1,
    id: options.id,
    summary: options.summary,
    labels: [...adapted.labels],
    input: { name: backbone.inputName, ...backbone.input },
    outputs: { logits: LOGITS, embedding: backbone.embeddingName, embeddingLength: backbone.embeddingLength },
    temperature: adapted.temperature,
    rejectionEnergy: adapted.rejectionEnergy,
    likelihood: [...adapted.likelihood],
    training: { data: options.data, split: SPLIT_FILE, seed: options.seed, backbone: backbone.description, command: options.command },
    metrics: adapted.measured.map(({ data, figures, intervals }) => ({
      data,
      n: figures.n,
      accuracy: figures.accuracy,
      macroF1: figures.macroF1,
      ece: figures.ece,
      intervals: { ...intervals },
    })),
    weights: WEIGHTS_FILE,
  };
  const files = new Map<string, Uint8Array | string>([[WEIGHTS_FILE, network], [SPLIT_FILE, split], ...(options.more?.files ?? [])]);
  for (const kept of ['background', 'other'] as const) {
    const bytes = encodeKept(adapted.kept[kept]);
    if (bytes.length > 0) files.set(KEPT_FILES[kept], bytes);
  }
  return writeModelFolder(out, manifest, { files, unchecked: new Map([['CARD.md', modelCard(manifest, adapted)], ...(await noticeOf(backbone)), ...(options.more?.unchecked ?? [])]) });
}
