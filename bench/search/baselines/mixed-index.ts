import type { Here, SearchStrategy } from '../../../src/contract/strategy.ts';
import { normalTail } from '../../../src/search/quantile.ts';
import { bestTile, confirmationS, defineBaseline, distance, INSPECT_SENSITIVITY, type BaselineState } from './baseline.ts';

const THRESHOLDS = [0.5, 1, 1.5, 2, 2.5, 3] as const;
/** Way between tiles that are inspected after a survey, tiles. */
const NEAR_TILES = 1.5;

interface IndexOptions {
  /** Separation d' of the survey scores, as the classifier claims it. */
  readonly surveySeparation: number;
  /** Adds the change of magnification back to the price of a survey. */
  readonly pricedReturn: boolean;
}

/** Unseen block of the most expected finds per second, its best threshold taken; the lower number on ties. */
function bestBlock(state: BaselineState, here: Here, { surveySeparation, pricedReturn }: IndexOptions): { block: number; value: number } {
  const { grid, belief, options } = state;
  const { costs, looks } = options;
  const tiles = grid.blockTiles ** 2;
  const change = here.fieldWidthUm === looks.survey.fieldWidthUm ? 0 : costs.opticsChangeS;
  const nearS = costs.frameS.inspect + costs.settleS + (NEAR_TILES * grid.tileWidthUm) / costs.stageSpeedUmPerS;
  const confirmS = confirmationS(options);
  const curve = THRESHOLDS.map((threshold) => ({ truePositive: normalTail(threshold - surveySeparation), falsePositive: normalTail(threshold) }));
  let best = { block: -1, value: Number.NEGATIVE_INFINITY };
  for (let block = 0; block < state.surveyed.length; block++) {
    if (state.surveyed[block] === 1) continue;
    const rate = belief.rate(block);
    const { xUm, yUm } = state.blockCentres[block]!;
    const lookS = costs.frameS.survey + costs.settleS + distance(xUm - here.xUm, yUm - here.yUm) / costs.stageSpeedUmPerS + change;
    for (const { truePositive, falsePositive } of curve) {
      const visits = tiles * (rate * truePositive + (1 - rate) * falsePositive);
      const gain = tiles * rate * truePositive * INSPECT_SENSITIVITY;
      const back = pricedReturn ? Math.min(1, visits) * costs.opticsChangeS : 0;
      const value = gain / (lookS + visits * nearS + confirmS * gain + back);
      if (value > best.value) best = { block, value };
    }
  }
  return best;
}

/** The index rule of search.md 2b: each step takes the better of a tile at high and an unseen block at low magnification. */
export function mixedIndex(index: IndexOptions): SearchStrategy<BaselineState> {
  return defineBaseline({
    id: index.pricedReturn ? 'mixed-index-priced-return' : 'mixed-index',
    summary: 'The better of a tile at high and a block at low magnification, by expected finds per second.',
    choose: (state, here) => {
      const confirmS = confirmationS(state.options);
      const tile = bestTile(state, here, (p, lookS) => (p * INSPECT_SENSITIVITY) / (lookS + confirmS * p));
      const block = bestBlock(state, here, index);
      return block.block >= 0 && block.value > tile.value ? { survey: block.block } : { inspect: tile.tile };
    },
  });
}
