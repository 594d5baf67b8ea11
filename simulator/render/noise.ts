import type { Random } from '../../src/lib/random.ts';
import { createGrid, createPlane, enlarge, type Grid } from './raster.ts';

export interface NoiseOptions {
  /** Width of the largest structures, fraction of the picture's width. */
  readonly cell: number;
  /** Layers of half the size each; 4 when absent. */
  readonly octaves?: number;
  /** Amplitude of a layer relative to the one before; 0.5 when absent. */
  readonly gain?: number;
  /** Structures are this many times longer along `angle`; 1 when absent. */
  readonly stretch?: number;
  /** Direction of the stretch, radians from x towards y. */
  readonly angle?: number;
}

/** Period of the lattice in cells; also the number of lattice values, a power of two. */
const PERIOD = 256;
/** Noise is computed at this many points per cell and enlarged. */
const POINTS_PER_CELL = 5;

function addOctave(grid: Grid, target: Float32Array, layer: { random: Random; cell: number; amplitude: number; stretch: number; angle: number }): void {
  const { random, cell, amplitude, stretch, angle } = layer;
  const values = Float32Array.from({ length: PERIOD }, () => random.gaussian());
  const shuffle = Int32Array.from({ length: PERIOD }, () => random.integer(PERIOD));
  const originX = random.uniform() * PERIOD;
  const originY = random.uniform() * PERIOD;
  const cellPx = cell * grid.widthPx;
  // Finer than the pixels: it would only alias.
  if (cellPx < 1.2) return;
  const step = Math.max(1, Math.floor(cellPx / POINTS_PER_CELL));
  const small = step === 1 ? grid : createGrid(Math.ceil(grid.widthPx / step), Math.ceil(grid.heightPx / step));
  const plane = step === 1 ? target : createPlane(small);
  const cosine = Math.cos(angle) / (cellPx * stretch);
  const sine = Math.sin(angle) / (cellPx * stretch);
  const crossCosine = Math.cos(angle) / cellPx;
  const crossSine = Math.sin(angle) / cellPx;
  for (let y = 0; y < small.heightPx; y++) {
    const yPx = (y + 0.5) * step;
    for (let x = 0; x < small.widthPx; x++) {
      const xPx = (x + 0.5) * step;
      const u = xPx * cosine + yPx * sine + originX + 4096;
      const v = yPx * crossCosine - xPx * crossSine + originY + 4096;
      const column = Math.floor(u);
      const row = Math.floor(v);
      const fx = u - column;
      const fy = v - row;
      const sx = fx * fx * (3 - 2 * fx);
      const sy = fy * fy * (3 - 2 * fy);
      const upper = shuffle[row & 255]!;
      const lower = shuffle[(row + 1) & 255]!;
      const left = shuffle[column & 255]! * 7;
      const right = shuffle[(column + 1) & 255]! * 7;
      const a = values[(upper + left) & 255]!;
      const b = values[(upper + right) & 255]!;
      const c = values[(lower + left) & 255]!;
      const d = values[(lower + right) & 255]!;
      const top = a + (b - a) * sx;
      plane[y * small.widthPx + x]! += amplitude * (top + (c + (d - c) * sx - top) * sy);
    }
  }
  if (step > 1) {
    const enlarged = enlarge(small, plane, { grid, step });
    for (let index = 0; index < target.length; index++) target[index]! += enlarged[index]!;
  }
}

/** Fractal value noise: about standard normal, correlated over `cell`. */
export function noisePlane(grid: Grid, random: Random, options: NoiseOptions): Float32Array {
  const { cell, octaves = 4, gain = 0.5, stretch = 1, angle = 0 } = options;
  const plane = createPlane(grid);
  let power = 0;
  for (let octave = 0; octave < octaves; octave++) power += gain ** (2 * octave);
  // Interpolation takes about half of the variance of the lattice values away.
  const norm = 1.5 / Math.sqrt(power);
  for (let octave = 0; octave < octaves; octave++) {
    addOctave(grid, plane, { random, cell: cell / 2 ** octave, amplitude: norm * gain ** octave, stretch, angle });
  }
  return plane;
}
