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

interface Octave {
  readonly random: Random;
  readonly cell: number;
  readonly amplitude: number;
  readonly stretch: number;
  readonly angle: number;
}

/** A plane on a coarser grid: one point for every `step` x `step` pixels, `step` a power of two. */
interface Coarse {
  readonly small: Grid;
  readonly step: number;
  readonly plane: Float32Array;
}

function refine(grid: Grid, coarse: Coarse, step: number): Coarse {
  if (coarse.step === step) return coarse;
  const small = step === 1 ? grid : createGrid(Math.ceil(grid.widthPx / step), Math.ceil(grid.heightPx / step));
  return { small, step, plane: enlarge(coarse.small, coarse.plane, { grid: small, step: coarse.step / step }) };
}

function addOctave(grid: Grid, sum: Coarse | undefined, octave: Octave): Coarse | undefined {
  const { random, cell, amplitude, stretch, angle } = octave;
  const gradientX = new Float32Array(PERIOD);
  const gradientY = new Float32Array(PERIOD);
  for (let index = 0; index < PERIOD; index++) {
    const direction = 2 * Math.PI * random.uniform();
    gradientX[index] = Math.cos(direction);
    gradientY[index] = Math.sin(direction);
  }
  const shuffle = Int32Array.from({ length: PERIOD }, () => random.integer(PERIOD));
  const originX = random.uniform() * PERIOD + 4096;
  const originY = random.uniform() * PERIOD + 4096;
  // The lattice of each octave lies at an angle of its own: its axes would show as a weave otherwise.
  const turn = random.uniform() * Math.PI;
  const cellPx = cell * grid.widthPx;
  // Finer than the pixels: it would only alias.
  if (cellPx < 1.5) return sum;
  const step = Math.max(1, 2 ** Math.floor(Math.log2(cellPx / POINTS_PER_CELL)));
  const small = step === 1 ? grid : createGrid(Math.ceil(grid.widthPx / step), Math.ceil(grid.heightPx / step));
  const target: Coarse = sum === undefined ? { small, step, plane: createPlane(small) } : refine(grid, sum, step);
  const { plane } = target;
  // Stretch along `angle`, then the turn: one matrix from pixels to lattice coordinates.
  const along = [Math.cos(angle) / (cellPx * stretch), Math.sin(angle) / (cellPx * stretch)] as const;
  const across = [-Math.sin(angle) / cellPx, Math.cos(angle) / cellPx] as const;
  const [cosine, sine] = [Math.cos(turn), Math.sin(turn)];
  const ux = (cosine * along[0] - sine * across[0]) * step;
  const uy = (cosine * along[1] - sine * across[1]) * step;
  const vx = (sine * along[0] + cosine * across[0]) * step;
  const vy = (sine * along[1] + cosine * across[1]) * step;
  for (let y = 0; y < small.heightPx; y++) {
    let u = 0.5 * ux + (y + 0.5) * uy + originX;
    let v = 0.5 * vx + (y + 0.5) * vy + originY;
    const row = y * small.widthPx;
    for (let x = 0; x < small.widthPx; x++) {
      const column = u | 0;
      const line = v | 0;
      const fx = u - column;
      const fy = v - line;
      const upper = shuffle[line & 255]!;
      const lower = shuffle[(line + 1) & 255]!;
      const a = shuffle[(upper + column) & 255]!;
      const b = shuffle[(upper + column + 1) & 255]!;
      const c = shuffle[(lower + column) & 255]!;
      const d = shuffle[(lower + column + 1) & 255]!;
      const atA = gradientX[a]! * fx + gradientY[a]! * fy;
      const atB = gradientX[b]! * (fx - 1) + gradientY[b]! * fy;
      const atC = gradientX[c]! * fx + gradientY[c]! * (fy - 1);
      const atD = gradientX[d]! * (fx - 1) + gradientY[d]! * (fy - 1);
      const sx = fx * fx * (3 - 2 * fx);
      const top = atA + (atB - atA) * sx;
      plane[row + x]! += amplitude * (top + (atC + (atD - atC) * sx - top) * (fy * fy * (3 - 2 * fy)));
      u += ux;
      v += vx;
    }
  }
  return target;
}

/** Fractal gradient noise (Perlin, An image synthesizer, 1985): about standard normal, correlated over `cell`. */
export function noisePlane(grid: Grid, random: Random, options: NoiseOptions): Float32Array {
  const { cell, octaves = 4, gain = 0.5, stretch = 1, angle = 0 } = options;
  let sum: Coarse | undefined;
  let power = 0;
  for (let octave = 0; octave < octaves; octave++) power += gain ** (2 * octave);
  // Gradient noise of unit gradients has a standard deviation near 0.28.
  const norm = 3.5 / Math.sqrt(power);
  for (let octave = 0; octave < octaves; octave++) {
    sum = addOctave(grid, sum, { random, cell: cell / 2 ** octave, amplitude: norm * gain ** octave, stretch, angle });
  }
  return sum === undefined ? createPlane(grid) : refine(grid, sum, 1).plane;
}
