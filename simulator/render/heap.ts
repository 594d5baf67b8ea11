import type { Grid } from './raster.ts';

export interface Sphere {
  readonly x: number;
  readonly y: number;
  /** Height of the centre. */
  readonly z: number;
  readonly radius: number;
}

/** Spheres dropped one after another: each lies on the ground or on the highest one it meets. */
export interface Heap {
  /** Lets a sphere fall at a point. Undefined when it would come to lie higher than `maxHeight`. */
  drop(x: number, y: number, radius: number): Sphere | undefined;
}

/**
 * Ballistic deposition without rolling. `overlap` (0 to 1) is the share of the radii by which two spheres may sink into
 * each other, as sintered ones do; `largest` bounds the radii.
 */
export function createHeap(grid: Grid, options: { largest: number; maxHeight: number; overlap?: number }): Heap {
  const cell = 2 * options.largest;
  const columns = Math.ceil(1.4 / cell) + 2;
  const buckets = new Map<number, Sphere[]>();
  const keep = 1 - (options.overlap ?? 0);
  const column = (x: number): number => Math.floor((x + 0.2) / cell);
  const row = (y: number): number => Math.floor((y + 0.2) / cell);
  return {
    drop: (x, y, radius) => {
      if (x < -0.15 || x > 1.15 || y < -0.15 || y > grid.aspect + 0.15) return undefined;
      let z = radius * keep;
      for (let j = row(y) - 1; j <= row(y) + 1; j++) {
        for (let i = column(x) - 1; i <= column(x) + 1; i++) {
          for (const below of buckets.get(j * columns + i) ?? []) {
            const reach = (radius + below.radius) * keep;
            const rest = reach * reach - (x - below.x) ** 2 - (y - below.y) ** 2;
            if (rest > 0) z = Math.max(z, below.z + Math.sqrt(rest));
          }
        }
      }
      if (z > options.maxHeight) return undefined;
      const sphere: Sphere = { x, y, z, radius };
      const key = row(y) * columns + column(x);
      const bucket = buckets.get(key);
      if (bucket === undefined) buckets.set(key, [sphere]);
      else bucket.push(sphere);
      return sphere;
    },
  };
}
