import type { Here } from '../contract/strategy.ts';
import { blockOdds, blocksAround, logistic, sharesOf, tileEvidence, type Shares } from './belief.ts';
import type { BlockIndex } from './block-index.ts';
import { NO_BOUND, secondsLeft } from './budget.ts';
import { sameOptics } from './confirmation.ts';
import { suspectLogOdds, type Choice } from './engine.ts';
import { chooseItem } from './goal-rate.ts';
import { prefixRate, type Yield } from './going-rate.ts';
import { blockCentre, blockOf, tileAt, tileCentre } from './grid.ts';
import { NEAR_TILES, pricesOf, SURVEY_BATCH } from './prices.ts';
import { lookUp, worthAt, type LookPrices, type Worth } from './profit.ts';
import { SURVEY, type SearchState } from './state.ts';

/** The tables are made again when the best rate has grown by this factor: a decision by a rate slightly too low is hardly worse. */
const RATE_STEP = 1.2;
const LEAST_RATE = 1e-9;

/** Everything that one decision holds fixed, and the best that it has found. */
interface Decision {
  readonly state: SearchState;
  readonly index: BlockIndex;
  readonly here: Here;
  readonly prices: LookPrices;
  readonly shares: Shares;
  /** Standing at survey magnification: an inspection pays the change there and, since surveys go on after it, back. */
  readonly atSurvey: boolean;
  toInspectS: number;
  secondsPerUm: number;
  /** What cannot bring a find within this is not offered. */
  leftS: number;
  worth: Worth;
  rate: number;
  choice: Choice | undefined;
}

// Math.hypot guards against overflow and takes ten times as long: a million tiles have 62 500 blocks.
const length = (dx: number, dy: number): number => Math.sqrt(dx * dx + dy * dy);

function offer(decision: Decision, choice: Choice, rate: number): void {
  if (rate <= decision.rate) return;
  decision.choice = choice;
  decision.rate = rate;
  if (rate > RATE_STEP * decision.worth.rate) decision.worth = worthAt(rate, decision.prices);
}

function offerSuspects(decision: Decision): void {
  const { state, here, prices, secondsPerUm, toInspectS } = decision;
  const { settleS } = state.options.costs;
  for (const suspect of state.suspects) {
    const way = length(suspect.xUm - here.xUm, suspect.yUm - here.yUm);
    const seconds = prices.confirmS + way * secondsPerUm + (way > 0 ? settleS : 0) + toInspectS;
    if (seconds <= decision.leftS) offer(decision, { confirm: suspect.tile }, logistic(suspectLogOdds(state, suspect.tile)) / seconds);
  }
}

/** The best single tile of a block, and it with those of the block that pay once one is there. */
function offerTiles(decision: Decision, block: number, logOdds: number): void {
  const { state, index, here, secondsPerUm, worth, prices, toInspectS } = decision;
  let bestTile = -1;
  let best = 0;
  let bestTravelS = 0;
  const items: Yield[] = [];
  for (const tile of index.openTiles(state, block)) {
    const odds = logOdds + tileEvidence(state.belief, tile);
    const gain = lookUp(worth.inspect.gain, odds);
    const seconds = lookUp(worth.inspect.seconds, odds);
    const { xUm, yUm } = tileCentre(state.grid, tile);
    const travelS = length(xUm - here.xUm, yUm - here.yUm) * secondsPerUm;
    const rate = gain / (seconds + travelS);
    items.push({ gain, seconds: seconds + prices.hopS });
    if (rate <= best) continue;
    best = rate;
    bestTile = tile;
    bestTravelS = travelS;
  }
  // The way to the first of them is that from here, not from a neighbour.
  const entryS = bestTravelS + toInspectS - prices.hopS;
  const findS = bestTravelS + toInspectS + prices.inspectS + prices.confirmS;
  if (bestTile >= 0 && findS <= decision.leftS) offer(decision, { inspect: bestTile }, prefixRate({ entryS, items, inside: [] }, decision.rate));
}

/** Finds per second of a survey of the block together with the inspections that it will lead to. */
function offerSurvey(decision: Decision, at: { readonly block: number; readonly logOdds: number; readonly travelS: number }): void {
  const { state, index, worth, atSurvey, prices, leftS } = decision;
  const { costs, finds } = state.options;
  const open = index.openCount[at.block]!;
  const firstS = costs.frameS.survey + costs.settleS + at.travelS + (atSurvey ? 1 : 2) * costs.opticsChangeS;
  if (firstS + prices.inspectS + prices.confirmS > leftS) return;
  const followS = open * lookUp(worth.survey.seconds, at.logOdds);
  const gain = open * lookUp(worth.survey.gain, at.logOdds) * Math.min(1, (leftS - firstS) / Math.max(followS, prices.inspectS));
  const visits = open * lookUp(worth.survey.visits, at.logOdds);
  const batch = Math.min(SURVEY_BATCH, Math.max(1, (finds - state.finds.length) / Math.max(gain, 1e-9)));
  const changesS = atSurvey ? 0 : ((1 + Math.min(1, visits * batch)) * costs.opticsChangeS) / batch;
  const seconds = costs.frameS.survey + costs.settleS + at.travelS + changesS + followS;
  offer(decision, { survey: at.block }, gain / seconds);
}

function offerBlock(decision: Decision, block: number): void {
  const { state, index, here, secondsPerUm } = decision;
  const { grid } = state;
  const open = index.openCount[block]!;
  if (open === 0) return;
  const logOdds = Math.log(blockOdds(state.belief, block, decision.shares));
  const { xUm, yUm } = blockCentre(grid, block);
  const travelS = length(xUm - here.xUm, yUm - here.yUm) * secondsPerUm;
  if (state.surveys[block] === SURVEY.not && index.surveyable[block] === 1) offerSurvey(decision, { block, logOdds: logOdds + index.priorLogOdds[block]!, travelS });
  // Were all open tiles as good as the best, and the nearest corner the way: what the tiles themselves cannot exceed.
  const odds = logOdds + Math.log(index.bestEvidenceRatio[block]!);
  const nearestS = Math.max(0, travelS - 0.5 * length(grid.blockTiles * grid.tileWidthUm, grid.blockTiles * grid.tileHeightUm) * secondsPerUm);
  const { inspect } = decision.worth;
  const bound = (open * lookUp(inspect.gain, odds)) / (open * lookUp(inspect.seconds, odds) + nearestS + decision.toInspectS);
  if (bound * (1 + 1e-9) > decision.rate) offerTiles(decision, block, logOdds);
}

/**
 * The action with the most expected finds per second of instrument time, what follows from it included: confirming a suspected
 * find, inspecting a tile and the others of its block that pay, or surveying a block and inspecting what stands out. Blocks are
 * gone through once, each judged by the best rate so far. Ties go to the lower number. Undefined when nothing waits.
 */
export function bestByRate(state: SearchState, here: Here, index: BlockIndex): Choice | undefined {
  const decision = createDecision(state, here, index);
  const choice = bestWithin(decision);
  if (choice !== undefined || decision.leftS === Infinity) return choice;
  // There is no time for a find any more: what would come next is looked at until the end.
  decision.leftS = Infinity;
  return bestWithin(decision);
}

/**
 * Where time is short: the best in the block that one stands in, while it pays what is asked for. What will be wanted before the time is up
 * is not left for what pays more elsewhere: the way back would cost.
 */
function stayFor(decision: Decision, block: number): Choice | undefined {
  const { state, index, here, prices, secondsPerUm } = decision;
  const { goal, grid, belief } = state;
  if (goal === null || goal.rate === 0 || goal.rate === NO_BOUND || decision.atSurvey) return undefined;
  const worth = worthAt(goal.rate, prices);
  const logOdds = Math.log(blockOdds(belief, block, decision.shares));
  const choices: Choice[] = [];
  const items: Yield[] = [];
  const add = (choice: Choice, item: Yield): void => {
    if (item.seconds > decision.leftS) return;
    choices.push(choice);
    items.push(item);
  };
  const wayS = (to: { readonly xUm: number; readonly yUm: number }): number => length(to.xUm - here.xUm, to.yUm - here.yUm) * secondsPerUm + decision.toInspectS;
  for (const suspect of state.suspects) {
    if (blockOf(grid, suspect.tile) === block) add({ confirm: suspect.tile }, { gain: logistic(suspectLogOdds(state, suspect.tile)), seconds: prices.confirmS + wayS(suspect) });
  }
  for (const tile of index.openTiles(state, block)) {
    const odds = logOdds + tileEvidence(belief, tile);
    add({ inspect: tile }, { gain: lookUp(worth.inspect.gain, odds), seconds: lookUp(worth.inspect.seconds, odds) + wayS(tileCentre(grid, tile)) });
  }
  const chosen = chooseItem({ entryS: 0, items, inside: [] }, goal.rate);
  return chosen === undefined ? undefined : choices[chosen.item];
}

function bestWithin(decision: Decision): Choice | undefined {
  const { state, here, index } = decision;
  offerSuspects(decision);
  // What is near bounds what is far: without it the first decisions would look at the tiles of every block.
  const standing = tileAt(state.grid, here);
  if (standing !== undefined) {
    const stay = stayFor(decision, blockOf(state.grid, standing));
    if (stay !== undefined) return stay;
    offerBlock(decision, blockOf(state.grid, standing));
  }
  for (let block = 0; block < index.openCount.length; block++) offerBlock(decision, block);
  return decision.choice;
}

/** Finds must be this much denser around a block than over the whole area before the way row by row is left for it. */
const WORTH_A_DETOUR = 1.5;

/**
 * The next tile row by row, unless finds so far make tiles elsewhere pay more by their number alone, the way there and back
 * included. Surveys are neither made nor believed.
 */
export function detourOr(state: SearchState, next: number, at: { readonly here: Here; readonly index: BlockIndex }): Choice {
  const { index, here } = at;
  const decision = createDecision(state, here, index);
  decision.secondsPerUm *= 2;
  decision.toInspectS = 0;
  const { odds, overall } = decision.shares;
  const everywhere = Math.log(odds * overall);
  const { inspect } = decision.worth;
  offer(decision, { inspect: next }, lookUp(inspect.gain, everywhere) / (lookUp(inspect.seconds, everywhere) + decision.prices.hopS / NEAR_TILES));
  // Soft hits of surveys are part of the density, so that blocks near a find alone are asked.
  const near = new Set(state.finds.flatMap(({ tile }) => blocksAround(state.grid, blockOf(state.grid, tile))));
  for (const block of near) {
    if (index.openCount[block] === 0) continue;
    const nearOdds = blockOdds(state.belief, block, decision.shares);
    if (nearOdds > WORTH_A_DETOUR * odds * overall) offerTiles(decision, block, Math.log(nearOdds));
  }
  return decision.choice!;
}

function createDecision(state: SearchState, here: Here, index: BlockIndex): Decision {
  const { options, belief } = state;
  const { looks, costs } = options;
  const prices = pricesOf(state);
  const atSurvey = sameOptics(here.fieldWidthUm, looks.survey.fieldWidthUm) && !sameOptics(looks.survey.fieldWidthUm, looks.inspect.fieldWidthUm);
  const change = sameOptics(here.fieldWidthUm, looks.inspect.fieldWidthUm) ? 0 : costs.opticsChangeS;
  return {
    state,
    index,
    here,
    prices,
    shares: sharesOf(belief),
    atSurvey,
    toInspectS: atSurvey ? 2 * costs.opticsChangeS : change,
    secondsPerUm: 1 / costs.stageSpeedUmPerS,
    leftS: secondsLeft(state),
    worth: worthAt(LEAST_RATE, prices),
    rate: 0,
    choice: undefined,
  };
}
