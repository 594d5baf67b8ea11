import type { Here } from '../../contract/strategy.ts';
import { blockIndexOf } from '../block-index.ts';
import { updateGoal } from '../budget.ts';
import { dropLogOdds, suspicionLogOdds } from '../confirmation.ts';
import { defineStrategy, suspectLogOdds, type Choice, type Order } from '../engine.ts';
import { firstOpen, orderCache, passOver } from '../fixed-order.ts';
import { blockOf } from '../grid.ts';
import { interlacedOrder } from '../orders.ts';
import { bestByRate, detourOr } from '../planner.ts';
import type { SearchState } from '../state.ts';
import { updateTrust } from '../trust.ts';

const rows = orderCache(interlacedOrder);
/** The likeliest suspected find, if it is at least as likely as asked for. */
function likeliestSuspect(state: SearchState, leastLogOdds: number): Choice | undefined {
  let best = leastLogOdds;
  let choice: Choice | undefined;
  for (const { tile } of state.suspects) {
    const logOdds = suspectLogOdds(state, tile);
    if (logOdds < best) continue;
    best = logOdds;
    choice = { confirm: tile };
  }
  return choice;
}

function rowByRow(state: SearchState, here: Here): Choice | undefined {
  const suspect = likeliestSuspect(state, suspicionLogOdds(state.options));
  if (suspect !== undefined) return suspect;
  const tile = firstOpen(state, rows(state));
  if (tile === undefined) return undefined;
  return detourOr(state, tile, { here, index: blockIndexOf(state) });
}

/** When no tile is left, what is suspected still is confirmed as far as it is not dropped. */
function choose(state: SearchState, here: Here): Choice | undefined {
  if (firstOpen(state, rows(state)) === undefined) return likeliestSuspect(state, dropLogOdds(state.options));
  return state.belief.surveyBelieved ? bestByRate(state, here, blockIndexOf(state)) : rowByRow(state, here);
}

const order: Order = {
  picksSuspects: true,
  choose,
  changed: (state, action) => {
    updateTrust(state);
    passOver(state, rows(state));
    const index = blockIndexOf(state);
    if (action.kind === 'survey') for (const block of new Set(action.tiles.map((tile) => blockOf(state.grid, tile)))) index.refresh(state, block);
    else index.refresh(state, blockOf(state.grid, action.tile));
    updateGoal(state, index);
  },
};

export const strategy = defineStrategy(
  'adaptive',
  'Learns where targets are from low-magnification looks and finds, and goes where the next is had soonest.',
  order,
);
