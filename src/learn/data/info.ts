import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EmagentError } from '../../contract/errors.ts';
import { readSplit } from '../../lib/split-file.ts';
import { parseCsv } from '../../lib/csv.ts';
import { readDataset, type DatasetItem } from '../dataset.ts';
import { itemsOf, PARTS, type Part } from '../split.ts';
import { NEAR_BITS, nearPairs } from './grouping.ts';
import { clusterMembers, clusters, type Pair } from './near-duplicates.ts';
import { surveyPictures, type SurveyedPicture, type SurveyOptions } from './survey.ts';

export interface CategoryInfo {
  readonly n: number;
  /** Of the pictures of all categories; `_` folders are no category. */
  readonly share: number;
  /** Specimens and laboratories, where `sources.csv` names them. */
  readonly groups?: number;
  readonly laboratories?: number;
  /** Least, median and greatest width. */
  readonly widthPx: readonly [number, number, number];
  readonly heightPx: readonly [number, number, number];
  /** Pictures in each part, when a split was given. */
  readonly parts?: Readonly<Record<Part, number>>;
}

export interface DatasetInfo {
  readonly dir: string;
  /** Pictures of the categories. */
  readonly n: number;
  readonly categories: Readonly<Record<string, CategoryInfo>>;
  /** Folders whose name begins with `_`. */
  readonly other: Readonly<Record<string, CategoryInfo>>;
  /** Pictures of the largest category for each of the smallest. */
  readonly imbalance: number;
  /** The most common sizes first. */
  readonly sizes: readonly { readonly widthPx: number; readonly heightPx: number; readonly n: number }[];
  readonly bytes: number;
  readonly duplicates: {
    /** Byte-identical files. `surplus` of them could go. */
    readonly exact: { readonly surplus: number; readonly acrossCategories: number; readonly sets: readonly (readonly string[])[] };
    /** Pictures that look alike, exact ones apart: each set hangs together through pairs within `bits` of the 64 of a perceptual hash. */
    readonly near: { readonly method: 'perceptual hash'; readonly bits: number; readonly pictures: number; readonly acrossCategories: number; readonly sets: readonly (readonly string[])[] };
  };
  readonly unreadable: readonly { readonly file: string; readonly reason: string }[];
  /** What `sources.csv` names although it is not there, and pictures that it does not name. */
  readonly sources?: { readonly rows: number; readonly missing: readonly string[]; readonly unnamed: number };
}

const range = (values: readonly number[]): [number, number, number] => {
  const sorted = values.toSorted((a, b) => a - b);
  return [sorted[0] ?? 0, sorted[sorted.length >> 1] ?? 0, sorted.at(-1) ?? 0];
};

const distinct = (values: readonly (string | undefined)[]): number => new Set(values.filter((value) => value !== undefined)).size;

interface Context {
  readonly items: readonly DatasetItem[];
  readonly pictures: readonly SurveyedPicture[];
  readonly ofCategories: number;
  readonly parts: Readonly<Record<Part, ReadonlySet<string>>> | undefined;
}

function categoryInfo(category: string, { items, pictures, ofCategories, parts }: Context): CategoryInfo {
  const own = items.filter((item) => item.category === category);
  const seen = pictures.filter(({ item }) => item.category === category);
  const [groups, laboratories] = [distinct(own.map(({ group }) => group)), distinct(own.map(({ laboratory }) => laboratory))];
  return {
    n: own.length,
    share: own.length / ofCategories,
    ...(groups > 0 && { groups }),
    ...(laboratories > 0 && { laboratories }),
    widthPx: range(seen.map(({ widthPx }) => widthPx)),
    heightPx: range(seen.map(({ heightPx }) => heightPx)),
    ...(parts !== undefined && { parts: Object.fromEntries(PARTS.map((part) => [part, own.filter(({ sha256 }) => parts[part].has(sha256)).length])) as Record<Part, number> }),
  };
}

const across = (sets: readonly (readonly DatasetItem[])[]): number => sets.filter((set) => new Set(set.map(({ category }) => category)).size > 1).length;
const names = (sets: readonly (readonly DatasetItem[])[]): string[][] => sets.map((set) => set.map(({ file }) => file));

function exactSets(items: readonly DatasetItem[]): DatasetItem[][] {
  const bySha = new Map<string, DatasetItem[]>();
  for (const item of items) bySha.set(item.sha256, [...(bySha.get(item.sha256) ?? []), item]);
  return [...bySha.values()].filter((set) => set.length > 1);
}

/** Sets of near duplicates that are not merely copies of one file. */
function nearSets(pictures: readonly SurveyedPicture[], pairs: readonly Pair[]): DatasetItem[][] {
  const sets = clusterMembers(clusters(pictures.length, pairs)).map((members) => members.map((index) => pictures[index]!.item));
  return sets.filter((set) => new Set(set.map(({ sha256 }) => sha256)).size > 1);
}

async function sourcesInfo(dir: string, items: readonly DatasetItem[]): Promise<DatasetInfo['sources']> {
  const text = await readFile(join(dir, 'sources.csv'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const named = new Set(parseCsv(text).map((row) => row['file'] ?? ''));
  const there = new Set(items.map(({ file }) => file));
  return { rows: named.size, missing: [...named].filter((file) => !there.has(file)), unnamed: items.filter(({ file }) => !named.has(file)).length };
}

/** Looks at every picture of a data set. `split` is the path of a split file, to count its parts. Throws EM_DATASET. */
export async function datasetInfo(dir: string, { split, ...options }: SurveyOptions & { readonly split?: string } = {}): Promise<DatasetInfo> {
  const file = split === undefined ? undefined : await readSplit(split);
  const dataset = await readDataset(dir);
  const items = [...dataset.items, ...dataset.other];
  if (file !== undefined && itemsOf(items, file, PARTS).length === 0) throw new EmagentError('EM_DATASET', `The split ${split} is of another data set: it knows none of the ${items.length} pictures in ${dir}.`);
  const { pictures, unreadable } = await surveyPictures(items, options);
  const parts = file === undefined ? undefined : (Object.fromEntries(PARTS.map((part) => [part, new Set(itemsOf(items, file, [part]).map(({ sha256 }) => sha256))])) as Record<Part, Set<string>>);
  const context: Context = { items, pictures, ofCategories: Math.max(1, dataset.items.length), parts };
  const infoOf = (categories: readonly string[]): Record<string, CategoryInfo> => Object.fromEntries(categories.map((category) => [category, categoryInfo(category, context)]));
  const categories = infoOf(dataset.categories);
  const counts = Object.values(categories).map(({ n }) => n);
  const sizes = new Map<string, { widthPx: number; heightPx: number; n: number }>();
  for (const { widthPx, heightPx } of pictures) {
    const key = `${widthPx}x${heightPx}`;
    sizes.set(key, { widthPx, heightPx, n: (sizes.get(key)?.n ?? 0) + 1 });
  }
  const exact = exactSets(items);
  const near = nearSets(pictures, nearPairs(pictures));
  const sources = await sourcesInfo(dir, items);
  return {
    dir,
    n: dataset.items.length,
    categories,
    other: infoOf([...new Set(dataset.other.map(({ category }) => category))]),
    imbalance: counts.length === 0 ? 1 : Math.max(...counts) / Math.min(...counts),
    sizes: [...sizes.values()].sort((a, b) => b.n - a.n || a.widthPx - b.widthPx || a.heightPx - b.heightPx),
    bytes: pictures.reduce((sum, { bytes }) => sum + bytes, 0),
    duplicates: {
      exact: { surplus: exact.reduce((sum, set) => sum + set.length - 1, 0), acrossCategories: across(exact), sets: names(exact) },
      near: { method: 'perceptual hash', bits: NEAR_BITS, pictures: near.reduce((sum, set) => sum + set.length, 0), acrossCategories: across(near), sets: names(near) },
    },
    unreadable,
    ...(sources !== undefined && { sources }),
  };
}
