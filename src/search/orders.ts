import type { TileGrid } from '../contract/strategy.ts';
import { randomFor } from '../lib/random.ts';
import { tileCount } from './grid.ts';

function without(excluded: readonly number[], order: Int32Array): Int32Array {
  if (excluded.length === 0) return order;
  const out = new Set(excluded);
  return order.filter((tile) => !out.has(tile));
}

/** Row by row from the top left, every second row backwards: no long way back. */
export function serpentineOrder(grid: TileGrid): Int32Array {
  const order = new Int32Array(tileCount(grid));
  let at = 0;
  for (let row = 0; row < grid.rows; row++) {
    for (let column = 0; column < grid.columns; column++) {
      order[at++] = row * grid.columns + (row % 2 === 0 ? column : grid.columns - 1 - column);
    }
  }
  return without(grid.excluded, order);
}

/** Square rings around the middle tile, from the inside out; what lies outside the grid is left out of a ring. */
export function spiralOrder(grid: TileGrid): Int32Array {
  const { columns, rows } = grid;
  const order = new Int32Array(tileCount(grid));
  const middleRow = Math.floor((rows - 1) / 2);
  const middleColumn = Math.floor((columns - 1) / 2);
  let at = 0;
  const visit = (row: number, column: number): void => {
    order[at++] = row * columns + column;
  };
  visit(middleRow, middleColumn);
  for (let ring = 1; at < order.length; ring++) {
    const top = middleRow - ring;
    const bottom = middleRow + ring;
    const left = middleColumn - ring;
    const right = middleColumn + ring;
    const firstRow = Math.max(0, top);
    const lastRow = Math.min(rows - 1, bottom);
    if (right < columns) for (let row = Math.min(rows - 1, bottom - 1); row >= firstRow; row--) visit(row, right);
    if (top >= 0) for (let column = Math.min(columns - 1, right - 1); column >= Math.max(0, left); column--) visit(top, column);
    if (left >= 0) for (let row = Math.max(0, top + 1); row <= lastRow; row++) visit(row, left);
    if (bottom < rows) for (let column = Math.max(0, left + 1); column <= Math.min(columns - 1, right); column++) visit(bottom, column);
  }
  return without(grid.excluded, order);
}

/** Fisher-Yates with the seed's own stream. */
export function randomOrder(grid: TileGrid, seed: number): Int32Array {
  const order = serpentineOrder(grid);
  const random = randomFor(seed, 'search-order');
  for (let last = order.length - 1; last > 0; last--) {
    const other = random.integer(last + 1);
    const kept = order[last]!;
    order[last] = order[other]!;
    order[other] = kept;
  }
  return order;
}
