import { tileCentre } from '../../../src/search/grid.ts';
import { moveOf, type Standing } from '../instrument/clock.ts';
import type { World } from '../world.ts';
import { detectableTargets, oracleTimesS } from './oracle.ts';

/**
 * What a search that knows where the K finds lie takes at least. `lowerS` holds for every search that gives each find one inspect
 * and one confirm look, in whichever order; `exactS` is the shortest walk of the oracle's kind (each find confirmed where it was
 * inspected), null where it was too much work to prove.
 */
export interface OracleBounds {
  readonly lowerS: number;
  readonly exactS: number | null;
}

type Point = { readonly xUm: number; readonly yUm: number };

const distance = (a: Point, b: Point): number => Math.sqrt((a.xUm - b.xUm) ** 2 + (a.yUm - b.yUm) ** 2);

/** No way from a to b takes less, wherever the stage stood when the beam was at a. */
function leastMoveS({ profile: { costs, beamShift } }: World, a: Point, b: Point): number {
  if (distance(a, b) === 0) return 0;
  const byStage = (wayUm: number): number => costs.settleS + Math.max(0, wayUm) / costs.stageSpeedUmPerS;
  if (beamShift === undefined) return byStage(distance(a, b));
  // The stage stands at most the reach away from the beam in each axis, and so it does afterwards.
  const apartUm = Math.max(Math.abs(a.xUm - b.xUm), Math.abs(a.yUm - b.yUm));
  const stageS = byStage(distance(a, b) - Math.SQRT2 * beamShift.reachUm);
  return apartUm <= 2 * beamShift.reachUm ? Math.min(beamShift.settleS, stageS) : stageS;
}

/** The lightest edges of a minimum spanning tree (Prim), ascending: the first k weigh no more than any k edges without a cycle. */
export function spanningEdges(count: number, weight: (a: number, b: number) => number): number[] {
  const nearest = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const inside = new Uint8Array(count);
  const edges: number[] = [];
  let last = 0;
  for (let step = 1; step < count; step++) {
    inside[last] = 1;
    let next = -1;
    for (let other = 0; other < count; other++) {
      if (inside[other] === 1) continue;
      nearest[other] = Math.min(nearest[other]!, weight(last, other));
      if (next < 0 || nearest[other]! < nearest[next]!) next = other;
    }
    edges.push(nearest[next]!);
    last = next;
  }
  return edges.sort((a, b) => a - b);
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Frames, and one change of magnification where confirm looks have their own: what the looks at K finds take at least. */
function leastLooksS({ profile: { costs, flatConfirm, confirmWidthShare } }: World, finds: number, changes: number): number {
  return finds * (costs.frameS.inspect + costs.frameS.confirm) + (flatConfirm || confirmWidthShare === 1 ? 0 : changes * costs.opticsChangeS);
}

/**
 * The way through K targets is K edges without a cycle over the beginning and the targets, and also one edge from the beginning and
 * K - 1 edges without a cycle over the targets: the dearer of the two lower values.
 */
function leastWayS(world: World, points: readonly Point[], finds: number): number {
  const all = [world.begin, ...points];
  const anywhere = sum(spanningEdges(all.length, (a, b) => leastMoveS(world, all[a]!, all[b]!)).slice(0, finds));
  const first = Math.min(...points.map((point) => leastMoveS(world, world.begin, point)));
  const rest = sum(spanningEdges(points.length, (a, b) => leastMoveS(world, points[a]!, points[b]!)).slice(0, finds - 1));
  return Math.max(anywhere, first + rest);
}

/** Partial ways tried before the proof is given up. */
const MOST_WAYS = 300_000;

/** Branch and bound over the orders of K of the points; undefined when it takes too long. `upperS`: a way that is known. */
export function shortestWayS(world: World, points: readonly Point[], { finds, upperS }: { readonly finds: number; readonly upperS: number }): number | undefined {
  const leastEdgeS = Math.min(...points.flatMap((a, at) => points.slice(at + 1).map((b) => leastMoveS(world, a, b))), Number.POSITIVE_INFINITY);
  const used = new Uint8Array(points.length);
  let best = upperS;
  let ways = 0;
  const extend = (standing: Standing, spentS: number, left: number): void => {
    if (++ways > MOST_WAYS) return;
    if (left === 0) {
      best = Math.min(best, spentS);
      return;
    }
    const moves = points.flatMap((point, at) => {
      if (used[at] === 1) return [];
      const { seconds, stage } = moveOf(world.profile, standing, point);
      return [{ at, spentS: spentS + seconds, standing: { here: point, stage } }];
    });
    moves.sort((a, b) => a.spentS - b.spentS || a.at - b.at);
    for (const move of moves) {
      if (move.spentS + (left > 1 ? (left - 1) * leastEdgeS : 0) >= best) return;
      used[move.at] = 1;
      extend(move.standing, move.spentS, left - 1);
      used[move.at] = 0;
    }
  };
  extend({ here: world.begin, stage: world.begin }, 0, finds);
  return ways > MOST_WAYS ? undefined : best;
}

/** More targets than this are not gone through pair by pair. */
const MOST_TARGETS = 3000;
const MOST_EXACT_TARGETS = 60;

/** Undefined when no or too many targets can be found, or fewer than were asked for. Ways to focus are left out of the lower value. */
export function oracleBounds(world: World, timesS: readonly number[] = oracleTimesS(world)): OracleBounds | undefined {
  const { finds, grid } = world;
  const points = detectableTargets(world).map((tile) => tileCentre(grid, tile));
  if (points.length < finds || world.targets.size > MOST_TARGETS) return undefined;
  // A strategy may find a target that the oracle leaves out, because one look does not show it.
  const all = [...world.targets].map((tile) => tileCentre(grid, tile));
  const lowerS = leastLooksS(world, finds, 1) + leastWayS(world, all, finds);
  const looksS = leastLooksS(world, finds, 2 * finds - 1);
  const upperS = timesS[finds - 1]! - looksS;
  const provable = points.length <= MOST_EXACT_TARGETS && world.focusing === undefined;
  const wayS = provable ? shortestWayS(world, points, { finds, upperS: upperS + 1e-9 }) : undefined;
  return { lowerS, exactS: wayS === undefined ? null : Math.min(upperS, wayS) + looksS };
}
