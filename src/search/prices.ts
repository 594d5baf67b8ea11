import { inspectSeparation, surveySeparation } from './belief.ts';
import { suspectSeconds } from './confirmation.ts';
import type { LookPrices } from './profit.ts';
import type { SearchState } from './state.ts';

/** Way between tiles of a block that are inspected one after another, in tiles. */
export const NEAR_TILES = 1.5;
/** Blocks that are surveyed in a row, and share the change of magnification there and back. */
export const SURVEY_BATCH = 4;

/** What looks cost on this instrument, and how well they separate as far as this search has learned it. */
export function pricesOf({ options, grid, settled, belief }: SearchState): LookPrices {
  const { costs } = options;
  return {
    inspectS: costs.frameS.inspect + costs.settleS,
    hopS: (NEAR_TILES * Math.max(grid.tileWidthUm, grid.tileHeightUm)) / costs.stageSpeedUmPerS,
    confirmS: suspectSeconds(options, settled),
    surveySeparation: surveySeparation(belief),
    inspectSeparation: inspectSeparation(belief),
  };
}
