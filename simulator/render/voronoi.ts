import type { Random } from '../../src/lib/random.ts';
import { createPlane, type Grid } from './raster.ts';

export interface CellOptions {
  /** Mean distance between neighbouring cell centres, fraction of the picture's width. */
  readonly cell: number;
  /** 0 a square lattice, 1 random; 1 when absent. */
  readonly jitter?: number;
  /** Alternate rows are moved by half a cell: with little jitter, a hexagonal lattice. */
  readonly hexagonal?: boolean;
  /** Cells are this many times longer along `angle`; 1 when absent. */
  readonly stretch?: number;
  readonly angle?: number;
  /** Displacement of every point before the look-up: bent borders. */
  readonly warp?: { readonly x: Float32Array; readonly y: Float32Array; readonly amplitude: number };
}

export interface Cells {
  /** Distance to the nearest centre in cells. */
  readonly nearest: Float32Array;
  /** Distance to the border of the cell in cells (0 on the border, about 0.5 in the middle). */
  readonly border: Float32Array;
  /** A number of the cell's own, uniform in [0, 1). */
  readonly identity: Float32Array;
}

const PERIOD = 64;

/** Voronoi cells of jittered lattice points (Worley, 1996), with true distances to the borders between cells. */
export function cellPlanes(grid: Grid, random: Random, options: CellOptions): Cells {
  const { cell, jitter = 1, hexagonal = false, stretch = 1, angle = 0, warp } = options;
  const count = PERIOD * PERIOD;
  const shiftX = Float32Array.from({ length: count }, () => 0.5 + jitter * (random.uniform() - 0.5));
  const shiftY = Float32Array.from({ length: count }, () => 0.5 + jitter * (random.uniform() - 0.5));
  const own = Float32Array.from({ length: count }, () => random.uniform());
  const originX = random.uniform() * PERIOD;
  const originY = random.uniform() * PERIOD;
  const nearest = createPlane(grid);
  const border = createPlane(grid);
  const identity = createPlane(grid);
  const cosine = Math.cos(angle);
  const sine = Math.sin(angle);
  const rowHeight = hexagonal ? Math.sqrt(3) / 2 : 1;
  for (let y = 0; y < grid.heightPx; y++) {
    for (let x = 0; x < grid.widthPx; x++) {
      const index = y * grid.widthPx + x;
      let px = (x + 0.5) / grid.widthPx;
      let py = (y + 0.5) / grid.widthPx;
      if (warp !== undefined) {
        px += warp.amplitude * warp.x[index]!;
        py += warp.amplitude * warp.y[index]!;
      }
      const u = (px * cosine + py * sine) / (cell * stretch) + originX + 64;
      const v = (py * cosine - px * sine) / (cell * rowHeight) + originY + 64;
      const column = Math.floor(u);
      const row = Math.floor(v);
      let best = 1e9;
      let second = 1e9;
      let bestX = 0;
      let bestY = 0;
      let secondX = 0;
      let secondY = 0;
      let bestId = 0;
      for (let dy = -1; dy <= 1; dy++) {
        const odd = hexagonal && ((row + dy) & 1) === 1 ? 0.5 : 0;
        for (let dx = -1; dx <= 1; dx++) {
          const id = ((row + dy) & 63) * PERIOD + ((column + dx) & 63);
          const toX = column + dx + shiftX[id]! + odd - u;
          const toY = (row + dy + shiftY[id]! - v) * rowHeight;
          const squared = toX * toX + toY * toY;
          if (squared < best) {
            second = best;
            secondX = bestX;
            secondY = bestY;
            best = squared;
            bestX = toX;
            bestY = toY;
            bestId = id;
          } else if (squared < second) {
            second = squared;
            secondX = toX;
            secondY = toY;
          }
        }
      }
      nearest[index] = Math.sqrt(best);
      const gap = Math.sqrt((secondX - bestX) ** 2 + (secondY - bestY) ** 2);
      border[index] = gap > 1e-6 ? (second - best) / (2 * gap) : 0;
      identity[index] = own[bestId]!;
    }
  }
  return { nearest, border, identity };
}
