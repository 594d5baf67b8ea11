import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EmagentError, isEmagentError } from '../../contract/errors.ts';
import type { SplitFile } from '../../contract/model-manifest.ts';
import { readPicture } from '../../imaging/picture-file.ts';
import { readSplit } from '../../lib/split-file.ts';
import { BACKGROUND } from '../../contract/categories.ts';
import { FEW_PICTURES, labelOrder } from '../adapt.ts';
import { isOther, readDataset, type DatasetItem } from '../dataset.ts';
import { itemsOf, splitItems, type Part } from '../split.ts';
import type { Example } from './epoch-plan.ts';

export interface GatherOptions {
  readonly data: string;
  /** A folder of synthetic pictures in the same layout: they train and are never measured on. */
  readonly synthetic?: string;
  /** `group`, `image`, or the path of a split file. */
  readonly split: string;
  readonly shares: Readonly<Record<Part, number>>;
  readonly seed: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface Gathered {
  readonly labels: readonly string[];
  /** There are pictures of no category to train on: they get a number after the last label. */
  readonly withOther: boolean;
  readonly split: SplitFile;
  readonly examples: Readonly<Record<Part, readonly Example[]>>;
  readonly synthetic: readonly Example[];
  readonly warnings: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

/** A folder without a picture is a category that somebody forgot to fill. Throws EM_DATASET. */
async function refuseEmptyFolders(dir: string, full: ReadonlySet<string>): Promise<void> {
  const empty = (await readdir(dir, { withFileTypes: true })).filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !full.has(entry.name)).map(({ name }) => name);
  if (empty.length > 0) throw new EmagentError('EM_DATASET', `${empty.map((name) => join(dir, name)).join(', ')} ${empty.length === 1 ? 'holds' : 'hold'} no pictures: fill or remove the ${empty.length === 1 ? 'folder' : 'folders'}.`);
}

/** Opens every picture once: hours of training shall not end at a broken file. Throws EM_PICTURE naming all of them. */
async function refuseBroken(items: readonly DatasetItem[], { onProgress, signal }: Pick<GatherOptions, 'onProgress' | 'signal'>): Promise<void> {
  const broken: EmagentError[] = [];
  for (const [index, { path }] of items.entries()) {
    signal?.throwIfAborted();
    try {
      await readPicture(path);
    } catch (thrown) {
      if (!isEmagentError(thrown)) throw thrown;
      broken.push(thrown);
    }
    onProgress?.(index + 1, items.length);
  }
  if (broken.length === 1) throw broken[0]!;
  if (broken.length > 1) throw new EmagentError('EM_PICTURE', `${broken.length} pictures cannot be read: ${broken.map(({ message }) => message).join(' ')}`);
}

async function splitOf(items: readonly DatasetItem[], { split, shares, seed }: GatherOptions): Promise<SplitFile> {
  if (split === 'group' || split === 'image') return splitItems(items, { seed, by: split, shares });
  const read = await readSplit(split);
  const known = new Set(Object.values(read.parts).flat());
  const left = items.filter(({ sha256 }) => !known.has(sha256)).length;
  if (left === items.length) throw new EmagentError('EM_DATASET', `The split ${split} knows none of the pictures: it was made for others.`);
  return read;
}

function warningsFor(labels: readonly string[], examples: Gathered['examples'], by: SplitFile['by']): string[] {
  const warnings: string[] = [];
  if (by === 'image') warnings.push('Split by picture: pictures of one specimen are on both sides, and the figures flatter.');
  if (!labels.includes(BACKGROUND)) warnings.push(`There are no pictures of ${BACKGROUND} (empty substrate): a search will take it for something; add a folder of them, or --synthetic.`);
  for (const [index, label] of labels.entries()) {
    const n = examples.train.filter((example) => example.label === index).length;
    if (n > 0 && n < FEW_PICTURES) warnings.push(`${label}: only ${n} pictures to learn from.`);
    if (!examples.validation.some((example) => example.label === index)) warnings.push(`${label}: no picture to validate with.`);
  }
  return warnings;
}

/** Reads a data set and deals it out. Throws EM_DATASET, EM_PICTURE. */
export async function gather(options: GatherOptions): Promise<Gathered> {
  const { data } = options;
  const dataset = await readDataset(data);
  await refuseEmptyFolders(data, new Set([...dataset.items, ...dataset.other].map(({ category }) => category)));
  const drawn = options.synthetic === undefined ? undefined : await readDataset(options.synthetic);
  const all = [...new Set([...dataset.categories, ...(drawn?.categories ?? [])])];
  const labels = labelOrder(all).filter((label) => all.includes(label));
  if (dataset.categories.length < 2) {
    throw new EmagentError('EM_DATASET', `${data} holds ${dataset.categories.length === 0 ? 'no category' : `only one category, ${dataset.categories[0]!}`}: a network learns to tell apart, so there must be two at least.`);
  }
  const items = [...dataset.items, ...dataset.other];
  const split = await splitOf(items, options);
  await refuseBroken(items, options);
  const asExample = (item: DatasetItem): Example => ({ item, label: isOther(item.category) ? labels.length : labels.indexOf(item.category) });
  const part = (name: Part): Example[] => itemsOf(items, split, [name]).map(asExample);
  const examples = { train: part('train'), validation: part('validation'), test: part('test') };
  for (const category of dataset.categories) {
    const label = labels.indexOf(category);
    if (!examples.train.some((example) => example.label === label)) {
      const n = dataset.items.filter((item) => item.category === category).length;
      throw new EmagentError('EM_DATASET', `${category} has no picture in the training part (${n} in all): more pictures or specimens of it are needed, or another --seed or --split.`);
    }
  }
  if (examples.validation.length === 0) throw new EmagentError('EM_DATASET', 'The validation part is empty: without it nothing says when to stop; add pictures or give it a larger share in --ratios.');
  return {
    labels,
    withOther: examples.train.some(({ label }) => label === labels.length),
    split,
    examples,
    synthetic: drawn?.items.map(asExample) ?? [],
    warnings: warningsFor(labels, examples, split.by),
    counts: Object.fromEntries(labels.map((label, index) => [label, examples.train.filter((example) => example.label === index).length])),
  };
}
