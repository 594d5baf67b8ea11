import { blockOdds, logistic, sharesOf, tileEvidence, type Shares } from './belief.ts';
import type { BlockIndex } from './block-index.ts';
import { suspectLogOdds } from './engine.ts';
import { goalRate } from './goal-rate.ts';
import { worthwhile, type Region, type Yield } from './going-rate.ts';
import { pricesOf, SURVEY_BATCH } from './prices.ts';
import { lookUp, worthAt, type LookPrices, type Worth } from './profit.ts';
import { SURVEY, type SearchState } from './state.ts';

/** The rate is reckoned again when no more than this share is left of the time that was left then: it takes as long as two decisions. */
const RENEWED_AT = 0.8;

/** Goal rate where time is no bound: nothing pays so much. Finite, so that it goes through JSON. */
export const NO_BOUND = Number.MAX_VALUE;

/** Instrument seconds that are left; Infinity where none were set. */
export function secondsLeft({ options, spentS }: SearchState): number {
  return options.budgetSeconds === undefined ? Infinity : Math.max(0, options.budgetSeconds - spentS);
}

interface Offers {
  readonly state: SearchState;
  readonly index: BlockIndex;
  readonly prices: LookPrices;
  readonly worth: Worth;
  readonly shares: Shares;
}

const rateOf = ({ gain, seconds }: Yield): number => gain / seconds;

/** What an unsurveyed block brings: by a survey and what follows from it, or tile by tile. */
function unsurveyed({ state, index, prices, worth }: Offers, block: number, logOdds: number): Yield {
  const { costs } = state.options;
  const open = index.openCount[block]!;
  const odds = logOdds + index.priorLogOdds[block]!;
  const survey = {
    gain: open * lookUp(worth.survey.gain, odds),
    seconds: costs.frameS.survey + costs.settleS + (2 * costs.opticsChangeS) / SURVEY_BATCH + open * lookUp(worth.survey.seconds, odds),
  };
  const tiles = { gain: open * lookUp(worth.inspect.gain, odds), seconds: open * (lookUp(worth.inspect.seconds, odds) + prices.hopS) };
  return rateOf(tiles) > rateOf(survey) ? tiles : survey;
}

/** The whole area as regions: what waits in each block, and the way from one block to the next before it. */
function areaOf(offers: Offers): Region {
  const { state, index, prices, worth, shares } = offers;
  const { grid, options } = state;
  const entryS = (grid.blockTiles * Math.max(grid.tileWidthUm, grid.tileHeightUm)) / options.costs.stageSpeedUmPerS;
  const inside: Region[] = [];
  for (let block = 0; block < index.openCount.length; block++) {
    if (index.openCount[block] === 0) continue;
    const logOdds = Math.log(blockOdds(state.belief, block, shares));
    if (state.surveys[block] === SURVEY.not && index.surveyable[block] === 1) {
      inside.push({ entryS, items: [unsurveyed(offers, block, logOdds)], inside: [] });
      continue;
    }
    const items = index.openTiles(state, block).map((tile) => {
      const odds = logOdds + tileEvidence(state.belief, tile);
      return { gain: lookUp(worth.inspect.gain, odds), seconds: lookUp(worth.inspect.seconds, odds) + prices.hopS };
    });
    inside.push({ entryS, items, inside: [] });
  }
  const items = state.suspects.map(({ tile }) => ({ gain: logistic(suspectLogOdds(state, tile)), seconds: prices.confirmS }));
  return { entryS: 0, items, inside };
}

/**
 * Brings the rate that fills the time that is left up to date: what pays less will not be wanted any more. 0 when there is time for
 * everything; NO_BOUND when the finds that are wanted are expected sooner.
 */
export function updateGoal(state: SearchState, index: BlockIndex): void {
  const leftS = secondsLeft(state);
  const { goal, finds, options } = state;
  if (leftS === Infinity || leftS === 0) return;
  if (goal !== null && leftS > RENEWED_AT * goal.leftS) return;
  const prices = pricesOf(state);
  const last = goal !== null && goal.rate !== NO_BOUND && goal.rate > 0 ? goal.rate : options.prevalence / (prices.inspectS + prices.hopS);
  const area = areaOf({ state, index, prices, worth: worthAt(last, prices), shares: sharesOf(state.belief) });
  const rate = goalRate(area, leftS);
  const enough = worthwhile(area, rate).gain >= options.finds - finds.length;
  state.goal = { rate: enough ? NO_BOUND : rate, leftS };
}
