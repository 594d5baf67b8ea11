import type { SearchSummary } from '../contract/strategy.ts';
import { blockRate, logistic, logit, sharesOf, tileEvidence } from './belief.ts';
import { blockColumns, tileCount } from './grid.ts';
import { EXCLUDED, missed } from './missed.ts';
import type { SearchState } from './state.ts';

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
