import type { Level } from './levels.ts';

/** How sharp the sharpest strong edges of a frame are. */
export interface Sharpness {
  /** Share of an edge's height that is passed within 4 px: near 1 for a sharp one, 0.25 for a ramp. */
  readonly edgeShare: number;
  /** Number of places with a strong edge that it rests on; too few say nothing. */
  readonly edges: number;
}

/** An edge counts when its height over 16 px is this many times what noise makes there. */
const LEAST_EDGE_OVER_NOISE = 8;
/** Of the strong edges the sharpest tenth is taken: structure is out of focus only when none of it is sharp. */
const SHARPEST_SHARE = 0.9;
/** Only edges at least half as high as the highest ones compete: a scratch on the substrate does not prove focus. */
const LEAST_SHARE_OF_HIGHEST = 0.5;

/** Where the profile across an edge is taken in the fine level. */
interface Profile {
  /** First of the 8 x 4 fine boxes. */
  readonly start: number;
  /** Steps along the edge's normal and along the edge. */
  readonly along: number;
  readonly across: number;
}

const STRIP = new Float64Array(8);

/** Largest step over 4 px across an edge: neighbouring means of 4 px, each over 8 px along the edge. */
function steepest(means: Float32Array, { start, along, across }: Profile): number {
  for (let k = 0; k < 8; k++) {
    const at = start + k * along;
    STRIP[k] = means[at]! + means[at + across]! + means[at + 2 * across]! + means[at + 3 * across]!;
  }
  let best = 0;
  for (let k = 0; k < 5; k++) {
    const step = Math.abs(STRIP[k + 2]! + STRIP[k + 3]! - STRIP[k]! - STRIP[k + 1]!);
    if (step > best) best = step;
  }
  return best / 8;
}

/**
 * Edges are looked for between boxes of 8 px, and their steepness is measured with boxes of 2 px. `levels` begin with the
 * boxes of 2 px; `noiseLevels` is the standard deviation of a pixel's noise.
 */
export function measureSharpness(levels: readonly Level[], noiseLevels: number, leastHeight: number): Sharpness {
  const [fine, , coarse] = levels;
  if (fine === undefined || coarse === undefined) return { edgeShare: 1, edges: 0 };
  const threshold = Math.max(leastHeight, (LEAST_EDGE_OVER_NOISE * noiseLevels * Math.SQRT2) / coarse.binPx);
  // Of five overlapping steps the largest is taken: noise alone gives it twice the variance of one, which is that of 16 px.
  const noiseSquares = (2 * noiseLevels ** 2) / 16;
  const { columns, rows, means } = coarse;
  const heights: number[] = [];
  const shares: number[] = [];
  const consider = (height: number, profile: Profile): void => {
    if (height < threshold) return;
    heights.push(height);
    shares.push(Math.min(1, Math.sqrt(Math.max(0, steepest(fine.means, profile) ** 2 - noiseSquares)) / height));
  };
  const wide = fine.columns;
  for (let y = 1; y < rows - 1; y++) {
    for (let x = 1; x < columns - 1; x++) {
      const at = y * columns + x;
      // A box of the coarse level is 4 x 4 fine ones; the profile reaches half a box beyond it at both ends.
      const corner = 4 * y * wide + 4 * x;
      consider(Math.abs(means[at + 1]! - means[at - 1]!), { start: corner - 2, along: 1, across: wide });
      consider(Math.abs(means[at + columns]! - means[at - columns]!), { start: corner - 2 * wide, along: wide, across: 1 });
    }
  }
  if (heights.length === 0) return { edgeShare: 1, edges: 0 };
  const high = heights.toSorted((a, b) => b - a)[Math.floor(heights.length * 0.02)]! * LEAST_SHARE_OF_HIGHEST;
  const strong = shares.filter((_, index) => heights[index]! >= high).toSorted((a, b) => a - b);
  return { edgeShare: strong[Math.floor((strong.length - 1) * SHARPEST_SHARE)]!, edges: strong.length };
}
