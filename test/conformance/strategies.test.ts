import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Action } from '../../src/contract/strategy.ts';
import { tileCount } from '../../src/search/grid.ts';
import { DEFAULT_STRATEGY, STRATEGIES } from '../../src/search/registry.ts';
import { allStrategies, gridOf, play, searchOptions, worldOf } from '../search/world.ts';

const strategies = await allStrategies();

/** Small worlds with every kind of trouble; a world smaller than 3 x 3 could not hold its five targets. */
const settings = fc
  .record({
    seed: fc.integer({ min: 0, max: 1e6 }),
    edgeTiles: fc.integer({ min: 3, max: 13 }),
    scatter: fc.constantFrom('uniform' as const, 'loose' as const),
    surveySeparation: fc.constantFrom(0, 1.5, -1.5),
    skippedShare: fc.constantFrom(0, 0.1, 0.5, 1),
    rejectedShare: fc.constantFrom(0, 0.2),
    excludedShare: fc.constantFrom(0, 0.3),
    finds: fc.constantFrom(1, 4, 1000),
  })
  .map(({ seed, edgeTiles, finds, skippedShare, rejectedShare, excludedShare, ...rest }) => {
    const scattered = (tile: number): number => ((tile * 2654435761 + seed) >>> 0) / 2 ** 32;
    const excluded = Array.from({ length: edgeTiles ** 2 }, (_, tile) => tile).filter((tile) => scattered(tile) < excludedShare);
    return {
      world: worldOf({ seed, edgeTiles, density: 0.1, ...rest }),
      options: { seed, finds, skippedShare, rejectedShare: rejectedShare * (1 - skippedShare), excluded },
    };
  });

test('the default is a strategy that exists', () => {
  expect(Object.keys(STRATEGIES)).toContain(DEFAULT_STRATEGY);
  expect(strategies.length).toBeGreaterThanOrEqual(4);
});

describe.each(strategies)('%s', (name, strategy) => {
  test('says the same of itself as the registry', () => {
    expect(strategy.id).toBe(name);
    expect(strategy.summary).toBe(STRATEGIES[name].summary);
  });

  test('inspects every tile once when there is no end to what is wanted, and says so', () => {
    const run = play(strategy, worldOf(), { finds: 1000 });
    expect(run.outcome).toBe('exhausted');
    const inspected = run.actions.flatMap((action) => (action.kind === 'inspect' ? [action.tile] : []));
    expect([...inspected].sort((a, b) => a - b)).toEqual(Array.from({ length: 256 }, (_, tile) => tile));
    expect(run.summary.tiles).toMatchObject({ total: 256, inspected: 256, skipped: 0 });
    expect(run.summary.seen.every((code) => code === 2 || code === 3)).toBe(true);
  });

  test('stops at the wanted number of finds, numbered in order, each inside its tile', () => {
    const run = play(strategy, worldOf({ density: 0.05 }), { finds: 3 });
    expect(run.outcome).toBe('found');
    expect(run.summary.finds.map(({ id }) => id)).toEqual(['find-1', 'find-2', 'find-3']);
    for (const find of run.summary.finds) expect(find.probability).toBeGreaterThan(0.98);
    expect(run.falseFinds).toBe(0);
  });

  test('a find is declared only after a confirm look at its tile', () => {
    const run = play(strategy, worldOf({ density: 0.05 }));
    for (const { tile } of run.summary.finds) expect(run.actions.some((action) => action.kind === 'confirm' && action.tile === tile)).toBe(true);
  });

  test('gives actions that the contract accepts and does not change the state', () => {
    const world = worldOf();
    const state = strategy.start(gridOf(world), searchOptions({ finds: 1, seed: 3 }));
    const before = JSON.stringify(state);
    const here = { xUm: 0, yUm: 0, fieldWidthUm: 20 };
    const action = strategy.next(state, here);
    expect(Action.parse(action)).toEqual(action);
    expect(strategy.next(state, here)).toEqual(action);
    strategy.summarise(state);
    expect(JSON.stringify(state)).toBe(before);
  });

  test('ends on any world, with failing looks too, and never looks at an excluded tile', () => {
    fc.assert(
      fc.property(settings, ({ world, options }) => {
        const run = play(strategy, world, options);
        const excluded = new Set(options.excluded);
        for (const action of run.actions) {
          if (action.kind === 'inspect' || action.kind === 'confirm') expect(excluded.has(action.tile)).toBe(false);
          if (action.kind === 'survey') expect(action.tiles.some((tile) => excluded.has(tile))).toBe(false);
        }
        const inspections = new Map<number, number>();
        for (const action of run.actions) if (action.kind === 'inspect') inspections.set(action.tile, (inspections.get(action.tile) ?? 0) + 1);
        for (const count of inspections.values()) expect(count).toBeLessThanOrEqual(5);
        if (run.outcome === 'exhausted') {
          expect(inspections.size).toBe(tileCount(gridOf(world)) - excluded.size);
          expect(run.summary.tiles.inspected + run.summary.seen.filter((code) => code === 4).length).toBeGreaterThanOrEqual(inspections.size);
        }
        expect(run.summary.posterior.every((p, tile) => (excluded.has(tile) ? p === -1 : p >= 0 && p <= 1))).toBe(true);
        expect(run.summary.missed.upper95).toBeGreaterThanOrEqual(run.summary.missed.expected);
      }),
      { numRuns: 60, seed: 11 },
    );
  });

  test('state through JSON after every step, and a second run, decide the same', () => {
    fc.assert(
      fc.property(settings, ({ world, options }) => {
        const run = play(strategy, world, options);
        expect(play(strategy, world, { ...options, throughJson: true }).actions).toEqual(run.actions);
      }),
      { numRuns: 25, seed: 12 },
    );
  });

  test('replays from recorded observations to identical actions', () => {
    const world = worldOf();
    const run = play(strategy, world, { skippedShare: 0.1, rejectedShare: 0.1 });
    let state = strategy.start(gridOf(world), searchOptions({ finds: 5, seed: 1 }));
    run.observations.forEach((observation, index) => {
      expect(strategy.next(state, run.heres[index]!)).toEqual(run.actions[index]);
      state = strategy.observe(state, JSON.parse(JSON.stringify(observation)) as typeof observation);
    });
    expect(strategy.next(state, run.heres.at(-1)!)).toEqual(run.actions.at(-1));
  });
});
