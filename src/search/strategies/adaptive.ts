import { createBlockIndex, type BlockIndex } from '../block-index.ts';
import { defineStrategy, type Order } from '../engine.ts';
import { firstOpen, orderCache, passOver } from '../fixed-order.ts';
import { blockOf } from '../grid.ts';
import { bestByRate } from '../mixed-index.ts';
import { serpentineOrder } from '../orders.ts';
import type { SearchState } from '../state.ts';

/** Logarithm of the Bayes factor below which survey scores are not believed. */
const DISTRUST_LOG_RATIO = -1.5;
/** And above which they are believed again. */
const RENEWED_TRUST_LOG_RATIO = 0;

/**
 * Logarithm of the Bayes factor of "targets are where the survey scores say" against "the scores say nothing", over the
 * surveyed tiles that were inspected. Either may be wrong about the density by a common factor with an exponential prior,
 * which integrates out: with n finds and X expected ones, a hypothesis has the likelihood prod(p_i) / (1 + X)^(n + 1).
 */
function trustLogRatio({ trust }: SearchState): number {
  const { expected, expectedWithout, finds, logRatio } = trust;
  return logRatio - (finds + 1) * Math.log((1 + expected) / (1 + expectedWithout));
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

/**
 * Scores that have proved useless or inverted are not followed, and no evidence, until they have proved themselves on the
 * way row by row.
 */
function updateTrust(state: SearchState): void {
  const { belief } = state;
  const believed = trustLogRatio(state) >= (belief.surveyBelieved ? DISTRUST_LOG_RATIO : RENEWED_TRUST_LOG_RATIO);
  if (believed === belief.surveyBelieved) return;
  belief.surveyBelieved = believed;
  indexes.delete(state);
}

const order: Order = {
  choose: (state, here) => {
    if (state.belief.surveyBelieved) return bestByRate(state, here, indexOf(state));
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
