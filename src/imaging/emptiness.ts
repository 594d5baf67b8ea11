import type { Level } from './levels.ts';

/** What tells bare substrate from structure. */
export interface Emptiness {
  /** Variance over that of white noise in the octave of box sizes where it is largest: 1 for a white spectrum. */
  readonly whiteness: number;
  /** Largest local variance of the finest boxes over that of the noise: 1 plus chance for a flat map. */
  readonly unevenness: number;
}

/** Edge of the blocks of the local-variance map in fine boxes: 32 px. */
const BLOCK = 16;

/** `levels` begin with the boxes of 2 px; `noiseLevels` is the standard deviation of a pixel's noise. */
export function measureEmptiness(levels: readonly Level[], noiseLevels: number, octaves: readonly number[]): Emptiness {
  const [fine] = levels;
  const whiteness = octaves.reduce((largest, ratio) => Math.max(largest, ratio), 0);
  if (fine === undefined) return { whiteness, unevenness: 1 };
  let largest = 0;
  for (let top = 0; top + BLOCK <= fine.rows; top += BLOCK) {
    for (let left = 0; left + BLOCK <= fine.columns; left += BLOCK) {
      let [sum, squares] = [0, 0];
      for (let y = top; y < top + BLOCK; y++) {
        for (let x = left; x < left + BLOCK; x++) {
          const value = fine.means[y * fine.columns + x]!;
          sum += value;
          squares += value * value;
        }
      }
      largest = Math.max(largest, squares / BLOCK ** 2 - (sum / BLOCK ** 2) ** 2);
    }
  }
  return { whiteness, unevenness: (4 * largest) / noiseLevels ** 2 };
}
