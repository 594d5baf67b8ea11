import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DatasetItem } from '../../src/learn/dataset.ts';
import { DEFAULT_SHARES, groupFolds, itemsOf, laboratoryFolds, PARTS, splitItems } from '../../src/learn/split.ts';

const sha = (index: number): string => index.toString(16).padStart(64, '0');
const item = (index: number, category: string, extra: Partial<DatasetItem> = {}): DatasetItem => ({
  path: `x/${index}`,
  file: `${category}/${index}.png`,
  category,
  sha256: sha(index),
  ...extra,
});

const anyItems = fc
  .array(fc.record({ category: fc.constantFrom('A', 'B', 'C'), group: fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined }), copy: fc.boolean() }), { minLength: 1, maxLength: 80 })
  .map((rows) =>
    rows.map(({ category, group, copy }, index) => item(copy && index > 0 ? index - 1 : index, category, group === undefined ? {} : { group: `g${group}` })),
  );

describe('splits', () => {
  test('no group and no copied picture is on two sides, every picture is somewhere, whatever the data', () => {
    fc.assert(
      fc.property(anyItems, fc.integer(), (items, seed) => {
        const split = splitItems(items, { seed, by: 'group', shares: DEFAULT_SHARES });
        const sides = PARTS.map((part) => itemsOf(items, split, [part]));
        expect(new Set(sides.flat().map(({ sha256 }) => sha256)).size).toBe(new Set(items.map(({ sha256 }) => sha256)).size);
        expect(PARTS.flatMap((part) => split.parts[part]).length).toBe(new Set(items.map(({ sha256 }) => sha256)).size);
        for (const key of ['sha256', 'group'] as const) {
          const seen = new Map<string, number>();
          sides.forEach((side, part) => {
            for (const value of side.map((entry) => entry[key])) {
              if (value === undefined) continue;
              expect(seen.get(value) ?? part).toBe(part);
              seen.set(value, part);
            }
          });
        }
      }),
      { numRuns: 200 },
    );
  });

  test('the same seed gives the same split, another seed another', () => {
    const items = Array.from({ length: 60 }, (_, index) => item(index, index % 2 === 0 ? 'A' : 'B', { group: `g${index >> 1}` }));
    const split = (seed: number) => splitItems(items, { seed, by: 'group', shares: DEFAULT_SHARES });
    expect(split(1)).toEqual(split(1));
    expect(split(1)).not.toEqual(split(2));
  });

  test('every category gets its share of each part where groups are small', () => {
    const items = Array.from({ length: 200 }, (_, index) => item(index, index % 10 === 0 ? 'Rare' : 'Common', { group: `g${index}` }));
    const split = splitItems(items, { seed: 3, by: 'group', shares: DEFAULT_SHARES });
    const held = itemsOf(items, split, ['test']);
    expect(held.filter(({ category }) => category === 'Rare').length).toBeGreaterThanOrEqual(5);
    expect(held.length).toBeGreaterThan(48);
    expect(held.length).toBeLessThan(60);
  });

  test('by image, a group may be on both sides', () => {
    const items = Array.from({ length: 40 }, (_, index) => item(index, 'A', { group: 'one' }));
    const split = splitItems(items, { seed: 1, by: 'image', shares: DEFAULT_SHARES });
    expect(split.parts.train.length).toBeGreaterThan(0);
    expect(split.parts.test.length).toBeGreaterThan(0);
  });

  test('folds keep groups together and use every fold', () => {
    const items = Array.from({ length: 50 }, (_, index) => item(index, index % 3 === 0 ? 'A' : 'B', { group: `g${index >> 1}` }));
    const folds = groupFolds(items, { folds: 5, seed: 1 });
    expect(new Set(folds).size).toBe(5);
    items.forEach((entry, index) => expect(folds[index]).toBe(folds[items.findIndex(({ group }) => group === entry.group)]));
  });

  test('laboratory folds: one for each, the unknown together', () => {
    const items = [item(0, 'A', { laboratory: 'x' }), item(1, 'A'), item(2, 'B', { laboratory: 'y' }), item(3, 'B'), item(4, 'B', { laboratory: 'x' })];
    const { folds, laboratories } = laboratoryFolds(items);
    expect(laboratories).toEqual(['', 'x', 'y']);
    expect([...folds]).toEqual([1, 0, 2, 0, 1]);
  });
});
