import { binFrequency } from './fourier.ts';
import { noiseFloor, type Spectrum } from './spectrum.ts';

/** The half plane of frequencies in rings of equal width up to Nyquist and sectors of equal angle; the other half mirrors it. */
export const RINGS = 48;
export const SECTORS = 12;

/** Ring and sector of each bin of a spectrum, as ring * SECTORS + sector; -1 at frequency 0 and beyond Nyquist. */
const CELLS = new Map<string, Int16Array>();

export function polarCells(width: number, height: number): Int16Array {
  const key = `${width}x${height}`;
  let cells = CELLS.get(key);
  if (cells === undefined) {
    cells = new Int16Array(width * height);
    for (let y = 0; y < height; y++) {
      const fy = binFrequency(y, height);
      for (let x = 0; x < width; x++) {
        const fx = binFrequency(x, width);
        const radius = Math.hypot(fx, fy);
        const ring = Math.floor(radius * 2 * RINGS);
        const turn = (Math.atan2(fy, fx) / Math.PI + 1) % 1;
        cells[y * width + x] = radius === 0 || ring >= RINGS ? -1 : ring * SECTORS + Math.min(SECTORS - 1, Math.floor(turn * SECTORS));
      }
    }
    CELLS.set(key, cells);
  }
  return cells;
}

/** Mean |F|^2 of each cell, and of white noise; NaN where no bin falls into a cell. */
export interface PolarPower {
  readonly power: Float64Array;
  readonly noise: number;
}

/** The noise is never taken for less than what rounding leaves of a flat picture. */
export function polarPower(spectrum: Spectrum): PolarPower {
  const { re, im, width, height } = spectrum;
  const cells = polarCells(width, height);
  const sums = new Float64Array(RINGS * SECTORS);
  const counts = new Uint32Array(RINGS * SECTORS);
  for (let at = 0; at < cells.length; at++) {
    const cell = cells[at]!;
    if (cell < 0) continue;
    sums[cell]! += re[at]! * re[at]! + im[at]! * im[at]!;
    counts[cell]!++;
  }
  return { power: sums.map((sum, cell) => sum / counts[cell]!), noise: Math.max(noiseFloor(spectrum), spectrum.noisePower * 1e-9) };
}
