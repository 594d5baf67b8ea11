import type { TileGrid } from '../../../src/contract/strategy.ts';
import { blockColumns, blockRows, tileCount } from '../../../src/search/grid.ts';

/** Belief of the bench's baselines: search.md 2b, whose constants these are. */
const REACH = 3;
const KERNEL_SD = 1.2;
const SOFT = 0.3;
const STRENGTH = 25;
const PRIOR = { hits: 0.3, tested: 30 } as const;
const MAX_RATE = 0.95;
const SIDE = 2 * REACH + 1;

const KERNEL: readonly number[] = Array.from({ length: SIDE * SIDE }, (_, at) => {
  const dx = (at % SIDE) - REACH;
  const dy = Math.floor(at / SIDE) - REACH;
  return Math.exp(-(dx * dx + dy * dy) / (2 * KERNEL_SD * KERNEL_SD));
});

export interface BlockBelief {
  /** Probability of a target in a tile of the block, before its own scores; capped. */
  rate(block: number): number;
  /** Posterior of a tile of the block with this likelihood ratio of its survey score (1 without one). */
  posterior(block: number, likelihoodRatio: number): number;
  /** The same for every block that a look at a tile of `block` would change, were it a hit or not; the whole area's density as it is. */
  after(block: number, hit: boolean): readonly { readonly block: number; readonly rate: number }[];
  surveyed(block: number, likelihoodRatios: readonly number[], rate: number): void;
  inspected(block: number): void;
  confirmed(block: number): void;
}

/** Per block: tiles tested closely, confirmed hits, and soft hits of its survey; rates smoothed over blocks at most 3 away. */
export function createBlockBelief(grid: TileGrid): BlockBelief {
  const columns = blockColumns(grid);
  const rows = blockRows(grid);
  const tilesPerBlock = Math.min(tileCount(grid), grid.blockTiles ** 2);
  const tested = new Float64Array(columns * rows);
  const hits = new Float64Array(columns * rows);
  const nearTested = new Float64Array(columns * rows);
  const nearHits = new Float64Array(columns * rows);
  let [allHits, allTested] = [0, 0];

  const around = (block: number, visit: (near: number, weight: number) => void): void => {
    const row = Math.floor(block / columns);
    const column = block - row * columns;
    for (let y = Math.max(0, row - REACH); y <= Math.min(rows - 1, row + REACH); y++) {
      for (let x = Math.max(0, column - REACH); x <= Math.min(columns - 1, column + REACH); x++) {
        visit(y * columns + x, KERNEL[(y - row + REACH) * SIDE + (x - column + REACH)]!);
      }
    }
  };
  // Summed anew in one order rather than added to: equal surroundings have equal rates to the last bit, so that ties are ties.
  const refresh = (changed: number): void => {
    around(changed, (block) => {
      let [sumHits, sumTested] = [0, 0];
      around(block, (near, weight) => {
        sumHits += weight * hits[near]!;
        sumTested += weight * tested[near]!;
      });
      nearHits[block] = sumHits;
      nearTested[block] = sumTested;
    });
  };
  const rate = (block: number): number => {
    const global = (PRIOR.hits + allHits) / (PRIOR.tested + allTested);
    return Math.min(MAX_RATE, (nearHits[block]! + STRENGTH * global) / (nearTested[block]! + STRENGTH));
  };
  const withEvidence = (p: number, ratio: number): number => (p * ratio) / (1 - p + p * ratio);

  return {
    rate,
    posterior: (block, ratio) => (ratio === 1 ? rate(block) : withEvidence(rate(block), ratio)),
    after: (looked, hit) => {
      const global = (PRIOR.hits + allHits) / (PRIOR.tested + allTested);
      const changed: { block: number; rate: number }[] = [];
      around(looked, (block, weight) => {
        const seen = nearTested[block]! + weight;
        changed.push({ block, rate: Math.min(MAX_RATE, (nearHits[block]! + (hit ? weight : 0) + STRENGTH * global) / (seen + STRENGTH)) });
      });
      return changed;
    },
    surveyed: (block, ratios, at) => {
      hits[block]! += SOFT * ratios.reduce((sum, ratio) => sum + withEvidence(at, ratio), 0);
      tested[block]! += SOFT * tilesPerBlock;
      refresh(block);
    },
    inspected: (block) => {
      tested[block]!++;
      allTested++;
      refresh(block);
    },
    confirmed: (block) => {
      hits[block]!++;
      allHits++;
      refresh(block);
    },
  };
}
