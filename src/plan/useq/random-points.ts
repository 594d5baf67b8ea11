import { mersenne } from 'pure-rand/generator/mersenne';
import type { RandomPoints } from './sequence.ts';

export type Xy = readonly [x: number, y: number];

/** Uniform numbers in [0, 1) with 53 bits, as NumPy's RandomState draws them from the Mersenne Twister. */
function uniform(seed: number): () => number {
  const generator = mersenne(seed);
  return () => {
    const high = generator.next() >>> 5;
    const low = generator.next() >>> 6;
    return (high * 0x4000000 + low) / 0x20000000000000;
  };
}

/** Draws until this many candidates when points must not overlap. */
const MOST_TRIES = 10_000;

const distance = ([ax, ay]: Xy, [bx, by]: Xy): number => Math.hypot(ax - bx, ay - by);

/** From the point `start` always on to the nearest that is left. */
function nearestNeighbour(points: readonly Xy[], start: number): Xy[] {
  const left = [...points];
  const tour = left.splice(start, 1);
  while (left.length > 0) {
    const here = tour.at(-1)!;
    let best = 0;
    for (let at = 1; at < left.length; at++) if (distance(here, left[at]!) < distance(here, left[best]!)) best = at;
    tour.push(...left.splice(best, 1));
  }
  return tour;
}

/** A sweep that shortens the round tour by less than this share is the last. */
const LEAST_GAIN = 0.05;

/** Round tour from `start`, pieces of it turned around as long as that shortens it (2-opt, Croes 1958). */
function twoOpt(points: readonly Xy[], start: number): Xy[] {
  const tour = [...points.slice(start), ...points.slice(0, start)];
  const n = tour.length;
  let length = tour.reduce((sum, point, at) => sum + distance(point, tour[(at + n - 1) % n]!), 0);
  for (let gain = 1; gain > LEAST_GAIN; ) {
    const before = length;
    for (let from = 1; from < n - 2; from++) {
      for (let to = from + 1; to < n; to++) {
        const [last, first, end, next] = [tour[from - 1]!, tour[from]!, tour[to]!, tour[(to + 1) % n]!];
        const change = distance(last, end) + distance(first, next) - distance(last, first) - distance(end, next);
        if (change >= 0) continue;
        tour.splice(from, to - from + 1, ...tour.slice(from, to + 1).toReversed());
        length += change;
      }
    }
    gain = 1 - length / before;
  }
  return tour;
}

/** The points of a RandomPoints plan around 0, 0: the same as useq-schema's for the same seed. */
export function randomPoints(plan: RandomPoints, defaults: { readonly seed: number }): Xy[] {
  const { num_points: wanted, max_width: width, max_height: height, shape, start_at: startAt, fov_width: fovWidth, fov_height: fovHeight } = plan;
  const draw = uniform(plan.random_seed ?? defaults.seed);
  const point = (): Xy => {
    const [u, v] = [draw(), draw()];
    if (shape === 'rectangle') return [u * width - width / 2, v * height - height / 2];
    const angle = draw() * 2 * Math.PI;
    return [u * (width / 2) * Math.cos(angle), v * (height / 2) * Math.sin(angle)];
  };
  const points: Xy[] = typeof startAt === 'number' ? [] : [[startAt.x, startAt.y]];
  const apart = plan.allow_overlap || fovWidth == null || fovHeight == null
    ? (): boolean => true
    : ([x, y]: Xy): boolean => !points.some(([px, py]) => Math.abs(x - px) < fovWidth && Math.abs(y - py) < fovHeight);
  for (let tries = 0; tries < Math.max(MOST_TRIES, wanted) && points.length < wanted; tries++) {
    const candidate = point();
    if (apart(candidate)) points.push(candidate);
  }
  const start = Math.min(typeof startAt === 'number' ? startAt : 0, points.length - 1);
  if (points.length <= 2 || plan.order === null || plan.order === 'random') return points;
  return plan.order === 'two_opt' ? twoOpt(points, start) : nearestNeighbour(points, start);
}
