import { describe, expect, test } from 'vitest';
import { gammaCdf } from '../../src/search/quantile.ts';
import { strategy as adaptive } from '../../src/search/strategies/adaptive.ts';
import { strategy as serpentine } from '../../src/search/strategies/serpentine.ts';
import { interlacedOrder, spiralOrder, randomOrder, serpentineOrder } from '../../src/search/orders.ts';
import { gridOf, play, searchOptions, worldOf, type TestPlay } from './world.ts';

const SEEDS = 30;
const total = (runs: readonly TestPlay[], count: (run: TestPlay) => number): number => runs.reduce((sum, run) => sum + count(run), 0);

/** State in which a search for five finds ends. */
function observedState(world: Parameters<typeof play>[1], seed: number): ReturnType<typeof adaptive.start> {
  const { observations } = play(adaptive, world, { seed });
  let state = adaptive.start(gridOf(world), searchOptions({ finds: 5, seed }));
  for (const observation of observations) state = adaptive.observe(state, observation);
  return state;
}

describe.each(['loose', 'tight'] as const)('%s clusters, 1 %% of 4096 tiles, 30 seeds', (scatter) => {
  const runs = Array.from({ length: SEEDS }, (_, seed) => {
    const world = worldOf({ edgeTiles: 64, density: 0.01, scatter, seed });
    return [serpentine, adaptive].map((strategy) => play(strategy, world, { seed }));
  });

  test('adaptive is at least twice as fast as serpentine in the geometric mean', () => {
    const logSpeedUps = runs.map(([raster, learned]) => Math.log(raster!.seconds / learned!.seconds));
    expect(Math.exp(logSpeedUps.reduce((a, b) => a + b, 0) / SEEDS)).toBeGreaterThan(2);
  });

  test('both find five targets in every world', () => {
    for (const pair of runs) for (const run of pair) expect([run.outcome, run.summary.finds.length]).toEqual(['found', 5]);
  });

  test('false finds stay within the 95 % binomial interval of the nominal 1 % of suspected finds', () => {
    const all = runs.flat();
    const suspected = total(all, (run) => run.suspected);
    const falseFinds = total(all, (run) => run.falseFinds);
    expect(suspected).toBeGreaterThan(300);
    // Poisson upper limit of the nominal number: P(X >= observed) must not be below 2.5 %.
    expect(falseFinds === 0 ? 1 : gammaCdf(falseFinds, 0.01 * suspected)).toBeGreaterThan(0.025);
  });
});

test.each([['useless', 0], ['inverted', -1.5]])('%s survey scores: adaptive goes over to row by row and still finds what there is', (_, surveySeparation) => {
  let [neighbours, inspections] = [0, 0];
  for (const seed of [3, 4, 5]) {
    const world = worldOf({ edgeTiles: 32, density: 0.02, scatter: 'uniform', seed, surveySeparation });
    const run = play(adaptive, world, { finds: 1000 });
    expect(run.outcome).toBe('exhausted');
    expect(run.trueFinds).toBeGreaterThanOrEqual(play(serpentine, world, { finds: 1000 }).trueFinds - 1);
    run.actions.forEach((action, at) => {
      const before = run.actions[at - 1];
      if (action.kind !== 'inspect') return;
      inspections++;
      if (before?.kind === 'inspect' && Math.abs(action.tile - before.tile) === 1) neighbours++;
    });
  }
  expect(neighbours / inspections).toBeGreaterThan(0.25);
});

test.each([0, -1.5])("survey scores of d' = %d that claim 1.5: adaptive ceases to believe them, and sees every tile in little more time than serpentine", (surveySeparation) => {
  const ratios = [3, 4, 5].map((seed) => {
    const world = worldOf({ edgeTiles: 32, density: 0.02, scatter: 'uniform', seed, surveySeparation });
    let distrusted = false;
    const watched = {
      ...adaptive,
      observe: (...[state, observation]: Parameters<typeof adaptive.observe>) => {
        const after = adaptive.observe(state, observation);
        distrusted ||= !after.belief.surveyBelieved;
        return after;
      },
    };
    const run = play(watched, world, { finds: 1000 });
    const reference = play(serpentine, world, { finds: 1000 });
    expect(distrusted).toBe(true);
    expect(run.outcome).toBe('exhausted');
    expect(run.trueFinds).toBeGreaterThanOrEqual(reference.trueFinds - 1);
    return run.seconds / reference.seconds;
  });
  expect(ratios.reduce((a, b) => a + b, 0) / ratios.length).toBeLessThan(1.4);
});

test('honest survey scores are believed to the end', () => {
  for (const seed of [3, 4, 5]) {
    const world = worldOf({ edgeTiles: 32, density: 0.02, scatter: 'uniform', seed });
    const state = observedState(world, seed);
    expect(state.belief.surveyBelieved).toBe(true);
    expect(state.finds).toHaveLength(5);
  }
});

describe('what may have been missed', () => {
  test('nothing seen: the prevalence, and nearly four times as much', () => {
    const grid = gridOf({ edgeTiles: 20 });
    const state = serpentine.start(grid, searchOptions({ finds: 5, seed: 1, prevalence: 0.02 }));
    const { expected, upper95 } = serpentine.summarise(state).missed;
    expect(expected).toBeCloseTo(8, 6);
    expect(upper95 / expected).toBeGreaterThan(2.5);
    expect(upper95 / expected).toBeLessThan(4);
  });

  test('the bound holds at least 90 % of the time when a search is cut off anywhere (80 worlds)', () => {
    let covered = 0;
    for (let seed = 0; seed < 80; seed++) {
      const world = worldOf({ edgeTiles: 24, density: 0.02, scatter: 'uniform', seed });
      const run = play(serpentine, world, { finds: 1 + (seed % 8), seed, prevalence: 0.02 });
      if (run.summary.missed.upper95 >= world.targets.size - run.trueFinds) covered++;
    }
    expect(covered).toBeGreaterThanOrEqual(72);
  });
});

describe('orders', () => {
  const shapes = [[1, 1], [1, 9], [9, 1], [4, 4], [5, 7], [40, 3]] as const;
  test.each(shapes)('of %d x %d tiles visit each tile once', (columns, rows) => {
    const grid = { ...gridOf({ edgeTiles: 4 }), columns, rows };
    for (const order of [serpentineOrder(grid), interlacedOrder(grid), spiralOrder(grid), randomOrder(grid, 7)]) {
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: columns * rows }, (_, tile) => tile));
    }
  });
  test('interlaced rows: after an eighth of the tiles no row is more than four from one that was visited, and the way is that of a serpentine', () => {
    const grid = gridOf({ edgeTiles: 64 });
    const order = [...interlacedOrder(grid)];
    const row = (tile: number): number => Math.floor(tile / 64);
    const first = new Set(order.slice(0, order.length / 8).map(row));
    for (let at = 0; at < 64; at++) expect([...first].some((visited) => Math.abs(visited - at) <= 4)).toBe(true);
    const way = order.slice(1).reduce((sum, tile, at) => sum + Math.hypot((tile % 64) - (order[at]! % 64), row(tile) - row(order[at]!)), 0);
    expect(way).toBeLessThan(1.1 * (order.length - 1));
  });
  test('interlaced rows run along the longer side', () => {
    const tall = { ...gridOf({ edgeTiles: 4 }), columns: 16, rows: 100 };
    expect([...interlacedOrder(tall).subarray(0, 101)]).toEqual([...Array.from({ length: 100 }, (_, row) => row * 16 + 4), 99 * 16 + 12]);
  });
  test('serpentine and spiral go from neighbour to neighbour on a square', () => {
    const grid = gridOf({ edgeTiles: 9 });
    for (const order of [serpentineOrder(grid), spiralOrder(grid)]) {
      for (let at = 1; at < order.length; at++) {
        const [a, b] = [order[at - 1]!, order[at]!];
        expect(Math.abs((a % 9) - (b % 9)) + Math.abs(Math.floor(a / 9) - Math.floor(b / 9))).toBeLessThanOrEqual(2);
      }
    }
    expect(spiralOrder(grid)[0]).toBe(40);
  });
  test('random follows the seed', () => {
    const grid = gridOf({ edgeTiles: 9 });
    expect(randomOrder(grid, 1)).toEqual(randomOrder(grid, 1));
    expect(randomOrder(grid, 1)).not.toEqual(randomOrder(grid, 2));
  });
});
