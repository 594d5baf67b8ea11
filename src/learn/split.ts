import type { SplitFile } from '../contract/model-manifest.ts';
import { randomFor, type Random } from '../lib/random.ts';
import { groupKey, type DatasetItem } from './dataset.ts';

export type Part = keyof SplitFile['parts'];
export const PARTS: readonly Part[] = ['train', 'validation', 'test'];

export interface SplitOptions {
  readonly seed: number;
  /** `group` keeps a specimen on one side; `image` does not, and its figures flatter. */
  readonly by: SplitFile['by'];
  /** Shares of the pictures; they sum to 1. */
  readonly shares: Readonly<Record<Part, number>>;
}

/** 58 % train, 15 % validation, 27 % test. */
export const DEFAULT_SHARES: Readonly<Record<Part, number>> = { train: 0.58, validation: 0.15, test: 0.27 };

export function shuffle<T>(values: readonly T[], random: Random): T[] {
  const result = [...values];
  for (let last = result.length - 1; last > 0; last--) {
    const other = random.integer(last + 1);
    [result[last], result[other]] = [result[other]!, result[last]!];
  }
  return result;
}

/** Pictures that must stay together: one group, and byte-identical copies whatever their groups say. */
export function unitsOf(items: readonly DatasetItem[], by: SplitFile['by']): DatasetItem[][] {
  const parent = new Map<string, string>();
  const find = (key: string): string => {
    let root = key;
    while (parent.get(root) !== undefined && parent.get(root) !== root) root = parent.get(root)!;
    return root;
  };
  for (const item of items) {
    const left = find(`sha ${item.sha256}`);
    const right = find(by === 'group' ? `group ${groupKey(item)}` : `sha ${item.sha256}`);
    parent.set(left, right);
    parent.set(right, right);
  }
  const units = new Map<string, DatasetItem[]>();
  for (const item of items) {
    const root = find(`sha ${item.sha256}`);
    const unit = units.get(root);
    if (unit === undefined) units.set(root, [item]);
    else unit.push(item);
  }
  return [...units.values()];
}

/**
 * Deals units to `shares.length` bins so that each category is shared out as well as whole units allow: iterative
 * stratification (Sechidis, Tsoumakas and Vlahavas 2011), the rarest category first, its largest units first, each to the bin
 * that lacks most of it. Pictures and units count alike, so that one large specimen does not keep the others of its category
 * out of a bin. Returns the bin of each unit.
 */
export function dealUnits(units: readonly (readonly DatasetItem[])[], shares: readonly number[], random: Random): number[] {
  const sizes = units.map((unit) => {
    const size = new Map<string, number>();
    for (const { category } of unit) size.set(category, (size.get(category) ?? 0) + 1);
    return size;
  });
  const totals = new Map<string, { pictures: number; units: number }>();
  for (const size of sizes) {
    for (const [category, pictures] of size) {
      const total = totals.get(category) ?? { pictures: 0, units: 0 };
      totals.set(category, { pictures: total.pictures + pictures, units: total.units + 1 });
    }
  }
  // What each bin still lacks of a category, as a share of it: once in pictures, once in units.
  const lacking = new Map([...totals.keys()].map((category) => [category, shares.map((share) => 2 * share)]));
  const room = [...shares];
  const bins = units.map(() => -1);
  const order = shuffle(units.map((_, index) => index), random);
  const rarestFirst = [...totals].sort((a, b) => a[1].pictures - b[1].pictures || (a[0] < b[0] ? -1 : 1)).map(([category]) => category);
  for (const category of rarestFirst) {
    const size = (index: number): number => sizes[index]!.get(category) ?? 0;
    const waiting = order.filter((index) => bins[index] === -1 && size(index) > 0).sort((a, b) => size(b) - size(a));
    for (const index of waiting) {
      const need = lacking.get(category)!;
      let best = 0;
      for (let bin = 1; bin < shares.length; bin++) {
        const gain = need[bin]! - need[best]!;
        if (gain > 1e-9 || (gain > -1e-9 && room[bin]! > room[best]!)) best = bin;
      }
      bins[index] = best;
      room[best]! -= 1 / units.length;
      for (const [own, pictures] of sizes[index]!) {
        const total = totals.get(own)!;
        lacking.get(own)![best]! -= pictures / total.pictures + 1 / total.units;
      }
    }
  }
  return bins;
}

/** Splits pictures (those of `_` folders too) into train, validation and test. Same items and seed, same split. */
export function splitItems(items: readonly DatasetItem[], options: SplitOptions): SplitFile {
  const units = unitsOf(items, options.by);
  const bins = dealUnits(units, PARTS.map((part) => options.shares[part]), randomFor(options.seed, 'split'));
  const parts: Record<Part, string[]> = { train: [], validation: [], test: [] };
  units.forEach((unit, index) => parts[PARTS[bins[index]!]!].push(...unit.map((item) => item.sha256)));
  for (const part of PARTS) parts[part] = [...new Set(parts[part])].sort();
  return { v: 1, seed: options.seed, by: options.by, parts };
}

/** The items whose sha256 stands in these parts. */
export function itemsOf<T extends { readonly sha256: string }>(items: readonly T[], split: SplitFile, parts: readonly Part[]): T[] {
  const wanted = new Set(parts.flatMap((part) => split.parts[part]));
  return items.filter((item) => wanted.has(item.sha256));
}

/** For each item the fold in which it is held out: whole groups, categories spread over the folds. */
export function groupFolds(items: readonly DatasetItem[], options: { folds: number; seed: number; by?: SplitFile['by'] }): Int32Array {
  const units = unitsOf(items, options.by ?? 'group');
  const bins = dealUnits(units, Array.from({ length: options.folds }, () => 1 / options.folds), randomFor(options.seed, 'folds'));
  const foldOf = new Map<DatasetItem, number>();
  units.forEach((unit, index) => unit.forEach((item) => foldOf.set(item, bins[index]!)));
  return Int32Array.from(items, (item) => foldOf.get(item)!);
}

/** One fold per laboratory; pictures whose laboratory is not known make one fold together. */
export function laboratoryFolds(items: readonly DatasetItem[]): { folds: Int32Array; laboratories: string[] } {
  const laboratories = [...new Set(items.map((item) => item.laboratory ?? ''))].sort();
  const number = new Map(laboratories.map((laboratory, index) => [laboratory, index]));
  return { folds: Int32Array.from(items, (item) => number.get(item.laboratory ?? '')!), laboratories };
}
