import type { Here } from '../contract/strategy.ts';
import { excludedTiles, tileCentre } from './grid.ts';
import { isOpen, type SearchState } from './state.ts';

export interface Neighbourhood {
  readonly centres: readonly number[];
  /** Tiles at most so many columns and rows away. */
  readonly reach: number;
}

/** The tile nearest to where the instrument is that lies in the neighbourhood of any of the centres and waits for its look. */
export function nearestOpenAround(state: SearchState, here: Here, { centres, reach }: Neighbourhood): number | undefined {
  const { grid } = state;
  const excluded = excludedTiles(grid);
  let best: number | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const centre of centres) {
    const middleRow = Math.floor(centre / grid.columns);
    const middleColumn = centre - middleRow * grid.columns;
    for (let row = Math.max(0, middleRow - reach); row <= Math.min(grid.rows - 1, middleRow + reach); row++) {
      for (let column = Math.max(0, middleColumn - reach); column <= Math.min(grid.columns - 1, middleColumn + reach); column++) {
        const tile = row * grid.columns + column;
        if (!isOpen(state, tile) || excluded.has(tile)) continue;
        const { xUm, yUm } = tileCentre(grid, tile);
        const away = (xUm - here.xUm) ** 2 + (yUm - here.yUm) ** 2;
        if (away > least || (away === least && tile >= best!)) continue;
        least = away;
        best = tile;
      }
    }
  }
  return best;
}
