import { describe, expect, test } from 'vitest';
import type { SearchOptions, TileGrid } from '../../src/contract/strategy.ts';
import { chooseItem, goalRate } from '../../src/search/goal-rate.ts';
import { worthwhile, type Region } from '../../src/search/going-rate.ts';
import { strategy as adaptive } from '../../src/search/strategies/adaptive.ts';
import { gridOf, LOOKS, play, searchOptions, worldOf } from './world.ts';

const items = (...gains: number[]): Region['items'] => gains.map((gain) => ({ gain, seconds: 1 }));
const region = (entryS: number, gains: readonly number[], inside: readonly Region[] = []): Region => ({ entryS, items: items(...gains), inside });

describe('the rate that fills the time', () => {
  const area = region(0, [], [region(2, [0.9, 0.8, 0.3]), region(2, [0.9, 0.2]), region(2, [0.6, 0.6, 0.6, 0.6])]);

  test.each([3, 5, 9, 11])('%i s: what pays at it takes at least so long, and what pays a little more does not', (seconds) => {
    const rate = goalRate(area, seconds);
    expect(worthwhile(area, rate).seconds).toBeGreaterThanOrEqual(seconds);
    // More than the best prefix rate pays nowhere.
    expect(worthwhile(area, rate * 1.001).seconds).toBeLessThan(seconds);
  });

  test('it falls as the time grows, and is 0 where there is time for everything', () => {
    const rates = [3, 6, 9, 12, 15, 30].map((seconds) => goalRate(area, seconds));
    expect(rates).toEqual([...rates].sort((a, b) => b - a));
    expect(rates.at(-1)).toBe(0);
  });

  test('a region that one is in is left when nothing in it will be wanted, not when another pays more', () => {
    const tree = region(0, [], [region(0, [0.5, 0.2]), region(1, [0.9, 0.9, 0.9, 0.9])]);
    expect(chooseItem(tree, 0.4)).toEqual({ region: tree.inside[0], item: 0 });
    expect(chooseItem(tree, 0.6)).toEqual({ region: tree.inside[1], item: 0 });
    expect(chooseItem(tree, 0.95)).toBeUndefined();
  });
});

describe('adaptive with a budget of time', () => {
  const fields = [1, 2, 3, 4, 5, 6].map((seed) => worldOf({ edgeTiles: 32, density: 0.05, scatter: 'tight', seed }));

  test('whatever time it is told, it decides alike when its state went through JSON', () => {
    const run = { finds: 1000, budgetSeconds: 150 } as const;
    expect(play(adaptive, fields[0]!, { ...run, throughJson: true }).trace).toBe(play(adaptive, fields[0]!, run).trace);
  });

  test('begins no survey from which nothing could be inspected and confirmed in time', () => {
    const grid = gridOf(fields[0]!);
    const first = (budget: { budgetSeconds?: number }): string =>
      adaptive.next(adaptive.start(grid, { ...searchOptions({ finds: 1000, seed: 1 }), ...budget }), { xUm: 0, yUm: 0, fieldWidthUm: LOOKS.inspect.fieldWidthUm }).kind;
    // Inspecting and confirming alone take 3 s and 12 s, a survey before them 9 s more.
    expect([first({}), first({ budgetSeconds: 40 }), first({ budgetSeconds: 20 })]).toEqual(['survey', 'survey', 'inspect']);
  });

  test('confirms more in the time that it was told', () => {
    const finds = (told: boolean): number =>
      fields.reduce((sum, world) => {
        const untold = { ...adaptive, start: (grid: TileGrid, options: SearchOptions) => adaptive.start(grid, { ...options, budgetSeconds: undefined }) };
        return sum + play(told ? adaptive : untold, world, { finds: 1000, budgetSeconds: 120 }).trueFinds;
      }, 0);
    expect(finds(true)).toBeGreaterThan(finds(false));
  });

  test('a goal that is expected long before the end leaves every decision as it is without a budget', () => {
    const [told, untold] = [{ budgetSeconds: 1e6 }, {}].map((budget) => play(adaptive, fields[1]!, { finds: 3, ...budget }));
    expect(told!.trace).toBe(untold!.trace);
  });

  test('the time is told by what looks took, failed ones included', () => {
    const { observations, seconds } = play(adaptive, fields[2]!, { finds: 1000, budgetSeconds: 60, skippedShare: 0.2 });
    let state = adaptive.start(gridOf(fields[2]!), { ...searchOptions({ finds: 1000, seed: 1 }), budgetSeconds: 60 });
    for (const observation of observations) state = adaptive.observe(state, observation);
    expect(state.spentS).toBeCloseTo(seconds, 6);
    expect(state.goal!.rate).toBeGreaterThan(0);
  });
});
