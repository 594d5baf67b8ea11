import type { Level } from './levels.ts';

/** Where the picture breaks: rows above and below show different places, as when the specimen slips during the scan. */
export interface Tear {
  /** First row below the break, px, to within two. */
  readonly rowPx: number;
  /** Share of the columns that jump there, less the same of the next best row. */
  readonly margin: number;
}

/** Rows of boxes to either side from which a column's usual step is taken, without those next to the row itself. */
const REACH = 10;
/** A column jumps when its step is so many times its usual one: what one in eleven steps of chance exceeds. */
const JUMP = 2.1;
/** At an edge of the specimen all columns step the same way; at a break, either way. */
const MOST_LEAN = 0.7;
/** Between a third and a half of slips by a twentieth to three twentieths of the field show as much, and one picture in twenty that is whole. */
const LEAST_MARGIN = 0.14;
/** Rows this near belong to the same break, px. */
const SAME_ROW_PX = 6;

interface Row {
  readonly rowPx: number;
  readonly share: number;
  readonly lean: number;
}

function jumpsPerRow({ means, columns, rows, binPx }: Level, noiseLevels: number): Row[] {
  const steps = new Float32Array(columns * Math.max(0, rows - 1));
  for (let at = 0; at < steps.length; at++) steps[at] = means[at + columns]! - means[at]!;
  // Mean size of a step between box means where there is noise alone.
  const floor = (noiseLevels / binPx) * Math.SQRT2 * 0.8;
  const sums = new Float64Array(columns);
  const size = (row: number, column: number): number => Math.abs(steps[row * columns + column]!);
  const found: Row[] = [];
  for (let row = REACH; row < rows - 1 - REACH; row++) {
    for (let x = 0; x < columns; x++) {
      if (row === REACH) for (let near = 0; near <= 2 * REACH; near++) sums[x]! += size(near, x);
      else sums[x]! += size(row + REACH, x) - size(row - REACH - 1, x);
    }
    let jumps = 0;
    let up = 0;
    for (let x = 0; x < columns; x++) {
      const usual = (sums[x]! - size(row - 1, x) - size(row, x) - size(row + 1, x)) / (2 * REACH - 2);
      if (size(row, x) <= JUMP * Math.max(usual, floor)) continue;
      jumps++;
      if (steps[row * columns + x]! > 0) up++;
    }
    found.push({ rowPx: binPx * (row + 1), share: jumps / columns, lean: jumps === 0 ? 1 : Math.abs((2 * up) / jumps - 1) });
  }
  return found;
}

/**
 * Looks for one row across which a picture breaks: many columns jump there, some up and some down, and in no other row
 * nearly as many. Structure of the specimen may do the same, so that only a second frame of the field tells them apart.
 * `level` has boxes of 2 px; undefined when there is no such row.
 */
export function findTear(level: Level, noiseLevels: number): Tear | undefined {
  const rows = jumpsPerRow(level, noiseLevels);
  let best: Row | undefined;
  for (const row of rows) if (row.lean < MOST_LEAN && row.share > (best?.share ?? 0)) best = row;
  if (best === undefined) return undefined;
  let next = 0;
  for (const { rowPx, share } of rows) if (Math.abs(rowPx - best.rowPx) > SAME_ROW_PX) next = Math.max(next, share);
  const margin = best.share - next;
  return margin < LEAST_MARGIN ? undefined : { rowPx: best.rowPx, margin };
}

/** Whether two frames of one field seem to break at the same place: then the specimen looks like that. */
export const isSameTear = (rowPx: number, otherRowPx: number | undefined): boolean => otherRowPx !== undefined && Math.abs(rowPx - otherRowPx) <= SAME_ROW_PX;
