import type { TileGrid } from '../contract/strategy.ts';
import { randomFor } from '../lib/random.ts';
import { blockColumns, blockRows, tileCount } from './grid.ts';

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

/** Passes over the rows: each goes through the middle of the gaps that those before it left. */
const ROW_PASSES = [
  { first: 4, step: 8 },
  { first: 0, step: 8 },
  { first: 2, step: 4 },
  { first: 1, step: 2 },
] as const;

/**
 * Every eighth row first, then those between, until every row had its turn; down the area and up again, along each row from the end that
 * is nearer. A tile takes the time that it takes row after row, and a crowd of targets is met in a fraction of the rows. In an area higher than
 * wide columns are gone along: the ways between lines are few then.
 */
export function interlacedOrder(grid: TileGrid): Int32Array {
  const byRow = grid.columns >= grid.rows;
  const [lines, length] = byRow ? [grid.rows, grid.columns] : [grid.columns, grid.rows];
  const order = new Int32Array(tileCount(grid));
  let at = 0;
  let backwards = false;
  for (const [pass, { first, step }] of ROW_PASSES.entries()) {
    const inPass = Array.from({ length: Math.max(0, Math.ceil((lines - first) / step)) }, (_, index) => first + index * step);
    for (const line of pass % 2 === 0 ? inPass : inPass.toReversed()) {
      for (let along = 0; along < length; along++) {
        const place = backwards ? length - 1 - along : along;
        order[at++] = byRow ? line * grid.columns + place : place * grid.columns + line;
      }
      backwards = !backwards;
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

/** Blocks row by row, every second row backwards. */
export function blockSerpentineOrder(grid: TileGrid): Int32Array {
  const columns = blockColumns(grid);
  const order = new Int32Array(columns * blockRows(grid));
  for (let at = 0; at < order.length; at++) {
    const row = Math.floor(at / columns);
    const column = at - row * columns;
    order[at] = row * columns + (row % 2 === 0 ? column : columns - 1 - column);
  }
  return order;
}

/** Pitch of the systematic sample, tiles. */
const SAMPLE_PITCH = 4;
/** Bayer's dispersed order of the places in a cell of 4 x 4: each pass goes into the widest gaps that are left. */
const PASS_OF_PLACE = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5] as const;

/**
 * Systematic sample with a random start: every fourth tile of every fourth row, row by row and back, then the next of the
 * sixteen such lattices; together they hold each tile once.
 */
export function systematicOrder(grid: TileGrid, seed: number): Int32Array {
  const random = randomFor(seed, 'search-sample');
  const [startRow, startColumn] = [random.integer(SAMPLE_PITCH), random.integer(SAMPLE_PITCH)];
  const order = new Int32Array(tileCount(grid));
  let at = 0;
  for (let pass = 0; pass < SAMPLE_PITCH ** 2; pass++) {
    const place = PASS_OF_PLACE.findIndex((number) => number === pass);
    const first = at;
    let line = 0;
    for (let row = (startRow + Math.floor(place / SAMPLE_PITCH)) % SAMPLE_PITCH; row < grid.rows; row += SAMPLE_PITCH) {
      const lineStart = at;
      for (let column = (startColumn + (place % SAMPLE_PITCH)) % SAMPLE_PITCH; column < grid.columns; column += SAMPLE_PITCH) order[at++] = row * grid.columns + column;
      if (line++ % 2 === 1) order.subarray(lineStart, at).reverse();
    }
    if (pass % 2 === 1) order.subarray(first, at).reverse();
  }
  return without(grid.excluded, order);
}
