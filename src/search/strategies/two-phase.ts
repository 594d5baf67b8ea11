import type { Here } from '../../contract/strategy.ts';
import { blockRate, logistic, logit, sharesOf, tileEvidence } from '../belief.ts';
import { blockIndexOf, type BlockIndex } from '../block-index.ts';
import { confirmSeconds } from '../confirmation.ts';
import { defineStrategy, type Choice } from '../engine.ts';
import { orderCache } from '../fixed-order.ts';
import { blockCentre, blockOf, tileCentre } from '../grid.ts';
import { blockSerpentineOrder } from '../orders.ts';
import { SURVEY, type SearchState } from '../state.ts';

const surveyOrder = orderCache(blockSerpentineOrder);
/** The first block from the cursor on that is still to be surveyed, as a place in the order; its length when there is none. */
function nextSurvey(state: SearchState, order: Int32Array, { openCount, surveyable }: BlockIndex): number {
  let at = state.cursor;
  while (at < order.length) {
    const block = order[at]!;
    if (state.surveys[block] === SURVEY.not && openCount[block]! > 0 && surveyable[block] === 1) break;
    at++;
  }
  return at;
}

// Math.hypot guards against overflow and takes ten times as long.
const length = (dx: number, dy: number): number => Math.sqrt(dx * dx + dy * dy);

/** The waiting tile of the most finds per second: probability by the price of going there, inspecting and confirming. */
function bestTile(state: SearchState, here: Here, index: BlockIndex): Choice | undefined {
  const { grid, belief, options } = state;
  const { costs } = options;
  const inspectS = costs.frameS.inspect + costs.settleS;
  const confirmS = confirmSeconds(options);
  const reachUm = length(grid.blockTiles * grid.tileWidthUm, grid.blockTiles * grid.tileHeightUm);
  const rateOf = (logOdds: number, wayUm: number): number => {
    const p = logistic(logOdds);
    return p / (inspectS + wayUm / costs.stageSpeedUmPerS + p * confirmS);
  };
  const shares = sharesOf(belief);
  let best = -1;
  let choice: Choice | undefined;
  for (let block = 0; block < index.openCount.length; block++) {
    if (index.openCount[block] === 0) continue;
    const prior = logit(blockRate(belief, block, shares));
    const centre = blockCentre(grid, block);
    // No tile of the block is nearer than this, and none likelier.
    const nearestUm = Math.max(0, length(centre.xUm - here.xUm, centre.yUm - here.yUm) - reachUm);
    if (rateOf(prior + Math.log(index.bestEvidenceRatio[block]!), nearestUm) * (1 + 1e-9) <= best) continue;
    for (const tile of index.openTiles(state, block)) {
      const { xUm, yUm } = tileCentre(grid, tile);
      const rate = rateOf(prior + tileEvidence(belief, tile), length(xUm - here.xUm, yUm - here.yUm));
      if (rate <= best) continue;
      best = rate;
      choice = { inspect: tile };
    }
  }
  return choice;
}

/** What was surveyed, or may not be, is inspected only when there is nothing left to survey. */
export const strategy = defineStrategy('two-phase', 'Surveys the whole area first, then inspects the likeliest places, the way to them priced.', {
  choose: (state, here) => {
    const order = surveyOrder(state);
    const index = blockIndexOf(state);
    const at = nextSurvey(state, order, index);
    return at < order.length ? { survey: order[at]! } : bestTile(state, here, index);
  },
  changed: (state, action) => {
    const index = blockIndexOf(state);
    const blocks = action.kind === 'survey' ? new Set(action.tiles.map((tile) => blockOf(state.grid, tile))) : [blockOf(state.grid, action.tile)];
    for (const block of blocks) index.refresh(state, block);
    state.cursor = nextSurvey(state, surveyOrder(state), index);
  },
});
