import { describe, expect, test } from 'vitest';
import { oracleTimesS } from '../../bench/search/baselines/oracle.ts';
import { loadBenchStrategy } from '../../bench/search/baselines/registry.ts';
import { createWorld } from '../../bench/search/create-world.ts';
import { loadFamily } from '../../bench/search/families/registry.ts';
import { play } from '../../bench/search/player.ts';
import { mean } from '../../bench/search/statistics.ts';

const SEEDS = Array.from({ length: 24 }, (_, seed) => seed);

async function meanTimeS(family: string, strategyName: string): Promise<number> {
  const strategy = await loadBenchStrategy(strategyName, { surveySeparation: 1.5 });
  const loaded = await loadFamily(family);
  return mean(SEEDS.map((seed) => play(strategy, createWorld(loaded, 64, seed), { seed }).seconds));
}

describe('cells of the published table, 24 seeds: search.md 2b', () => {
  // World, oracle and raster in s, then raster / strategy. The whole table is in docs/benchmarks/search.md.
  const published = [
    ['2b-uniform-1', 72, 1809, { 'mixed-index': 1.89 }],
    ['2b-uniform-5', 62, 509, { 'survey-rank': 0.34, 'p-over-cost': 0.36, 'mixed-index': 2.02 }],
    ['2b-loose-5', 62, 827, { 'random-order': 0.32, 'mixed-index': 3.36, 'mixed-index-priced-return': 3.46 }],
    ['2b-tight-1', 66, 4288, { 'mixed-index': 4.43, 'mixed-index-priced-return': 3.73 }],
    ['2b-tight-5', 61, 1170, { 'p-over-cost': 0.84, 'random-order': 0.45, 'mixed-index': 5.29, 'mixed-index-priced-return': 4.26 }],
  ] as const;

  test.each(published)('%s', async (...[family, oracleS, rasterS, ratios]) => {
    const loaded = await loadFamily(family);
    const oracle = SEEDS.map((seed) => oracleTimesS(createWorld(loaded, 64, seed), { plain: true }));
    expect(Math.round(mean(oracle.map((times) => times[times.length - 1]!)))).toBe(oracleS);
    const raster = await meanTimeS(family, 'raster');
    expect(Math.round(raster)).toBe(rasterS);
    for (const [name, ratio] of Object.entries(ratios)) expect((raster / (await meanTimeS(family, name))).toFixed(2), name).toBe(ratio.toFixed(2));
  });
});

test('a product strategy is charged what a baseline is: serpentine confirms the same and more, tile after tile', async () => {
  const world = createWorld(await loadFamily('2b-loose-5'), 64, 3);
  const serpentine = play(await loadBenchStrategy('serpentine', { surveySeparation: 1.5 }), world, { seed: 3 });
  const raster = play(await loadBenchStrategy('raster', { surveySeparation: 1.5 }), world, { seed: 3 });
  // From the middle to the first corner 1 s + 0.5 s for each of the tiles between, then 3.5 s a tile, 8 s a confirm look.
  const expectedS = (inspected: number, confirms: number): number => 1 + 0.5 * Math.hypot(31.5, 31.5) + 2 + (inspected - 1) * 3.5 + confirms * 8;
  expect(raster.seconds).toBeCloseTo(expectedS(raster.inspected, raster.actions - raster.inspected), 6);
  expect(serpentine.seconds).toBeCloseTo(expectedS(serpentine.inspected, serpentine.actions - serpentine.inspected), 6);
  expect(serpentine.inspected).toBeLessThanOrEqual(raster.inspected);
});
