import type { Here, SearchOptions } from '../../contract/strategy.ts';
import { blockRate, globalRate, logistic, logit, surveySeparation, tileEvidence } from '../belief.ts';
import { createBlockIndex, type BlockIndex } from '../block-index.ts';
import { confirmSeconds } from '../confirmation.ts';
import { defineStrategy, type Choice, type Order } from '../engine.ts';
import { firstOpen, orderCache, passOver } from '../fixed-order.ts';
import { blockCentre, blockOf, tileAt, tileCentre } from '../grid.ts';
import { serpentineOrder } from '../orders.ts';
import { normalTail } from '../quantile.ts';
import { SURVEY, type SearchState } from '../state.ts';

/** Chance that a target in an inspected tile becomes a find. */
const INSPECT_SENSITIVITY = 0.816;
/** Thresholds of the survey score at which a tile would be inspected afterwards, in standard deviations of the score. */
const THRESHOLDS = [0.5, 1, 1.5, 2, 2.5, 3] as const;
/** Way between tiles of a block that are inspected after its survey, in tiles. */
const NEAR_TILES = 1.5;
/** Logarithm of the Bayes factor below which survey scores are not believed. */
const DISTRUST_LOG_RATIO = -1.5;
/** And above which they are believed again. */
const RENEWED_TRUST_LOG_RATIO = 0;
const SAME_OPTICS = 0.01;

/** Prices of actions from where the instrument is, in seconds. */
interface Prices {
  readonly inspect: number;
  readonly survey: number;
  readonly nearInspect: number;
  readonly confirm: number;
  readonly speedUmPerS: number;
}

function pricesAt(here: Here, options: SearchOptions, tileUm: number): Prices {
  const { costs, looks } = options;
  const change = (fieldWidthUm: number): number =>
    Math.abs(here.fieldWidthUm - fieldWidthUm) > SAME_OPTICS * fieldWidthUm ? costs.opticsChangeS : 0;
  return {
    inspect: costs.frameS.inspect + costs.settleS + change(looks.inspect.fieldWidthUm),
    survey: costs.frameS.survey + costs.settleS + change(looks.survey.fieldWidthUm),
    nearInspect: costs.frameS.inspect + costs.settleS + (NEAR_TILES * tileUm) / costs.stageSpeedUmPerS,
    confirm: confirmSeconds(options),
    speedUmPerS: costs.stageSpeedUmPerS,
  };
}

interface Best {
  value: number;
  choice: Choice | undefined;
}

/** Finds per second of inspecting one tile now: the best of a block, if it beats what is known already. */
function offerTiles(state: SearchState, at: { block: number; rate: number; here: Here; prices: Prices; index: BlockIndex }, best: Best): void {
  const { block, rate, here, prices, index } = at;
  const prior = logit(rate);
  const valueOf = (p: number, distanceUm: number): number =>
    (p * INSPECT_SENSITIVITY) / (prices.inspect + distanceUm / prices.speedUmPerS + p * prices.confirm);
  if (valueOf(logistic(prior + index.bestEvidence[block]!), index.distanceUm(block, here)) <= best.value) return;
  for (const tile of index.openTiles(state, block)) {
    const { xUm, yUm } = tileCentre(state.grid, tile);
    const value = valueOf(logistic(prior + tileEvidence(state.belief, tile)), Math.hypot(xUm - here.xUm, yUm - here.yUm));
    if (value > best.value) {
      best.value = value;
      best.choice = { inspect: tile };
    }
  }
}

/**
 * Finds per second of a survey look at a block together with the tiles that it will send the search to: the best over the
 * threshold above which a tile is worth the visit, for normal scores `separation` apart.
 */
function surveyValue(tiles: number, at: { rate: number; seconds: number; prices: Prices }, roc: readonly (readonly [number, number])[]): number {
  let best = 0;
  for (const [truePositive, falsePositive] of roc) {
    const gain = tiles * at.rate * truePositive * INSPECT_SENSITIVITY;
    const visits = tiles * (at.rate * truePositive + (1 - at.rate) * falsePositive);
    best = Math.max(best, gain / (at.seconds + visits * at.prices.nearInspect + gain * at.prices.confirm));
  }
  return best;
}

function bestByRate(state: SearchState, here: Here, index: BlockIndex): Choice | undefined {
  const { belief, grid, options } = state;
  const prices = pricesAt(here, options, Math.max(grid.tileWidthUm, grid.tileHeightUm));
  const global = globalRate(belief);
  const separation = surveySeparation(belief);
  const roc = THRESHOLDS.map((threshold) => [normalTail(threshold - separation), normalTail(threshold)] as const);
  const best: Best = { value: 0, choice: undefined };
  const offer = (block: number): void => {
    const open = index.openCount[block]!;
    if (open > 0) offerTiles(state, { block, rate: blockRate(belief, block, global), here, prices, index }, best);
  };
  // The block under the beam first: most others are then passed over without a look at their tiles.
  const standing = tileAt(grid, here);
  if (standing !== undefined) offer(blockOf(grid, standing));
  for (let block = 0; block < index.openCount.length; block++) offer(block);
  for (let block = 0; block < index.openCount.length; block++) {
    const open = index.openCount[block]!;
    if (open === 0 || state.surveys[block] !== SURVEY.not || index.surveyable[block] === 0) continue;
    const { xUm, yUm } = blockCentre(grid, block);
    const seconds = prices.survey + Math.hypot(xUm - here.xUm, yUm - here.yUm) / prices.speedUmPerS;
    const value = surveyValue(open, { rate: blockRate(belief, block, global), seconds, prices }, roc);
    if (value > best.value) {
      best.value = value;
      best.choice = { survey: block };
    }
  }
  return best.choice;
}

/**
 * Logarithm of the Bayes factor of "targets are where the survey scores say" against "the scores say nothing", over the
 * surveyed tiles that were inspected. Either may be wrong about the density by a common factor with an exponential prior,
 * which integrates out: with n finds and X expected ones, a hypothesis has the likelihood prod(p_i) / (1 + X)^(n + 1).
 */
function trustLogRatio({ trust }: SearchState): number {
  const { expected, expectedWithout, finds, logRatio } = trust;
  return logRatio - (finds + 1) * Math.log((1 + expected) / (1 + expectedWithout));
}

/** Scores that have proved useless or inverted are not followed until they have proved themselves on the way row by row. */
function updateTrust(state: SearchState): void {
  const limit = state.trust.believed ? DISTRUST_LOG_RATIO : RENEWED_TRUST_LOG_RATIO;
  state.trust.believed = trustLogRatio(state) >= limit;
}

const serpentine = orderCache(serpentineOrder);
const indexes = new WeakMap<SearchState, BlockIndex>();

function indexOf(state: SearchState): BlockIndex {
  let index = indexes.get(state);
  if (index === undefined) {
    index = createBlockIndex(state);
    indexes.set(state, index);
  }
  return index;
}

const order: Order = {
  choose: (state, here) => {
    if (state.trust.believed) return bestByRate(state, here, indexOf(state));
    const tile = firstOpen(state, serpentine(state));
    return tile === undefined ? undefined : { inspect: tile };
  },
  changed: (state, action) => {
    updateTrust(state);
    passOver(state, serpentine(state));
    if (action.kind === 'survey') for (const block of new Set(action.tiles.map((tile) => blockOf(state.grid, tile)))) indexOf(state).refresh(state, block);
    else indexOf(state).refresh(state, blockOf(state.grid, action.tile));
  },
};

export const strategy = defineStrategy(
  'adaptive',
  'Learns where targets are from low-magnification looks and finds, and goes where the next is had soonest.',
  order,
);
