import { describe, expect, test } from 'vitest';
import type { SearchStrategy } from '../../src/contract/strategy.ts';
import { tileCentre } from '../../src/search/grid.ts';
import { strategyNames } from '../../src/search/registry.ts';
import type { SearchState } from '../../src/search/state.ts';
import { BASELINES, loadBenchStrategy } from '../../bench/search/baselines/registry.ts';
import { createWorld } from '../../bench/search/create-world.ts';
import type { Family } from '../../bench/search/families/family.ts';
import { loadFamily } from '../../bench/search/families/registry.ts';
import { boundHolds, falseFindsInInterval, foresightOf, HONEST_DEVIATIONS } from '../../bench/search/honesty.ts';
import { play } from '../../bench/search/player.ts';
import type { World } from '../../bench/search/world.ts';

const DENSITY = 0.05;
/** Each tile holds a target with the same probability, whatever the others hold. */
const independent: Family = {
  id: 'independent',
  summary: '',
  field: ({ columns, rows, random }) => ({ targets: Array.from({ length: columns * rows }, (_, tile) => tile).filter(() => random.uniform() < DENSITY), prevalence: DENSITY, profile: 'bench-top' }),
};
const worlds = Array.from({ length: 12 }, (_, seed) => createWorld(independent, 32, seed));
const claim = { surveySeparation: 1.5 };

describe('knowing more than one was told', () => {
  test.each([...strategyNames, ...Object.keys(BASELINES)])('%s does not', async (name) => {
    const strategy = await loadBenchStrategy(name, claim);
    const { inspected, deviations } = foresightOf(() => strategy, worlds, DENSITY);
    expect(inspected).toBeGreaterThan(100);
    expect(Math.abs(deviations)).toBeLessThan(HONEST_DEVIATIONS);
  });

  /** Reads the truth for a small part of its decisions only. */
  const peeking = (honest: SearchStrategy<SearchState>, world: World, every: number): SearchStrategy => {
    const hidden = [...world.targets];
    let turn = 0;
    return {
      ...honest,
      next: (state, here) => {
        const action = honest.next(state as SearchState, here);
        const tile = hidden.find((target) => (state as SearchState).seen[target]! < 2);
        if (action.kind !== 'inspect' || tile === undefined || turn++ % every !== 0) return action;
        return { ...action, tile, look: { ...action.look, ...tileCentre(world.grid, tile) } };
      },
    } as SearchStrategy;
  };

  test.each([1, 10])('a strategy that reads the truth for one look in %i is found out', async (every) => {
    const honest = (await loadBenchStrategy('serpentine', claim)) as SearchStrategy<SearchState>;
    const { deviations } = foresightOf((world) => peeking(honest, world, every), worlds, DENSITY);
    expect(deviations).toBeGreaterThan(HONEST_DEVIATIONS);
  });
});

describe('a bound on what is left that is too small', () => {
  const covered = (strategy: SearchStrategy): number =>
    worlds.filter((world, seed) => {
      const { targetsLeft, missed } = play(strategy, world, { seed });
      return targetsLeft <= missed.upper95;
    }).length;

  test.each(['serpentine', 'adaptive'])('is found out: the belief of %s, made surer than it is', async (name) => {
    const honest = await loadBenchStrategy(name, claim);
    const sure: SearchStrategy = {
      ...honest,
      summarise: (state) => {
        const summary = honest.summarise(state);
        const { expected } = summary.missed;
        return { ...summary, missed: { expected: 0.4 * expected, upper95: 0.5 * expected } };
      },
    };
    expect(boundHolds(covered(honest), worlds.length)).toBe(true);
    expect(boundHolds(covered(sure), worlds.length)).toBe(false);
  });

  test.each(['inverted-survey', 'overstated'])('and adaptive gives none such where the scores of surveys mislead: %s', async (name) => {
    const family = await loadFamily(name);
    const misleading = Array.from({ length: 24 }, (_, seed) => createWorld(family, 16, 100 + seed));
    const runs = await Promise.all(misleading.map(async (world, seed) => play(await loadBenchStrategy('adaptive', claim), world, { seed })));
    expect(boundHolds(runs.filter(({ targetsLeft, missed }) => targetsLeft <= missed.upper95).length, runs.length)).toBe(true);
    expect(falseFindsInInterval(runs.reduce((sum, run) => sum + run.falseFinds, 0), runs.reduce((sum, run) => sum + run.declared, 0))).toBe(true);
  });

  test('the verdict is that of the binomial distribution', () => {
    // P(X <= 460 | 500, 0.95) is 0.4 %, P(X <= 464) is 2.0 %.
    expect([460, 464, 475, 500].map((held) => boundHolds(held, 500))).toEqual([false, true, true, true]);
    // P(X >= 4 | 100, 0.01) is 1.8 %, P(X >= 3) is 7.9 %.
    expect([0, 3, 4].map((wrong) => falseFindsInInterval(wrong, 100))).toEqual([true, true, false]);
  });
});
