import { priorOf, tileEvidence } from './belief.ts';
import { blockColumns, blockRows, createSurveyable, tilesOfBlock } from './grid.ts';
import { isOpen, type SearchState } from './state.ts';

/** What a decision needs of each block without a look at its tiles. Follows from the state alone. */
export interface BlockIndex {
  /** Tiles of the block that wait for their first close look. */
  readonly openCount: Int32Array;
  /** Highest likelihood ratio among them. */
  readonly bestEvidenceRatio: Float64Array;
  /** What the user's prior adds to the log-odds of the block: logarithm of the mean factor on the odds of those tiles. */
  readonly priorLogOdds: Float64Array;
  readonly surveyable: Uint8Array;
  openTiles(state: SearchState, block: number): number[];
  refresh(state: SearchState, block: number): void;
}

function createBlockIndex(state: SearchState): BlockIndex {
  const { grid } = state;
  const blocks = blockColumns(grid) * blockRows(grid);
  const excluded = new Uint8Array(state.seen.length);
  for (const tile of grid.excluded) excluded[tile] = 1;
  const index: BlockIndex = {
    openCount: new Int32Array(blocks),
    bestEvidenceRatio: new Float64Array(blocks),
    priorLogOdds: new Float64Array(blocks),
    surveyable: createSurveyable(grid, state.options.looks.survey),
    openTiles: (now, block) => tilesOfBlock(grid, block).filter((tile) => excluded[tile] === 0 && isOpen(now, tile)),
    refresh: (now, block) => {
      const open = index.openTiles(now, block);
      index.openCount[block] = open.length;
      index.bestEvidenceRatio[block] = Math.exp(open.reduce((best, tile) => Math.max(best, tileEvidence(now.belief, tile)), Number.NEGATIVE_INFINITY));
      if (now.belief.prior === undefined || open.length === 0) return;
      index.priorLogOdds[block] = Math.log(open.reduce((sum, tile) => sum + Math.exp(priorOf(now.belief, tile)), 0) / open.length);
    },
  };
  for (let block = 0; block < blocks; block++) index.refresh(state, block);
  return index;
}

const indexes = new WeakMap<SearchState, { readonly index: BlockIndex; readonly surveyBelieved: boolean; readonly scale: number }>();

/** The index of a state, made again when survey looks have come to be believed more or less: that changes every block. */
export function blockIndexOf(state: SearchState): BlockIndex {
  const { surveyBelieved, scale } = state.belief;
  const kept = indexes.get(state);
  if (kept !== undefined && kept.surveyBelieved === surveyBelieved && kept.scale === scale) return kept.index;
  const index = createBlockIndex(state);
  indexes.set(state, { index, surveyBelieved, scale });
  return index;
}
