import { EmagentError } from '../../contract/errors.ts';
import type { SplitFile } from '../../contract/model-manifest.ts';
import { readDataset, isOther } from '../dataset.ts';
import { itemsOf, PARTS, splitItems, type Part } from '../split.ts';
import { groupPictures, leakedShare, nearPairs, readGroups } from './grouping.ts';
import { surveyPictures, type SurveyOptions } from './survey.ts';

export interface MakeSplitOptions extends SurveyOptions {
  readonly dir: string;
  readonly by: SplitFile['by'];
  readonly shares: Readonly<Record<Part, number>>;
  readonly seed: number;
  /** CSV with the columns `file` and `group`; else `sources.csv` of the data set, if it has one. */
  readonly groups?: string;
}

export interface MadeSplit {
  readonly split: SplitFile;
  readonly pictures: Readonly<Record<Part, number>>;
  /** Pictures of each category in each part. */
  readonly counts: Readonly<Record<string, Readonly<Record<Part, number>>>>;
  /** Pictures whose group was listed, and those grouped because they look alike. */
  readonly groups: { readonly listed: number; readonly clustered: number };
  /** Share of the test pictures with a near duplicate or one of their group in the training part. */
  readonly leakedShare: number;
  readonly unreadable: readonly { readonly file: string; readonly reason: string }[];
  readonly warnings: readonly string[];
}

/** `70/20/10` as shares of 1. Throws EM_USAGE. */
export function parseRatios(text: string): Record<Part, number> {
  const numbers = text.split('/').map((word) => (word.trim() === '' ? NaN : Number(word)));
  if (numbers.length !== 3 || numbers.some((value) => !Number.isFinite(value) || value < 0)) {
    throw new EmagentError('EM_USAGE', `--ratios ${text} is not three numbers, as in 70/20/10: training, validation, test.`);
  }
  const sum = numbers.reduce((total, value) => total + value, 0);
  if (Math.abs(sum - 100) > 1e-6 && Math.abs(sum - 1) > 1e-6) throw new EmagentError('EM_USAGE', `--ratios ${text} add up to ${Math.round(sum * 1e6) / 1e6}, not to 100.`);
  if (numbers[0] === 0) throw new EmagentError('EM_USAGE', `--ratios ${text} leave nothing to train on.`);
  return { train: numbers[0]! / sum, validation: numbers[1]! / sum, test: numbers[2]! / sum };
}

function warningsFor({ by, shares }: MakeSplitOptions, counts: MadeSplit['counts'], leaked: number): string[] {
  const warnings: string[] = [];
  if (by === 'image') {
    warnings.push(`Split by image: ${(100 * leaked).toFixed(1)} % of the test pictures have a picture of the same specimen or a near duplicate in the training part; figures on them flatter. --by group keeps them together.`);
  }
  for (const [category, own] of Object.entries(counts)) {
    const empty = PARTS.filter((part) => shares[part] > 0 && own[part] === 0);
    if (empty.length > 0 && !isOther(category)) warnings.push(`${category} has no pictures in the ${empty.join(' and the ')} part: too few groups of it.`);
  }
  return warnings;
}

/** Splits a data set by group or by image; nothing is moved. Unreadable pictures are in no part. Throws EM_DATASET. */
export async function makeSplit(options: MakeSplitOptions): Promise<MadeSplit> {
  const { dir, by, shares, seed } = options;
  const dataset = await readDataset(dir);
  const all = [...dataset.items, ...dataset.other];
  const listed = options.groups === undefined ? undefined : await readGroups(options.groups, all);
  const wanted = listed === undefined ? all : all.map(({ group: _group, ...item }) => ({ ...item, ...(listed.has(item.file) && { group: listed.get(item.file)! }) }));
  const { pictures, unreadable } = await surveyPictures(wanted, options);
  if (pictures.length === 0) throw new EmagentError('EM_DATASET', `None of the ${unreadable.length} pictures in ${dir} can be read: ${unreadable[0]?.file ?? ''} ${unreadable[0]?.reason ?? ''}.`);
  const pairs = nearPairs(pictures);
  const grouped = groupPictures(pictures, pairs);
  const { parts, ...rest } = splitItems(grouped.items, { seed, by, shares });
  const groupsFrom = [...(grouped.listed > 0 ? [options.groups === undefined ? 'sources.csv' : 'a list of groups'] : []), 'near duplicates (perceptual hash)'].join(', else ');
  const split: SplitFile = { ...rest, shares: { ...shares }, ...(by === 'group' && { groupsFrom }), parts };
  const inPart = Object.fromEntries(PARTS.map((part) => [part, itemsOf(grouped.items, split, [part])])) as Record<Part, typeof all>;
  const counts = Object.fromEntries(
    [...new Set(all.map(({ category }) => category))].sort().map((category) => [
      category,
      Object.fromEntries(PARTS.map((part) => [part, inPart[part].filter((item) => item.category === category).length])) as Record<Part, number>,
    ]),
  );
  const leaked = leakedShare(pictures.map((picture, index) => ({ ...picture, item: grouped.items[index]! })), pairs, parts);
  return {
    split,
    pictures: Object.fromEntries(PARTS.map((part) => [part, inPart[part].length])) as Record<Part, number>,
    counts,
    groups: { listed: grouped.listed, clustered: grouped.clustered },
    leakedShare: leaked,
    unreadable,
    warnings: [...warningsFor(options, counts, leaked), ...unreadable.map(({ file, reason }) => `${file} cannot be read and is in no part: ${reason}`)],
  };
}
