import type { SearchSummary } from '../contract/strategy.ts';
import { blockRate, logistic, logit, sharesOf, tileEvidence } from './belief.ts';
import { blockColumns, tileCount } from './grid.ts';
import { gammaQuantile } from './quantile.ts';
import { SEEN, type SearchState } from './state.ts';

const EXCLUDED = -1;

function posteriors(state: SearchState): Float64Array {
  const { grid, belief } = state;
  const shares = sharesOf(belief);
  const columns = blockColumns(grid);
  const priors = state.surveys.map((_, block) => logit(blockRate(belief, block, shares)));
  const posterior = new Float64Array(tileCount(grid));
  for (let row = 0, tile = 0; row < grid.rows; row++) {
    const firstBlock = Math.floor(row / grid.blockTiles) * columns;
    for (let column = 0; column < grid.columns; column++, tile++) {
      posterior[tile] = logistic(priors[firstBlock + Math.floor(column / grid.blockTiles)]! + tileEvidence(belief, tile));
    }
  }
  for (const tile of grid.excluded) posterior[tile] = EXCLUDED;
  return posterior;
}

/**
 * Expected number of targets not found: the posteriors of all tiles but those of the finds and their duplicates. The bound is
 * the 95 % quantile of a gamma distribution with that mean and the variance of
 *  - looked-at tiles: independent Bernoulli trials, sum of p (1 - p);
 *  - other tiles: the same, and on top the uncertainty of the density itself, whose posterior after h hits is a gamma
 *    distribution of shape h + 1 (prior: exponential around the user's prevalence).
 * With no hit in n tested tiles it comes to the "rule of three": about 3 N / n for N tiles that were not looked at.
 */
function missed(state: SearchState, posterior: Float64Array): SearchSummary['missed'] {
  const accounted = new Set([...state.finds.map(({ tile }) => tile), ...state.duplicates]);
  let expected = 0;
  let variance = 0;
  let unseen = 0;
  let tiles = 0;
  for (let tile = 0; tile < posterior.length; tile++) {
    const p = posterior[tile]!;
    if (p === EXCLUDED || accounted.has(tile)) continue;
    tiles++;
    expected += p;
    variance += p * (1 - p);
    const status = state.seen[tile]!;
    if (status !== SEEN.inspected && status !== SEEN.settled) unseen += p;
  }
  variance += unseen ** 2 / (state.belief.hits + 1);
  if (expected <= 0 || variance <= 0) return { expected, upper95: expected };
  const shape = expected ** 2 / variance;
  return { expected, upper95: Math.min(tiles, Math.max(expected, gammaQuantile(0.95, shape) * (variance / expected))) };
}

/** Computed when it is read: a million posteriors are not worked out for each find that is asked for. */
export function summarise(state: SearchState): SearchSummary {
  let posterior: Float64Array | undefined;
  const posteriorOf = (): Float64Array => (posterior ??= posteriors(state));
  return {
    finds: [...state.finds],
    get posterior() {
      return Array.from(posteriorOf());
    },
    seen: state.seen,
    tiles: {
      total: tileCount(state.grid) - state.grid.excluded.length,
      inspected: state.inspected,
      surveyed: state.surveyed,
      skipped: state.skipped,
    },
    get missed() {
      return missed(state, posteriorOf());
    },
  };
}
