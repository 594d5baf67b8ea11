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

/** Times at which the targets of a walk are confirmed, in its order. */
function walkTimesS(world: World, order: readonly number[]): number[] {
  const { visit, meter } = walkMeter(world);
  return order.map((tile) => {
    visit(tile);
    return meter.seconds;
  });
}

const endS = (world: World, order: readonly number[]): number => walkTimesS(world, order).at(-1) ?? 0;

/** To the nearest each time. */
function nearestWalk(world: World, targets: readonly number[], first: number): number[] {
  const left = new Set(targets);
  const order: number[] = [];
  let tile: number | undefined = first;
  while (tile !== undefined) {
    left.delete(tile);
    order.push(tile);
    tile = left.size === 0 || order.length === world.finds ? undefined : nearestFirst(world, tileCentre(world.grid, tile), left)[0];
  }
  return order;
}

/** So many of the nearest targets may take the place of one on the walk. */
const SUBSTITUTES = 8;

/** Walks that differ by one piece turned round (2-opt), one target moved along (or-opt), or one taken instead of another. */
function* neighboursOf(world: World, targets: readonly number[], order: readonly number[]): Generator<number[]> {
  for (let from = 0; from < order.length; from++) {
    for (let to = from + 1; to < order.length; to++) yield [...order.slice(0, from), ...order.slice(from, to + 1).toReversed(), ...order.slice(to + 1)];
    for (let to = 0; to < order.length; to++) if (to !== from) yield order.toSpliced(from, 1).toSpliced(to, 0, order[from]!);
  }
  const walked = new Set(order);
  const free = targets.filter((tile) => !walked.has(tile));
  const near = new Set(order.flatMap((tile) => nearestFirst(world, tileCentre(world.grid, tile), free).slice(0, SUBSTITUTES)));
  for (const tile of near) for (let at = 0; at < order.length; at++) yield order.with(at, tile);
}

/** The first better neighbour, again and again, until none is. */
function improved(world: World, targets: readonly number[], begin: readonly number[]): readonly number[] {
  let order = begin;
  for (;;) {
    const limitS = endS(world, order) - 1e-9;
    const better: number[] | undefined = [...neighboursOf(world, targets, order)].find((other) => endS(world, other) < limitS);
    if (better === undefined) return order;
    order = better;
  }
}

/**
 * Times of the finds of a search that knows where the detectable targets are and goes to nothing else: an upper value of the best. The
 * walk is to the nearest each time, from the fastest of 20 beginnings, then improved by 2-opt, or-opt and exchange. `plain`: to the
 * nearest from the nearest only, as in search.md 2b.
 */
export function oracleTimesS(world: World, { plain = false } = {}): number[] {
  const targets = detectableTargets(world);
  const walks = nearestFirst(world, world.begin, targets).slice(0, plain ? 1 : BEGINNINGS).map((first) => nearestWalk(world, targets, first));
  const [first, ...others] = walks;
  if (first === undefined) return [];
  const best = others.reduce((least, walk) => (endS(world, walk) < endS(world, least) ? walk : least), first);
  return walkTimesS(world, plain ? best : improved(world, targets, best));
}
