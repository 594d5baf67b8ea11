import type { Zone } from '../contract/region.ts';
import type { TileGrid } from '../contract/strategy.ts';
import { clamp } from '../lib/guards.ts';
import { segmentsOf } from './zones.ts';

/** What of the stage counts as one tile: a rectangle of this size around its centre. */
export interface Reach {
  readonly widthUm: number;
  readonly heightUm: number;
}

/** Rounding of a quotient must not add a column that only touches. */
const ROUNDING = 1e-9;

/**
 * Sets 1 in `marks` (one per tile) for every tile whose reach shares area with the zone. Row by row, so that it takes time
 * with rows x corners, not with tiles x corners.
 */
export function markTiles(grid: TileGrid, zone: Zone, { reach, marks }: { readonly reach: Reach; readonly marks: Uint8Array }): void {
  const { columns, rows, tileWidthUm, tileHeightUm } = grid;
  const firstXUm = grid.leftUm + tileWidthUm / 2;
  const [halfWidthUm, halfHeightUm] = [reach.widthUm / 2, reach.heightUm / 2];
  /** Tiles of a row whose reach shares some of the open interval. */
  const markBetween = (row: number, fromUm: number, toUm: number): void => {
    const first = Math.floor((fromUm - halfWidthUm - firstXUm) / tileWidthUm + ROUNDING) + 1;
    const last = Math.ceil((toUm + halfWidthUm - firstXUm) / tileWidthUm - ROUNDING) - 1;
    if (last >= 0 && first < columns) marks.fill(1, row * columns + clamp(first, 0, columns), row * columns + clamp(last + 1, 0, columns));
  };
  const yOf = (row: number): number => grid.topUm - (row + 0.5) * tileHeightUm;
  /** Rows whose reach shares some of the open interval. */
  const eachRow = (bottomUm: number, topUm: number, visit: (row: number) => void): void => {
    const first = Math.floor((yOf(0) - topUm - halfHeightUm) / tileHeightUm + ROUNDING) + 1;
    const last = Math.ceil((yOf(0) - bottomUm + halfHeightUm) / tileHeightUm - ROUNDING) - 1;
    for (let row = Math.max(0, first); row <= Math.min(rows - 1, last); row++) visit(row);
  };
  if (zone.kind === 'rectangle') {
    eachRow(zone.bottomUm, zone.topUm, (row) => markBetween(row, zone.leftUm, zone.rightUm));
  } else if (zone.kind === 'circle') {
    eachRow(zone.yUm - zone.radiusUm, zone.yUm + zone.radiusUm, (row) => {
      const dy = Math.max(0, Math.abs(yOf(row) - zone.yUm) - halfHeightUm);
      const chord = Math.sqrt(Math.max(0, zone.radiusUm ** 2 - dy ** 2));
      markBetween(row, zone.xUm - chord, zone.xUm + chord);
    });
  } else markPolygon(zone.outlines, { yOf, eachRow, markBetween, halfHeightUm });
}

interface Rows {
  yOf(row: number): number;
  eachRow(bottomUm: number, topUm: number, visit: (row: number) => void): void;
  markBetween(row: number, fromUm: number, toUm: number): void;
  readonly halfHeightUm: number;
}

/** A tile meets a polygon when an outline passes through it, or when its centre lies inside. */
function markPolygon(outlines: readonly (readonly (readonly [number, number])[])[], { yOf, eachRow, markBetween, halfHeightUm }: Rows): void {
  const crossings = new Map<number, number[]>();
  for (const [a, b] of segmentsOf(outlines)) {
    const [low, high] = a.yUm <= b.yUm ? [a, b] : [b, a];
    const xAt = (yUm: number): number => (high.yUm === low.yUm ? low.xUm : low.xUm + ((yUm - low.yUm) / (high.yUm - low.yUm)) * (high.xUm - low.xUm));
    eachRow(low.yUm, high.yUm, (row) => {
      const y = yOf(row);
      if (low.yUm === high.yUm) markBetween(row, Math.min(a.xUm, b.xUm), Math.max(a.xUm, b.xUm));
      else {
        const ends = [xAt(Math.max(low.yUm, y - halfHeightUm)), xAt(Math.min(high.yUm, y + halfHeightUm))];
        markBetween(row, Math.min(...ends), Math.max(...ends));
      }
      if (low.yUm > y || high.yUm <= y) return;
      const others = crossings.get(row);
      if (others === undefined) crossings.set(row, [xAt(y)]);
      else others.push(xAt(y));
    });
  }
  for (const [row, xs] of crossings) {
    xs.sort((a, b) => a - b);
    for (let at = 0; at + 1 < xs.length; at += 2) markBetween(row, xs[at]!, xs[at + 1]!);
  }
}
