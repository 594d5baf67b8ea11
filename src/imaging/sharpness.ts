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

interface Grid {
  readonly fine: Level;
  readonly x: number;
  readonly y: number;
  /** Steps in the fine level along the edge's normal and along the edge. */
  readonly along: number;
  readonly across: number;
}

/** Largest difference over 4 px among nine places across an edge, each averaged over 8 px along it. */
function steepest({ fine, x, y, along, across }: Grid): number {
  const at = y * fine.columns + x;
  let best = 0;
  const profile = new Float64Array(8);
  for (let k = 0; k < 8; k++) {
    let sum = 0;
    for (let j = 0; j < 4; j++) sum += fine.means[at + (k - 2) * along + j * across]!;
    profile[k] = sum / 4;
  }
  for (let k = 0; k + 2 < 8; k++) best = Math.max(best, Math.abs(profile[k + 2]! - profile[k]!));
  return best;
}

/**
 * Edges are looked for between boxes of 8 px, and their steepness is measured with boxes of 2 px. `levels` begin with the
 * boxes of 2 px; `noiseLevels` is the standard deviation of a pixel's noise.
 */
export function measureSharpness(levels: readonly Level[], noiseLevels: number, leastHeight: number): Sharpness {
  const [fine, , coarse] = levels;
  if (fine === undefined || coarse === undefined) return { edgeShare: 1, edges: 0 };
  const threshold = Math.max(leastHeight, (LEAST_EDGE_OVER_NOISE * noiseLevels * Math.SQRT2) / coarse.binPx);
  const found: { height: number; share: number }[] = [];
  // Of six noisy differences the largest is taken: twice their variance comes from noise alone. Each is between means of 16 px.
  const noiseSquares = 2 * ((2 * noiseLevels ** 2) / 16);
  const consider = (height: number, grid: Grid): void => {
    if (height < threshold) return;
    found.push({ height, share: Math.min(1, Math.sqrt(Math.max(0, steepest(grid) ** 2 - noiseSquares)) / height) });
  };
  const { columns, means } = coarse;
  for (let y = 1; y < coarse.rows - 1; y++) {
    for (let x = 1; x < columns - 1; x++) {
      const at = y * columns + x;
      // The box in the middle is 4 x 4 fine boxes; the profile reaches half a box to each side of it.
      const place = { fine, x: 4 * x, y: 4 * y };
      consider(Math.abs(means[at + 1]! - means[at - 1]!), { ...place, along: 1, across: fine.columns });
      consider(Math.abs(means[at + columns]! - means[at - columns]!), { ...place, along: fine.columns, across: 1 });
    }
  }
  if (found.length === 0) return { edgeShare: 1, edges: 0 };
  const heights = found.map(({ height }) => height).sort((a, b) => b - a);
  const high = heights[Math.floor(heights.length * 0.02)]! * LEAST_SHARE_OF_HIGHEST;
  const shares = found.filter(({ height }) => height >= high).map(({ share }) => share).sort((a, b) => a - b);
  return { edgeShare: shares[Math.floor((shares.length - 1) * SHARPEST_SHARE)]!, edges: shares.length };
}
