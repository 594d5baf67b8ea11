import { describe, expect, test } from 'vitest';
import type { Action } from '../../src/contract/strategy.ts';
import { systematicOrder } from '../../src/search/orders.ts';
import { strategy as cluster } from '../../src/search/strategies/cluster.ts';
import { strategy as levy } from '../../src/search/strategies/levy.ts';
import { strategy as twoPhase } from '../../src/search/strategies/two-phase.ts';
import { gridOf, play, worldOf } from './world.ts';

const EDGE = 16;
const inspected = (actions: readonly Action[]): number[] => actions.flatMap((action) => (action.kind === 'inspect' ? [action.tile] : []));
const apart = (a: number, b: number): number => Math.max(Math.abs((a % EDGE) - (b % EDGE)), Math.abs(Math.floor(a / EDGE) - Math.floor(b / EDGE)));
const around = (tile: number, reach: number): number[] => Array.from({ length: EDGE ** 2 }, (_, other) => other).filter((other) => other !== tile && apart(tile, other) <= reach);

describe('two-phase', () => {
  test('surveys every block before it inspects, then takes the likelier and nearer of two', () => {
    const { actions } = play(twoPhase, worldOf(), { finds: 1000 });
    const surveys = actions.filter(({ kind }) => kind === 'survey');
    expect(surveys).toHaveLength(16);
    expect(actions.slice(0, 16)).toEqual(surveys);
    const ways = surveys.slice(1).map((action, at) => [action, surveys[at]!].map((one) => (one as { look: { xUm: number; yUm: number } }).look)).map(([a, b]) => Math.hypot(a!.xUm - b!.xUm, a!.yUm - b!.yUm));
    for (const wayUm of ways) expect(wayUm).toBeCloseTo(80, 9);
  });

  test('inspects blocks that may not be surveyed, after the others were', () => {
    const excluded = [0];
    const { actions, outcome } = play(twoPhase, worldOf(), { finds: 1000, excluded });
    expect(outcome).toBe('exhausted');
    expect(actions.filter(({ kind }) => kind === 'survey')).toHaveLength(15);
    expect(inspected(actions)).toHaveLength(EDGE ** 2 - 1);
  });
});

describe('cluster', () => {
  test('after a find its eight neighbours come next, those of the neighbours that are finds too, and then the sample goes on', () => {
    const run = play(cluster, worldOf({ density: 0.05, scatter: 'tight' }), { finds: 1000 });
    expect(run.summary.finds.length).toBeGreaterThan(5);
    const hits = new Set(run.summary.finds.map(({ tile }) => tile));
    const seen = new Set<number>();
    const waiting = new Set<number>();
    let grown = 0;
    for (const action of run.actions) {
      if (action.kind !== 'inspect') continue;
      // As long as a neighbour of a hit waits nothing else is inspected: only then is the network closed.
      if (waiting.size > 0) {
        expect(waiting.has(action.tile)).toBe(true);
        grown++;
      }
      seen.add(action.tile);
      waiting.delete(action.tile);
      if (hits.has(action.tile)) for (const tile of around(action.tile, 1)) if (!seen.has(tile)) waiting.add(tile);
    }
    expect(grown).toBeGreaterThan(20);
  });

  test('samples each sixteenth tile first, from a start that the seed decides, and every tile once', () => {
    const grid = gridOf({ edgeTiles: EDGE });
    const starts = [1, 2, 3, 4, 5, 6].map((seed) => {
      const order = [...systematicOrder(grid, seed)];
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: EDGE ** 2 }, (_, tile) => tile));
      for (let at = 1; at < 16; at++) expect(apart(order[at]!, order[at - 1]!)).toBe(4);
      return order[0];
    });
    expect(new Set(starts).size).toBeGreaterThan(2);
    expect(systematicOrder(grid, 9)).toEqual(systematicOrder(grid, 9));
  });
});

describe('levy', () => {
  const run = play(levy, worldOf({ density: 0.03, scatter: 'uniform' }), { finds: 1000 });

  test('after a find the 24 tiles around it come next, unless one of them is a find itself', () => {
    const finds = new Set(run.summary.finds.map(({ tile }) => tile));
    const seen = new Set<number>();
    let last: number | undefined;
    let intensive = 0;
    for (const action of run.actions) {
      if (action.kind !== 'inspect') continue;
      if (last !== undefined && around(last, 2).some((tile) => !seen.has(tile))) {
        expect(apart(action.tile, last)).toBeLessThanOrEqual(2);
        intensive++;
      }
      seen.add(action.tile);
      if (finds.has(action.tile)) last = action.tile;
    }
    expect(intensive).toBeGreaterThan(50);
  });

  test('without finds half of its jumps are as short as two tiles and some cross the field; another seed jumps elsewhere', () => {
    const empty = worldOf({ edgeTiles: 64, density: 0.001, scatter: 'loose', seed: 2 });
    const first = inspected(play(levy, empty, { finds: 1000 }).actions).slice(0, 300);
    const jumps = first.slice(1).map((tile, at) => Math.hypot((tile % 64) - (first[at]! % 64), Math.floor(tile / 64) - Math.floor(first[at]! / 64)));
    const short = jumps.filter((tiles) => tiles <= 2.5).length / jumps.length;
    // p(l) = 1 / l^2 beyond one tile: half of the jumps end within two tiles, a tenth go beyond ten.
    expect(short).toBeGreaterThan(0.35);
    expect(short).toBeLessThan(0.7);
    expect(jumps.filter((tiles) => tiles > 10).length / jumps.length).toBeGreaterThan(0.05);
    expect(inspected(play(levy, empty, { finds: 1000, seed: 2 }).actions).slice(0, 300)).not.toEqual(first);
  });
});
