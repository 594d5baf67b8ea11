import type { LookAction } from '../../../src/contract/strategy.ts';
import { tileCentre } from '../../../src/search/grid.ts';
import { createMeter, type Meter } from '../instrument/clock.ts';
import { looksOf } from '../instrument/profiles.ts';
import type { World } from '../world.ts';
import { DECLARED_LOG_RATIO } from './baseline.ts';

/** Nearest-neighbour walks begin at each of so many targets, and the fastest counts. */
const BEGINNINGS = 20;

function walkMeter(world: World): { visit: (tile: number) => void; meter: Meter } {
  const meter = createMeter(world.profile, world.begin, world.focusing);
  const looks = looksOf(world.profile, world.grid.blockTiles);
  const visit = (tile: number): void => {
    const centre = tileCentre(world.grid, tile);
    for (const kind of ['inspect', 'confirm'] as const) meter.look({ kind, tile, attempt: 1, look: { band: kind, ...centre, settings: looks[kind] } } as LookAction, centre);
  };
  return { visit, meter };
}

/** A look that fails by bad luck does not fail each time; one into a dead zone does. */
const TRIES = [0, 1, 2, 3, 4];

/** Targets that an inspect look shows, and that may be looked at. */
export function detectableTargets(world: World): number[] {
  const excluded = new Set(world.grid.excluded);
  return [...world.targets]
    .filter((tile) => !excluded.has(tile) && world.logRatio(tile, 'inspect', 0) > DECLARED_LOG_RATIO)
    .filter((tile) => TRIES.some((number) => world.outcome({ tile, band: 'inspect', number }) !== 'skipped'))
    .sort((a, b) => a - b);
}

const apart = (world: World, a: { xUm: number; yUm: number }, b: number): number => {
  const centre = tileCentre(world.grid, b);
  return (centre.xUm - a.xUm) ** 2 + (centre.yUm - a.yUm) ** 2;
};

function nearestFirst(world: World, from: { xUm: number; yUm: number }, tiles: Iterable<number>): number[] {
  const away = new Map([...tiles].map((tile) => [tile, apart(world, from, tile)]));
  return [...away.keys()].sort((a, b) => away.get(a)! - away.get(b)! || a - b);
}

function walk(world: World, targets: readonly number[], first: number): number[] {
  const left = new Set(targets);
  const { visit, meter } = walkMeter(world);
  const times: number[] = [];
  let tile: number | undefined = first;
  while (tile !== undefined && times.length < world.finds) {
    left.delete(tile);
    visit(tile);
    times.push(meter.seconds);
    tile = left.size === 0 || times.length === world.finds ? undefined : nearestFirst(world, meter.here, left)[0];
  }
  return times;
}

/**
 * Times of the finds of a search that knows where the detectable targets are and goes to nothing else: an upper value of the best, since
 * the walk is to the nearest each time, from the fastest of 20 beginnings. `plain`: from the nearest target only, as in search.md 2b.
 */
export function oracleTimesS(world: World, { plain = false } = {}): number[] {
  const targets = detectableTargets(world);
  const begins = nearestFirst(world, world.begin, targets).slice(0, plain ? 1 : BEGINNINGS);
  let best: number[] = [];
  for (const first of begins) {
    const times = walk(world, targets, first);
    if (best.length === 0 || times[times.length - 1]! < best[best.length - 1]!) best = times;
  }
  return best;
}
