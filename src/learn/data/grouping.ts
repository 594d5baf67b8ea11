import { readFile } from 'node:fs/promises';
import { EmagentError } from '../../contract/errors.ts';
import { parseCsv } from '../../lib/csv.ts';
import { groupKey, type DatasetItem } from '../dataset.ts';
import { clusters, pairsByHash, type Pair } from './near-duplicates.ts';
import type { SurveyedPicture } from './survey.ts';

/**
 * Bits of 64 in which near duplicates may differ. On the 564 real pictures of known groups that this was set with, 26 of the 27 pairs
 * within 10 bits were of one group, the other were neighbouring slices of one stack.
 */
export const NEAR_BITS = 10;

/**
 * Groups of a CSV with the columns `file` (`<Category>/<picture>`) and `group`. Throws EM_DATASET when it cannot be read, lacks a
 * column, or names pictures that are not there.
 */
export async function readGroups(path: string, items: readonly DatasetItem[]): Promise<Map<string, string>> {
  let rows: Record<string, string>[];
  try {
    rows = parseCsv(await readFile(path, 'utf8'));
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new EmagentError('EM_DATASET', missing ? `There is no file of groups ${path}.` : `The file of groups ${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
  const lacking = ['file', 'group'].find((column) => rows[0]?.[column] === undefined);
  if (lacking !== undefined) throw new EmagentError('EM_DATASET', `${path} has no column \`${lacking}\`: it needs \`file\` (\`<Category>/<picture>\`) and \`group\`.`);
  const there = new Set(items.map(({ file }) => file));
  const absent = rows.map((row) => row['file']!).filter((file) => !there.has(file));
  if (absent.length > 0) {
    const shown = absent.slice(0, 3).join(', ');
    throw new EmagentError('EM_DATASET', `${path} names ${absent.length} ${absent.length === 1 ? 'picture that is' : 'pictures that are'} not there: ${shown}${absent.length > 3 ? ', …' : ''}.`);
  }
  return new Map(rows.filter((row) => row['group'] !== '').map((row) => [row['file']!, row['group']!]));
}

export interface Grouped {
  /** As they came, each with the group by which it is split. */
  readonly items: readonly DatasetItem[];
  /** How many have their group from a list, and how many from looking alike. */
  readonly listed: number;
  readonly clustered: number;
}

/** Pictures that are near duplicates of one another, by their numbers. */
export const nearPairs = (pictures: readonly SurveyedPicture[]): Pair[] => pairsByHash(pictures.map(({ hash }) => hash), NEAR_BITS);

/**
 * Gives each picture the group by which it is split: the listed one where there is one; else that of the pictures that look like it
 * (of a listed group, if one of them has it); else none, a group of its own.
 */
export function groupPictures(pictures: readonly SurveyedPicture[], pairs: readonly Pair[]): Grouped {
  const cluster = clusters(pictures.length, pairs);
  const sizes = new Map<number, number>();
  const listedOf = new Map<number, string>();
  pictures.forEach(({ item: { group } }, index) => {
    const root = cluster[index]!;
    sizes.set(root, (sizes.get(root) ?? 0) + 1);
    if (group !== undefined && !listedOf.has(root)) listedOf.set(root, group);
  });
  let clustered = 0;
  const items = pictures.map(({ item }, index) => {
    const root = cluster[index]!;
    if (item.group !== undefined || sizes.get(root) === 1) return item;
    clustered++;
    return { ...item, group: listedOf.get(root) ?? `near duplicates of ${pictures[root]!.item.file}` };
  });
  return { items, listed: pictures.filter(({ item }) => item.group !== undefined).length, clustered };
}

/** Share of the test pictures that have a near duplicate, or one of their own group, among those trained on: what flatters a figure. */
export function leakedShare(pictures: readonly SurveyedPicture[], pairs: readonly Pair[], parts: { readonly train: readonly string[]; readonly test: readonly string[] }): number {
  const [train, test] = [new Set(parts.train), new Set(parts.test)];
  const shaOf = (index: number): string => pictures[index]!.item.sha256;
  const leaked = new Set<string>();
  for (const [a, b] of pairs) {
    if (train.has(shaOf(a)) && test.has(shaOf(b))) leaked.add(shaOf(b));
    if (train.has(shaOf(b)) && test.has(shaOf(a))) leaked.add(shaOf(a));
  }
  const trained = new Set(pictures.filter(({ item }) => train.has(item.sha256)).map(({ item }) => groupKey(item)));
  for (const { item } of pictures) if (test.has(item.sha256) && trained.has(groupKey(item))) leaked.add(item.sha256);
  return test.size === 0 ? 0 : leaked.size / test.size;
}
