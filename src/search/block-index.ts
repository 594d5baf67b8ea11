import type { Here } from '../contract/strategy.ts';
import { tileEvidence } from './belief.ts';
import { blockColumns, blockRows, createSurveyable, tilesOfBlock } from './grid.ts';
import { isOpen, type SearchState } from './state.ts';

/** What a decision needs of each block without a look at its tiles. Follows from the state alone. */
export interface BlockIndex {
  /** Tiles of the block that wait for their first close look. */
  readonly openCount: Int32Array;
  /** Highest evidence among them. */
  readonly bestEvidence: Float64Array;
  readonly surveyable: Uint8Array;
  openTiles(state: SearchState, block: number): number[];
  /** From the instrument to the nearest tile centre that the block can hold: never more than to any of its tiles. */
  distanceUm(block: number, here: Here): number;
  refresh(state: SearchState, block: number): void;
}

export function createBlockIndex(state: SearchState): BlockIndex {
  const { grid } = state;
  const columns = blockColumns(grid);
  const blocks = columns * blockRows(grid);
  const excluded = new Uint8Array(state.seen.length);
  for (const tile of grid.excluded) excluded[tile] = 1;
  const widthUm = grid.blockTiles * grid.tileWidthUm;
  const heightUm = grid.blockTiles * grid.tileHeightUm;
  const index: BlockIndex = {
    openCount: new Int32Array(blocks),
    bestEvidence: new Float64Array(blocks),
    surveyable: createSurveyable(grid, state.options.looks.survey),
    openTiles: (now, block) => tilesOfBlock(grid, block).filter((tile) => excluded[tile] === 0 && isOpen(now, tile)),
    distanceUm: (block, { xUm, yUm }) => {
      const row = Math.floor(block / columns);
      const leftUm = grid.leftUm + (block - row * columns) * widthUm + grid.tileWidthUm / 2;
      const topUm = grid.topUm - row * heightUm - grid.tileHeightUm / 2;
      const dx = Math.max(0, leftUm - xUm, xUm - (leftUm + widthUm - grid.tileWidthUm));
      const dy = Math.max(0, yUm - topUm, topUm - (heightUm - grid.tileHeightUm) - yUm);
      return Math.hypot(dx, dy);
    },
    refresh: (now, block) => {
      const open = index.openTiles(now, block);
      index.openCount[block] = open.length;
      index.bestEvidence[block] = open.reduce((best, tile) => Math.max(best, tileEvidence(now.belief, tile)), Number.NEGATIVE_INFINITY);
    },
  };
  for (let block = 0; block < blocks; block++) index.refresh(state, block);
  return index;
}
