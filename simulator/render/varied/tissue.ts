import type { Random } from '../../../src/lib/random.ts';
import { between, chance, pick } from '../draws.ts';
import { createPlane, type Grid } from '../raster.ts';
import { anywhere } from './ground.ts';

/** A cell or a pore: a disc that its neighbours press against. Lengths are fractions of the picture's width. */
export interface Disc {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/** Discs that are ellipses in truth: all of them longer, `stretch` times, along `angle`. */
export interface Stretch {
  readonly stretch: number;
  readonly angle: number;
}

/** The picture shared out among discs. */
export interface Tissue {
  /** Index of the disc that a pixel belongs to; -1 far from all. */
  readonly owner: Int16Array;
  /** Distance to the line half way between the owner and the next disc. */
  readonly gap: Float32Array;
  /** Distance to the owner's rim: below 0 inside of the disc. */
  readonly rim: Float32Array;
}

const ROUND: Stretch = { stretch: 1, angle: 0 };

/** Squared distance between discs that are stretched. */
function metric({ stretch, angle }: Stretch): (dx: number, dy: number) => number {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return (dx, dy) => ((dx * cos + dy * sin) / stretch) ** 2 + (dy * cos - dx * sin) ** 2;
}

interface Packing {
  /** Radius of a disc for its place; 0 where there is none. */
  readonly sizeAt: (x: number, y: number) => number;
  /** Share (0 to 0.5) of their radii by which two may cut into each other; 0.1 when absent. */
  readonly overlap?: number;
  /** Placed before all others. */
  readonly first?: readonly Disc[];
  /** How far beyond the picture's border discs lie; 0.1 when absent. */
  readonly beyond?: number;
  readonly trials?: number;
  readonly form?: Stretch;
}

/** Discs side by side, as many as come to fit: most are tried where they touch one that is there, so that few gaps stay. */
export function packDiscs(grid: Grid, random: Random, options: Packing): Disc[] {
  const { sizeAt, overlap = 0.1, beyond = 0.1, trials = 9000, form = ROUND } = options;
  const squared = metric(form);
  const discs: Disc[] = [];
  const bin = 0.05;
  const columns = Math.ceil((1 + 2 * beyond) / bin) + 1;
  const bins = new Map<number, Disc[]>();
  let largest = 0;
  const binOf = (value: number): number => Math.floor((value + beyond) / bin);
  const add = (disc: Disc): void => {
    discs.push(disc);
    largest = Math.max(largest, disc.radius);
    const key = binOf(disc.y) * columns + binOf(disc.x);
    const list = bins.get(key);
    if (list === undefined) bins.set(key, [disc]);
    else list.push(disc);
  };
  const fits = ({ x, y, radius }: Disc): boolean => {
    const far = (radius + largest) * form.stretch;
    for (let row = binOf(y - far); row <= binOf(y + far); row++) {
      for (let column = Math.max(0, binOf(x - far)); column <= Math.min(columns - 1, binOf(x + far)); column++) {
        for (const other of bins.get(row * columns + column) ?? []) if (squared(other.x - x, other.y - y) < ((other.radius + radius) * (1 - overlap)) ** 2) return false;
      }
    }
    return true;
  };
  for (const disc of options.first ?? []) if (fits(disc)) add(disc);
  const [cos, sin] = [Math.cos(form.angle), Math.sin(form.angle)];
  for (let trial = 0; trial < trials && discs.length < 3000; trial++) {
    let { x, y } = anywhere(grid, random, beyond);
    let radius = sizeAt(x, y) * (trial < trials * 0.7 ? 1 : 0.75);
    if (discs.length > 0 && chance(random, 0.8)) {
      const host = pick(random, discs);
      const around = between(random, 0, 2 * Math.PI);
      const away = (host.radius + (radius > 0 ? radius : host.radius)) * (1 - overlap) * 1.01;
      const [u, v] = [away * Math.cos(around) * form.stretch, away * Math.sin(around)];
      [x, y] = [host.x + u * cos - v * sin, host.y + u * sin + v * cos];
      if (x < -beyond || x > 1 + beyond || y < -beyond || y > grid.aspect + beyond) continue;
      radius = Math.min(radius, sizeAt(x, y) * (trial < trials * 0.7 ? 1 : 0.75));
    }
    const disc = { x, y, radius };
    if (radius > 0 && fits(disc)) add(disc);
  }
  return discs;
}

/** Shares the picture out: a pixel belongs to the disc whose rim is nearest (an additively weighted Voronoi diagram, so that borders bend round the smaller), if that is no further than `reach` radii. */
export function shareOut(grid: Grid, discs: readonly Disc[], options: { reach?: number; form?: Stretch } = {}): Tissue {
  const { reach = 1.8, form = ROUND } = options;
  const { widthPx: width } = grid;
  const owner = new Int16Array(width * grid.heightPx).fill(-1);
  const rim = createPlane(grid, 1);
  const second = createPlane(grid, 1);
  const squared = metric(form);
  for (const [index, { x, y, radius }] of discs.entries()) {
    const far = radius * reach;
    const box = far * form.stretch;
    const [left, right] = [Math.max(0, Math.floor((x - box) * width)), Math.min(width - 1, (x + box) * width)];
    for (let py = Math.max(0, Math.floor((y - box) * width)); py <= Math.min(grid.heightPx - 1, (y + box) * width); py++) {
      for (let px = left; px <= right; px++) {
        const away = squared((px + 0.5) / width - x, (py + 0.5) / width - y);
        if (away > far * far) continue;
        const pixel = py * width + px;
        const distance = Math.sqrt(away) - radius;
        if (distance < rim[pixel]!) {
          second[pixel] = rim[pixel]!;
          rim[pixel] = distance;
          owner[pixel] = index;
        } else if (distance < second[pixel]!) second[pixel] = distance;
      }
    }
  }
  const gap = second;
  for (let pixel = 0; pixel < gap.length; pixel++) gap[pixel] = (second[pixel]! - rim[pixel]!) / 2;
  return { owner, gap, rim };
}

/** The smaller of two values, with the corner between them rounded over `radius`. */
export function roundMin(a: number, b: number, radius: number): number {
  const blend = Math.max(0, radius - Math.abs(a - b)) / radius;
  return Math.min(a, b) - 0.25 * blend * blend * radius;
}
