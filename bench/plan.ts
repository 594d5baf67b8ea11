import type { Here, LookAction, TileGrid } from '../src/contract/strategy.ts';
import { randomFor } from '../src/lib/random.ts';
import { STRATEGIES, strategyNames, type StrategyName } from '../src/search/registry.ts';
import { planGrid } from '../src/search/grid.ts';
import { looksOf, PROFILES } from './search/instrument/profiles.ts';
import { logRatioOf } from './search/world.ts';
import { quantile } from './quantile.ts';

const EDGES = [20, 100, 1000] as const;
/** A search of some hundred fields is what a decision is taken in the middle of. */
const DECISIONS = { warmUp: 20, timed: 200 } as const;
const SEPARATION = { survey: 1.5, inspect: 3.5, confirm: 4 } as const;
const PREVALENCE = 0.005;
const BLOCK_TILES = 4;
const { tileUm: TILE_UM, costs } = PROFILES['bench-top'];
const looks = looksOf(PROFILES['bench-top'], BLOCK_TILES);

interface DecisionTimes {
  readonly strategy: StrategyName;
  readonly tiles: number;
  /** From the grid to a state that can decide. */
  readonly startMs: number;
  /** `next` and `observe` together: what the loop waits for between two fields. */
  readonly decisionMs: { readonly median: number; readonly p90: number; readonly max: number };
  readonly summariseMs: number;
  /** Heap growth by the state and what is derived from it, per tile; absent unless node runs with --expose-gc. */
  readonly bytesPerTile?: number;
}

const collectGarbage = (globalThis as { gc?: () => void }).gc;

function heapBytes(): number {
  collectGarbage?.();
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
}

async function measure(name: StrategyName, edge: number): Promise<DecisionTimes> {
  const { strategy } = await STRATEGIES[name].load();
  const size = edge * TILE_UM;
  const grid: TileGrid = planGrid({
    centreXUm: 0, centreYUm: 0, widthUm: size, heightUm: size, tileWidthUm: TILE_UM, tileHeightUm: TILE_UM, overlap: 0, blockTiles: BLOCK_TILES,
  });
  const options = { finds: edge * edge, seed: 1, prevalence: PREVALENCE, falseFindRate: 0.01, missRate: 0.05, looks, costs };
  const random = randomFor(1, 'bench-plan');
  const before = heapBytes();
  const begin = performance.now();
  let state = strategy.start(grid, options);
  let here: Here = { xUm: 0, yUm: 0, fieldWidthUm: looks.inspect.fieldWidthUm };
  let action = strategy.next(state, here);
  const startMs = performance.now() - begin;
  const times: number[] = [];
  for (let decision = 0; decision < DECISIONS.warmUp + DECISIONS.timed && action.kind !== 'finish'; decision++) {
    const look = action as LookAction;
    const separation = SEPARATION[look.look.band];
    const tiles = (look.kind === 'survey' ? look.tiles : [look.tile]).map((tile) => {
      const held = random.uniform() < PREVALENCE ? separation : 0;
      return { tile, logRatio: logRatioOf(held + random.gaussian(), separation) };
    });
    here = { xUm: look.look.xUm, yUm: look.look.yUm, fieldWidthUm: look.look.settings.fieldWidthUm };
    const from = performance.now();
    state = strategy.observe(state, { action: look, outcome: 'seen', tiles, seconds: 3, doseC: 0 });
    action = strategy.next(state, here);
    if (decision >= DECISIONS.warmUp) times.push(performance.now() - from);
  }
  const bytesPerTile = Math.round((heapBytes() - before) / edge ** 2);
  const asked = performance.now();
  const { missed } = strategy.summarise(state);
  const summariseMs = Number((performance.now() - asked).toFixed(3));
  if (!(missed.upper95 >= missed.expected)) throw new Error('a bound below the expectation');
  times.sort((a, b) => a - b);
  return {
    strategy: name,
    tiles: edge ** 2,
    startMs: Number(startMs.toFixed(2)),
    decisionMs: { median: quantile(times, 0.5), p90: quantile(times, 0.9), max: quantile(times, 1) },
    summariseMs,
    ...(collectGarbage !== undefined && { bytesPerTile }),
  };
}

/** Decision times of every strategy at 400, 10 000 and a million tiles. */
export async function run(_options: { json: boolean }): Promise<unknown> {
  const strategies: DecisionTimes[] = [];
  for (const name of strategyNames) for (const edge of EDGES) strategies.push(await measure(name, edge));
  return { node: process.version, decisions: DECISIONS.timed, strategies };
}
