import type { Here } from '../../../src/contract/strategy.ts';
import { blockSerpentineOrder } from '../../../src/search/orders.ts';
import { bestTile, confirmationS, defineBaseline, type BaselineState, type Choice } from './baseline.ts';

const blockOrders = new WeakMap<BaselineState, Int32Array>();

/** The block to survey next; undefined when all were. */
function blockLeft(state: BaselineState): Choice {
  const order = blockOrders.get(state) ?? blockSerpentineOrder(state.grid);
  blockOrders.set(state, order);
  while (state.cursor < order.length && state.surveyed[order[state.cursor]!] === 1) state.cursor++;
  return state.cursor < order.length ? { survey: order[state.cursor]! } : undefined;
}

/** Surveys the whole area in serpentine, then inspects as told. */
export const afterSurvey =
  (choose: (state: BaselineState, here: Here) => number) =>
  (state: BaselineState, here: Here): Choice =>
    blockLeft(state) ?? { inspect: choose(state, here) };

const ranks = new WeakMap<BaselineState, { order: Int32Array; at: number }>();

function highestScore(state: BaselineState): number {
  let rank = ranks.get(state);
  if (rank === undefined) {
    const { ratio } = state;
    rank = { order: Int32Array.from(ratio.keys()).sort((a, b) => ratio[b]! - ratio[a]! || a - b), at: 0 };
    ranks.set(state, rank);
  }
  while (state.done[rank.order[rank.at]!] === 1) rank.at++;
  return rank.order[rank.at]!;
}

/** Rate at which all tiles enter the belief: search.md 2b. */
export const INITIAL_RATE = 0.01;

export const surveyRank = defineBaseline({
  id: 'survey-rank',
  summary: 'Surveys everything, then inspects by descending survey score; travel ignored.',
  surveyRate: INITIAL_RATE,
  choose: afterSurvey(highestScore),
});

export const greedy = defineBaseline({
  id: 'greedy',
  summary: 'Surveys everything, then inspects the most probable tile; travel ignored.',
  surveyRate: INITIAL_RATE,
  choose: afterSurvey((state, here) => bestTile(state, here, (p) => p).tile),
});

export const pOverCost = defineBaseline({
  id: 'p-over-cost',
  summary: 'Surveys everything, then inspects by probability per second.',
  surveyRate: INITIAL_RATE,
  choose: afterSurvey((state, here) => {
    const confirmS = confirmationS(state.options);
    return bestTile(state, here, (p, lookS) => p / (lookS + confirmS * p)).tile;
  }),
});
