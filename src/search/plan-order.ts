import type { OrderMode, SearchOptions, TileGrid } from '../contract/strategy.ts';
import { excludedTiles } from './grid.ts';

/** Row and column of every cell of a grid in the order of a useq-schema mode. */
export function* cellsInOrder(mode: OrderMode, { rows, columns }: { readonly rows: number; readonly columns: number }): Generator<readonly [row: number, column: number]> {
  if (mode === 'spiral') {
    yield* spiralCells(rows, columns);
    return;
  }
  const byRow = mode.startsWith('row');
  const snake = mode.endsWith('snake');
  const [lines, length] = byRow ? [rows, columns] : [columns, rows];
  for (let line = 0; line < lines; line++) {
    for (let step = 0; step < length; step++) {
      const at = snake && line % 2 === 1 ? length - 1 - step : step;
      yield byRow ? [line, at] : [at, line];
    }
  }
}

/**
 * Outwards from the middle cell: right, down, left, up, each arm one longer after every second turn. Steps outside the grid
 * are left out. The middle of an even number is the cell before it, as in useq-schema.
 */
function* spiralCells(rows: number, columns: number): Generator<readonly [number, number]> {
  let row = Math.floor((rows - 1) / 2);
  let column = Math.floor((columns - 1) / 2);
  const inside = (): boolean => row >= 0 && row < rows && column >= 0 && column < columns;
  let left = rows * columns;
  if (left === 0) return;
  yield [row, column];
  left--;
  for (let arm = 0; left > 0; arm++) {
    const [down, right] = [[0, 1], [1, 0], [0, -1], [-1, 0]][arm % 4]! as [number, number];
    for (let step = 0; step < Math.floor(arm / 2) + 1; step++) {
      row += down;
      column += right;
      if (!inside()) continue;
      yield [row, column];
      left--;
    }
  }
}

/** The tiles of the area as the plan wants them visited: the order of its positions, or that of a mode. */
export function plannedOrder(grid: TileGrid, { order = 'row_wise_snake' }: Pick<SearchOptions, 'order'>): Int32Array {
  const excluded = excludedTiles(grid);
  const tiles = typeof order === 'string' ? Array.from(cellsInOrder(order, grid), ([row, column]) => row * grid.columns + column) : order;
  return Int32Array.from(tiles.filter((tile) => !excluded.has(tile)));
}
