import type { Here, SearchOptions } from '../contract/strategy.ts';
import { blockRate, globalRate, logistic, logit, surveySeparation, tileEvidence } from './belief.ts';
import type { BlockIndex } from './block-index.ts';
import { confirmSeconds } from './confirmation.ts';
import type { Choice } from './engine.ts';
import { blockCentre, blockColumns, blockOf, tileAt, tileCentre } from './grid.ts';
import { normalTail } from './quantile.ts';
import { SURVEY, type SearchState } from './state.ts';

/** Chance that a target in an inspected tile becomes a find. */
const INSPECT_SENSITIVITY = 0.816;
/** Thresholds of the survey score at which a tile would be inspected afterwards, in standard deviations of the score. */
const THRESHOLDS = [0.5, 1, 1.5, 2, 2.5, 3] as const;
/** Way between tiles of a block that are inspected after its survey, in tiles. */
const NEAR_TILES = 1.5;
/** Field widths that differ by less than this share need no change of magnification. */
const SAME_OPTICS = 0.01;

/** Prices of actions from where the instrument is, in seconds, travel apart. */
interface Prices {
  readonly inspect: number;
  readonly survey: number;
  readonly nearInspect: number;
  readonly confirm: number;
  readonly secondsPerUm: number;
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
    secondsPerUm: 1 / costs.stageSpeedUmPerS,
  };
}

/** Everything that one decision holds fixed, and the best that it has found. */
interface Decision {
  readonly state: SearchState;
  readonly index: BlockIndex;
  readonly here: Here;
  readonly prices: Prices;
  readonly globalRate: number;
  value: number;
  choice: Choice | undefined;
}

// Math.hypot guards against overflow and takes ten times as long: a million tiles have 62 500 blocks.
const length = (dx: number, dy: number): number => Math.sqrt(dx * dx + dy * dy);

/** Finds per second of inspecting a tile with probability p, `travelS` away. */
function tileValue(p: number, travelS: number, { inspect, confirm }: Prices): number {
  return (p * INSPECT_SENSITIVITY) / (inspect + travelS + p * confirm);
}

function offerTiles(decision: Decision, block: number, rate: number): void {
  const { state, index, here, prices } = decision;
  const prior = logit(rate);
  for (const tile of index.openTiles(state, block)) {
    const { xUm, yUm } = tileCentre(state.grid, tile);
    const travelS = length(xUm - here.xUm, yUm - here.yUm) * prices.secondsPerUm;
    const value = tileValue(logistic(prior + tileEvidence(state.belief, tile)), travelS, prices);
    if (value > decision.value) {
      decision.value = value;
      decision.choice = { inspect: tile };
    }
  }
}

/** Looks at the tiles of those blocks only whose best tile, were it the nearest, would beat what is known already. */
function offerAllTiles(decision: Decision): void {
  const { state, index, here, prices } = decision;
  const { grid, belief } = state;
  const columns = blockColumns(grid);
  const widthUm = grid.blockTiles * grid.tileWidthUm;
  const heightUm = grid.blockTiles * grid.tileHeightUm;
  const rightReachUm = widthUm - grid.tileWidthUm;
  const downReachUm = heightUm - grid.tileHeightUm;
  for (let block = 0, row = 0; block < index.openCount.length; row++) {
    const firstYUm = grid.topUm - row * heightUm - grid.tileHeightUm / 2;
    const dy = Math.max(0, here.yUm - firstYUm, firstYUm - downReachUm - here.yUm);
    for (let column = 0; column < columns; column++, block++) {
      if (index.openCount[block] === 0) continue;
      const firstXUm = grid.leftUm + column * widthUm + grid.tileWidthUm / 2;
      const dx = Math.max(0, firstXUm - here.xUm, here.xUm - firstXUm - rightReachUm);
      const rate = blockRate(belief, block, decision.globalRate);
      const odds = (rate / (1 - rate)) * index.bestEvidenceRatio[block]!;
      const bound = tileValue(odds / (1 + odds), length(dx, dy) * prices.secondsPerUm, prices);
      // A share of a rounding error more, so that rounding never hides a tie from the lower tile number.
      if (bound * (1 + 1e-9) > decision.value) offerTiles(decision, block, rate);
    }
  }
}

/**
 * Finds per second of a survey look at a block together with the inspections that it will lead to: the best over the
 * thresholds above which a tile is visited, for normal scores of the measured separation (docs/search.md).
 */
function offerSurveys(decision: Decision): void {
  const { state, index, here, prices } = decision;
  const { belief, grid } = state;
  const separation = surveySeparation(belief);
  const truePositive = THRESHOLDS.map((threshold) => normalTail(threshold - separation));
  const falsePositive = THRESHOLDS.map((threshold) => normalTail(threshold));
  for (let block = 0; block < index.openCount.length; block++) {
    const tiles = index.openCount[block]!;
    if (tiles === 0 || state.surveys[block] !== SURVEY.not || index.surveyable[block] === 0) continue;
    const rate = blockRate(belief, block, decision.globalRate);
    const most = tiles * rate * truePositive[0]! * INSPECT_SENSITIVITY;
    if (most <= decision.value * (prices.survey + most * prices.confirm)) continue;
    const { xUm, yUm } = blockCentre(grid, block);
    const seconds = prices.survey + length(xUm - here.xUm, yUm - here.yUm) * prices.secondsPerUm;
    if (most <= decision.value * (seconds + most * prices.confirm)) continue;
    for (let at = 0; at < THRESHOLDS.length; at++) {
      const gain = tiles * rate * truePositive[at]! * INSPECT_SENSITIVITY;
      const visits = tiles * (rate * truePositive[at]! + (1 - rate) * falsePositive[at]!);
      const value = gain / (seconds + visits * prices.nearInspect + gain * prices.confirm);
      if (value > decision.value) {
        decision.value = value;
        decision.choice = { survey: block };
      }
    }
  }
}

/**
 * The action with the most expected finds per second of instrument time: one tile at inspect magnification, or one block at
 * survey magnification. Ties go to the lower number, tiles before blocks. Undefined when no tile waits.
 */
export function bestByRate(state: SearchState, here: Here, index: BlockIndex): Choice | undefined {
  const { belief, grid, options } = state;
  const global = globalRate(belief);
  const decision: Decision = {
    state,
    index,
    here,
    prices: pricesAt(here, options, Math.max(grid.tileWidthUm, grid.tileHeightUm)),
    globalRate: global,
    value: 0,
    choice: undefined,
  };
  // What is near bounds what is far: without it the first decisions would look at the tiles of every block.
  const standing = tileAt(grid, here);
  if (standing !== undefined) offerTiles(decision, blockOf(grid, standing), blockRate(belief, blockOf(grid, standing), global));
  offerAllTiles(decision);
  offerSurveys(decision);
  return decision.choice;
}
