import { EmagentError } from '../../contract/errors.ts';
import type { Zone } from '../../contract/region.ts';
import type { TileGrid } from '../../contract/strategy.ts';
import { blockColumns, blockRows } from '../../search/grid.ts';
import { meetsZone, rectangleAround } from '../../search/zones.ts';
import type { Xy } from './random-points.ts';

/** Fields that stand nearer to the middle of their tile than this share of it stand on it. */
const ON_LATTICE = 1e-6;
/** More cells than this, and the lattice is made coarser: fields that lie far apart need no map of the nothing between. */
const MOST_CELLS = 1e6;

export interface LatticeRequest {
  readonly points: readonly Xy[];
  /** Distance of neighbouring tiles. */
  readonly pitch: { readonly dxUm: number; readonly dyUm: number };
  readonly fieldWidthUm: number;
  readonly fieldHeightUm: number;
  readonly blockTiles: number;
  readonly keepOut: readonly Zone[];
  readonly marginUm: number;
}

export interface PlannedFields {
  readonly grid: TileGrid;
  /** The tiles in the order of the plan. */
  readonly order: number[];
  /** Fields left out because a look at them could show a keep-out zone. */
  readonly leftOut: number;
}

/** Least and greatest value; a spread would not hold a million. */
function rangeOf<T>(items: readonly T[], value: (item: T) => number): readonly [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const item of items) [low, high] = [Math.min(low, value(item)), Math.max(high, value(item))];
  return [low, high];
}

/** Cells around a cell, ring by ring from the inside out. */
function* rings(column: number, row: number): Generator<readonly [number, number]> {
  yield [column, row];
  for (let ring = 1; ; ring++) {
    for (let across = -ring; across <= ring; across++) {
      for (let down = -ring; down <= ring; down++) if (Math.max(Math.abs(across), Math.abs(down)) === ring) yield [column + across, row + down];
    }
  }
}

interface Cell {
  readonly column: number;
  readonly row: number;
  readonly at: Xy;
}

/** The nearest free cell for each field, in their order. */
function cellsOf(points: readonly Xy[], first: Xy, { dxUm, dyUm }: LatticeRequest['pitch']): Cell[] {
  const taken = new Set<string>();
  return points.map((at) => {
    const wanted = [Math.round((at[0] - first[0]) / dxUm), Math.round((first[1] - at[1]) / dyUm)] as const;
    for (const [column, row] of rings(...wanted)) {
      const key = `${column},${row}`;
      if (taken.has(key)) continue;
      taken.add(key);
      return { column, row, at };
    }
    throw new Error('rings do not end');
  });
}

/**
 * A grid whose tiles are the fields of a plan: each field has the nearest free tile of a lattice, and where it does not stand on
 * the middle of it the grid says so. All other tiles are excluded. Throws EM_PLAN.
 */
export function latticeOf({ points, pitch, fieldWidthUm, fieldHeightUm, blockTiles, keepOut, marginUm }: LatticeRequest): PlannedFields {
  const [left, right] = rangeOf(points, ([xUm]) => xUm);
  const [bottom, top] = rangeOf(points, ([, yUm]) => yUm);
  const count = ((right - left) / pitch.dxUm + 1) * ((top - bottom) / pitch.dyUm + 1);
  const coarser = Math.max(1, Math.sqrt(count / MOST_CELLS));
  const step = { dxUm: pitch.dxUm * coarser, dyUm: pitch.dyUm * coarser };
  const cells = cellsOf(points, [left, top], step);
  const [firstColumn, lastColumn] = rangeOf(cells, ({ column }) => column);
  const [firstRow, lastRow] = rangeOf(cells, ({ row }) => row);
  const [columns, rows] = [lastColumn - firstColumn + 1, lastRow - firstRow + 1];
  const bare: TileGrid = {
    columns,
    rows,
    tileWidthUm: step.dxUm,
    tileHeightUm: step.dyUm,
    leftUm: left + (firstColumn - 0.5) * step.dxUm,
    topUm: top - (firstRow - 0.5) * step.dyUm,
    blockTiles,
    excluded: [],
  };
  const order: number[] = [];
  const centres: NonNullable<TileGrid['centres']> = [];
  const outside = new Uint8Array(columns * rows).fill(1);
  const [reachXUm, reachYUm] = [step.dxUm + fieldWidthUm + 2 * marginUm, step.dyUm + fieldHeightUm + 2 * marginUm];
  for (const { column, row, at: [xUm, yUm] } of cells) {
    const reach = rectangleAround({ xUm, yUm }, reachXUm, reachYUm);
    if (keepOut.some((zone) => meetsZone(reach, zone))) continue;
    const tile = (row - firstRow) * columns + column - firstColumn;
    order.push(tile);
    outside[tile] = 0;
    const off = Math.abs(left + column * step.dxUm - xUm) > ON_LATTICE * step.dxUm || Math.abs(top - row * step.dyUm - yUm) > ON_LATTICE * step.dyUm;
    if (off) centres.push({ tile, xUm, yUm });
  }
  if (order.length === 0) throw new EmagentError('EM_PLAN', 'The keep-out zones leave no field of the plan.');
  const excluded = Array.from(outside.keys()).filter((tile) => outside[tile] === 1);
  const leftOut = points.length - order.length;
  if (centres.length === 0) return { grid: { ...bare, excluded }, order, leftOut };
  // A survey field would stand on the lattice, and the fields do not.
  const noSurvey = Array.from({ length: blockColumns(bare) * blockRows(bare) }, (_, block) => block);
  return { grid: { ...bare, excluded, noSurvey, centres: centres.sort((a, b) => a.tile - b.tile) }, order, leftOut };
}
