import { describe, expect, test } from 'vitest';
import { oracleTimesS } from '../../bench/search/baselines/oracle.ts';
import { oracleBounds, shortestWayS, spanningEdges } from '../../bench/search/baselines/oracle-bounds.ts';
import { loadBenchStrategy } from '../../bench/search/baselines/registry.ts';
import { createWorld } from '../../bench/search/create-world.ts';
import { loadFamily } from '../../bench/search/families/registry.ts';
import type { World } from '../../bench/search/world.ts';
import { moveOf } from '../../bench/search/instrument/clock.ts';
import { play } from '../../bench/search/player.ts';
import { randomFor } from '../../src/lib/random.ts';

test('edges of a spanning tree: of a square with one far corner the three that hold it together', () => {
  const points = [[0, 0], [0, 1], [1, 0], [5, 0]] as const;
  expect(spanningEdges(4, (a, b) => Math.hypot(points[a]![0] - points[b]![0], points[a]![1] - points[b]![1]))).toEqual([1, 1, 4]);
});

const worldsOf = async (family: string, edge: number, seeds: number): Promise<World[]> => {
  const loaded = await loadFamily(family);
  return Array.from({ length: seeds }, (_, seed) => createWorld(loaded, edge, seed));
};

/** Every order of so many of the points. */
function everyWayS(world: World, points: readonly { xUm: number; yUm: number }[], finds: number): number {
  const from = (standing: Parameters<typeof moveOf>[1], left: readonly (typeof points)[number][], more: number): number =>
    more === 0 ? 0 : Math.min(...left.map((point) => {
      const { seconds, stage } = moveOf(world.profile, standing, point);
      return seconds + from({ here: point, stage }, left.filter((other) => other !== point), more - 1);
    }));
  return from({ here: world.begin, stage: world.begin }, points, finds);
}

test.each(['bench-top', 'fe-sem', 'piezo'])('branch and bound gives the shortest of all ways on %s', async (profile) => {
  const worlds = (await worldsOf('uniform', 20, 3)).filter((world) => world.profile.id === profile);
  const random = randomFor(1, profile);
  for (const world of worlds) {
    for (let round = 0; round < 8; round++) {
      const points = Array.from({ length: 7 }, () => ({ xUm: 400 * random.uniform() - 200, yUm: 400 * random.uniform() - 200 }));
      expect(shortestWayS(world, points, { finds: 4, upperS: Number.POSITIVE_INFINITY })).toBeCloseTo(everyWayS(world, points, 4), 9);
    }
  }
});

describe.each([['uniform', 10], ['thomas-clusters', 10], ['2b-tight-1', 64], ['2b-uniform-1', 64], ['artefacts', 32]] as const)('%s at %i tiles an edge', (family, edge) => {
  test('lower bound <= shortest walk <= improved oracle <= walk to the nearest', async () => {
    let proven = 0;
    for (const world of await worldsOf(family, edge, 9)) {
      const times = oracleTimesS(world);
      const bounds = oracleBounds(world, times);
      if (bounds === undefined) continue;
      const upperS = times[world.finds - 1]!;
      expect(upperS).toBeLessThanOrEqual(oracleTimesS(world, { plain: true }).at(-1)! + 1e-9);
      expect(bounds.lowerS).toBeLessThanOrEqual((bounds.exactS ?? upperS) + 1e-9);
      if (bounds.exactS === null) continue;
      proven++;
      expect(bounds.exactS).toBeLessThanOrEqual(upperS + 1e-9);
    }
    if (family !== 'artefacts') expect(proven).toBeGreaterThan(3);
  });
});

test('no strategy finds what there is sooner than the lower bound says', async () => {
  let compared = 0;
  for (const world of await worldsOf('edge-ring', 10, 9)) {
    const bounds = oracleBounds(world);
    if (bounds === undefined) continue;
    compared++;
    for (const name of ['adaptive', 'two-phase', 'levy', 'mixed-index']) {
      const { findTimesS } = play(await loadBenchStrategy(name, { surveySeparation: 1.5 }), world, { seed: 1 });
      if (findTimesS[world.finds - 1] !== undefined) expect(findTimesS[world.finds - 1]!).toBeGreaterThanOrEqual(bounds.lowerS);
    }
  }
  expect(compared).toBeGreaterThan(4);
});

test('where nothing can be found there is nothing to bound', async () => {
  const [world] = await worldsOf('no-target', 10, 1);
  expect(oracleBounds(world!)).toBeUndefined();
});
