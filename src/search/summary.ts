import type { SearchSummary } from '../contract/strategy.ts';
import { blockRate, logistic, logit, sharesOf, tileEvidence } from './belief.ts';
import { blockColumns, tileCount } from './grid.ts';
import { duplicateOf } from './confirmation.ts';
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

/** From here on a tile that is no find holds a target more likely than not. */
const LIKELY = 0.5;

/** What was suspected and neither confirmed nor ruled out, by probability; other views of finds are left out. */
function suspectsOf(state: SearchState, posterior: Float64Array): SearchSummary['suspects'] {
  const waiting = [...state.undecided, ...state.suspects, ...(state.candidate === null ? [] : [state.candidate])];
  return waiting
    .map(({ tile, xUm, yUm }) => ({ tile, xUm, yUm, probability: posterior[tile]! }))
    .filter((suspect) => suspect.probability >= LIKELY && duplicateOf(state.grid, state.finds, suspect) === undefined)
    .sort((a, b) => b.probability - a.probability);
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
    get suspects() {
      return suspectsOf(state, posteriorOf());
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
