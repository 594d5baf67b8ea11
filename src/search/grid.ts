import { EmagentError } from '../contract/errors.ts';
import type { Range } from '../contract/microscope.ts';
import type { Zone } from '../contract/region.ts';
import type { LookSettings, SearchOptions, TileGrid } from '../contract/strategy.ts';
import { markTiles, type Reach } from './cover.ts';
import { meetsZone, rectangleAround, type Edges, type Point } from './zones.ts';

export interface GridRequest {
  readonly centreXUm: number;
  readonly centreYUm: number;
  readonly widthUm: number;
  readonly heightUm: number;
  /** Size of one field of the inspect magnification. */
  readonly tileWidthUm: number;
  readonly tileHeightUm: number;
  /** Overlap of neighbouring fields, percent of their size (as in useq-schema); across and down apart as a pair. */
  readonly overlap: number | readonly [number, number];
  /** Tiles on the edge of a survey block. */
  readonly blockTiles: number;
  /** Shapes that the area consists of; its whole rectangle when absent or empty. */
  readonly search?: readonly Zone[];
  /** No picture ever shows any of it. */
  readonly keepOut?: readonly Zone[];
  /** How far a field may stand off where it was asked for. */
  readonly marginUm?: number;
}

const MAX_TILES = 4e6;
/** Rounding of a quotient must not add a column: 100 / 0.1 fields are 1000. */
const ROUNDING = 1e-9;

const pair = (overlap: GridRequest['overlap']): readonly [number, number] => (typeof overlap === 'number' ? [overlap, overlap] : overlap);

function checkRequest(request: GridRequest): void {
  const { centreXUm, centreYUm, widthUm, heightUm, tileWidthUm, tileHeightUm, blockTiles } = request;
  const [overlapX, overlapY] = pair(request.overlap);
  const numbers = { centreXUm, centreYUm, widthUm, heightUm, tileWidthUm, tileHeightUm, overlapX, overlapY, blockTiles };
  for (const [name, value] of Object.entries(numbers)) {
    if (!Number.isFinite(value)) throw new EmagentError('EM_PLAN', `${name} of the search area is ${value}, not a number.`);
  }
  if (widthUm <= 0 || heightUm <= 0) throw new EmagentError('EM_PLAN', `The search area of ${widthUm} x ${heightUm} µm is empty.`);
  if (tileWidthUm <= 0 || tileHeightUm <= 0) throw new EmagentError('EM_PLAN', `A field of ${tileWidthUm} x ${tileHeightUm} µm is empty.`);
  const overlap = [overlapX, overlapY].find((percent) => percent < 0 || percent > 90);
  if (overlap !== undefined) throw new EmagentError('EM_PLAN', `An overlap of ${overlap} % lies outside 0 to 90 %.`);
  if (!Number.isInteger(blockTiles) || blockTiles < 1) {
    throw new EmagentError('EM_PLAN', `A survey block of ${blockTiles} tiles is not a whole number of at least 1.`);
  }
  if (widthUm < tileWidthUm * (1 - ROUNDING) || heightUm < tileHeightUm * (1 - ROUNDING)) {
    throw new EmagentError(
      'EM_PLAN',
      `The search area of ${widthUm} x ${heightUm} µm is smaller than one field of ${tileWidthUm} x ${tileHeightUm} µm.`,
    );
  }
}

/** How many fields, each `pitch` after the last, cover the length: the last field may stick out. */
function fieldsAlong(lengthUm: number, fieldUm: number, pitchUm: number): number {
  return 1 + Math.max(0, Math.ceil((lengthUm - fieldUm) / pitchUm - ROUNDING));
}

/** Throws EM_PLAN for more tiles than can be planned. */
export function checkTileCount(columns: number, rows: number): void {
  if (columns * rows <= MAX_TILES) return;
  throw new EmagentError('EM_PLAN', `The search area holds ${columns} x ${rows} fields, more than the ${MAX_TILES} that can be planned.`);
}

/**
 * Tiles that cover the area, centred on it. A tile of the grid is what belongs to one field alone: its size is the field's
 * less the overlap, and its field reaches over it on all sides. A tile belongs to the area when it shares some of its shapes,
 * unless any look at it could reach into a keep-out zone. Throws EM_PLAN.
 */
export function planGrid(request: GridRequest): TileGrid {
  checkRequest(request);
  const { centreXUm, centreYUm, widthUm, heightUm, tileWidthUm: fieldWidthUm, tileHeightUm: fieldHeightUm, blockTiles } = request;
  const [overlapX, overlapY] = pair(request.overlap);
  const tileWidthUm = fieldWidthUm * (1 - overlapX / 100);
  const tileHeightUm = fieldHeightUm * (1 - overlapY / 100);
  const columns = fieldsAlong(widthUm, fieldWidthUm, tileWidthUm);
  const rows = fieldsAlong(heightUm, fieldHeightUm, tileHeightUm);
  checkTileCount(columns, rows);
  const grid: TileGrid = {
    columns,
    rows,
    tileWidthUm,
    tileHeightUm,
    leftUm: centreXUm - (columns * tileWidthUm) / 2,
    topUm: centreYUm + (rows * tileHeightUm) / 2,
    blockTiles,
    excluded: [],
  };
  return excludeZones(grid, request);
}

/** The grid without the tiles outside the shapes and without those whose looks could reach into a keep-out zone. Throws EM_PLAN. */
function excludeZones(grid: TileGrid, { search = [], keepOut = [], marginUm = 0, tileWidthUm: fieldWidthUm, tileHeightUm: fieldHeightUm }: GridRequest): TileGrid {
  if (search.length === 0 && keepOut.length === 0) return grid;
  const { tileWidthUm, tileHeightUm } = grid;
  const marked = (zones: readonly Zone[], reach: Reach): Uint8Array => {
    const marks = new Uint8Array(tileCount(grid));
    for (const zone of zones) markTiles(grid, zone, { reach, marks });
    return marks;
  };
  const inside = search.length === 0 ? undefined : marked(search, { widthUm: tileWidthUm, heightUm: tileHeightUm });
  // A confirm look may be centred on any point of its tile, and its field is not wider than the inspect field.
  const barred = marked(keepOut, { widthUm: tileWidthUm + fieldWidthUm + 2 * marginUm, heightUm: tileHeightUm + fieldHeightUm + 2 * marginUm });
  const excluded: number[] = [];
  for (let tile = 0; tile < barred.length; tile++) if (barred[tile] === 1 || inside?.[tile] === 0) excluded.push(tile);
  if (excluded.length === barred.length) throw new EmagentError('EM_PLAN', 'The keep-out zones leave nothing of the search area.');
  return { ...grid, excluded };
}

/**
 * The grid with the blocks named that are not surveyed: those whose survey field, widened by the margin, would show some of a
 * keep-out zone. Their tiles are inspected one by one.
 */
export function barSurveys(grid: TileGrid, { survey, keepOut, marginUm }: { readonly survey: LookSettings; readonly keepOut: readonly Zone[]; readonly marginUm: number }): TileGrid {
  const [widthUm, heightUm] = sizeUm(survey);
  const noSurvey: number[] = [];
  for (let block = 0; block < blockColumns(grid) * blockRows(grid); block++) {
    const field = rectangleAround(blockCentre(grid, block), widthUm + 2 * marginUm, heightUm + 2 * marginUm);
    if (keepOut.some((zone) => meetsZone(field, zone))) noSurvey.push(block);
  }
  return { ...grid, noSurvey };
}

export function tileCount(grid: TileGrid): number {
  return grid.columns * grid.rows;
}

const centresOf = new WeakMap<TileGrid, ReadonlyMap<number, Point>>();

/** Of the field of a tile: in its middle, unless the plan asked for another place. */
export function tileCentre(grid: TileGrid, tile: number): Point {
  if (grid.centres !== undefined && grid.centres.length > 0) {
    let centres = centresOf.get(grid);
    if (centres === undefined) centresOf.set(grid, (centres = new Map(grid.centres.map((entry) => [entry.tile, entry]))));
    const own = centres.get(tile);
    if (own !== undefined) return { xUm: own.xUm, yUm: own.yUm };
  }
  const row = Math.floor(tile / grid.columns);
  const column = tile - row * grid.columns;
  return { xUm: grid.leftUm + (column + 0.5) * grid.tileWidthUm, yUm: grid.topUm - (row + 0.5) * grid.tileHeightUm };
}

/** The tile that a point belongs to; undefined outside the bounding rectangle. Excluded tiles are given too. */
export function tileAt(grid: TileGrid, { xUm, yUm }: Point): number | undefined {
  const column = Math.floor((xUm - grid.leftUm) / grid.tileWidthUm);
  const row = Math.floor((grid.topUm - yUm) / grid.tileHeightUm);
  return column >= 0 && column < grid.columns && row >= 0 && row < grid.rows ? row * grid.columns + column : undefined;
}

/** The nearest point that belongs to the tile. */
export function clampToTile(grid: TileGrid, tile: number, point: Point): Point {
  const centre = tileCentre(grid, tile);
  const clamp = (value: number, middle: number, half: number): number => Math.min(Math.max(value, middle - half), middle + half);
  return {
    xUm: clamp(point.xUm, centre.xUm, grid.tileWidthUm / 2),
    yUm: clamp(point.yUm, centre.yUm, grid.tileHeightUm / 2),
  };
}

export function blockColumns(grid: TileGrid): number {
  return Math.ceil(grid.columns / grid.blockTiles);
}

export function blockRows(grid: TileGrid): number {
  return Math.ceil(grid.rows / grid.blockTiles);
}

export function blockOf(grid: TileGrid, tile: number): number {
  const row = Math.floor(tile / grid.columns);
  const column = tile - row * grid.columns;
  return Math.floor(row / grid.blockTiles) * blockColumns(grid) + Math.floor(column / grid.blockTiles);
}

const excludedOf = new WeakMap<TileGrid, ReadonlySet<number>>();

/** Tiles that do not belong to the area, worked out once per grid. */
export function excludedTiles(grid: TileGrid): ReadonlySet<number> {
  let excluded = excludedOf.get(grid);
  if (excluded === undefined) excludedOf.set(grid, (excluded = new Set(grid.excluded)));
  return excluded;
}

/** The tiles of a block that belong to the area, ascending. */
export function tilesOfBlock(grid: TileGrid, block: number): number[] {
  const excluded = excludedTiles(grid);
  const wide = blockColumns(grid);
  const top = Math.floor(block / wide) * grid.blockTiles;
  const left = (block % wide) * grid.blockTiles;
  const tiles: number[] = [];
  for (let row = top; row < Math.min(grid.rows, top + grid.blockTiles); row++) {
    for (let column = left; column < Math.min(grid.columns, left + grid.blockTiles); column++) {
      const tile = row * grid.columns + column;
      if (excluded.size === 0 || !excluded.has(tile)) tiles.push(tile);
    }
  }
  return tiles;
}

/**
 * Centre of the survey field of a block. A block that sticks out over the area is looked at from the nearest point of the
 * area, so that a survey never asks for a stage position outside the area.
 */
export function blockCentre(grid: TileGrid, block: number): Point {
  const wide = blockColumns(grid);
  const widthUm = grid.blockTiles * grid.tileWidthUm;
  const heightUm = grid.blockTiles * grid.tileHeightUm;
  return {
    xUm: Math.min(grid.leftUm + ((block % wide) + 0.5) * widthUm, grid.leftUm + grid.columns * grid.tileWidthUm),
    yUm: Math.max(grid.topUm - (Math.floor(block / wide) + 0.5) * heightUm, grid.topUm - grid.rows * grid.tileHeightUm),
  };
}

/** Tiles whose own rectangle shares area with the given one, ascending. */
export function tilesIn(grid: TileGrid, edges: Edges): number[] {
  const first = (value: number): number => Math.max(0, Math.floor(value + ROUNDING));
  const last = (value: number, count: number): number => Math.min(count - 1, Math.ceil(value - ROUNDING) - 1);
  const tiles: number[] = [];
  const lastRow = last((grid.topUm - edges.bottomUm) / grid.tileHeightUm, grid.rows);
  const lastColumn = last((edges.rightUm - grid.leftUm) / grid.tileWidthUm, grid.columns);
  for (let row = first((grid.topUm - edges.topUm) / grid.tileHeightUm); row <= lastRow; row++) {
    for (let column = first((edges.leftUm - grid.leftUm) / grid.tileWidthUm); column <= lastColumn; column++) {
      tiles.push(row * grid.columns + column);
    }
  }
  return tiles;
}

/**
 * Per block 1 when it may be surveyed, else 0: what must not be irradiated is not irradiated at low magnification either. The
 * plan names the blocks that are not; without its word, those whose field shows an excluded tile. Tiles of the other blocks
 * are inspected one by one.
 */
export function createSurveyable(grid: TileGrid, { fieldWidthUm, widthPx, heightPx }: LookSettings): Uint8Array {
  const surveyable = new Uint8Array(blockColumns(grid) * blockRows(grid)).fill(1);
  if (grid.noSurvey !== undefined) {
    for (const block of grid.noSurvey) surveyable[block] = 0;
    return surveyable;
  }
  if (grid.excluded.length === 0) return surveyable;
  const excluded = excludedTiles(grid);
  for (let block = 0; block < surveyable.length; block++) {
    const field = rectangleAround(blockCentre(grid, block), fieldWidthUm, (fieldWidthUm * heightPx) / widthPx);
    if (tilesIn(grid, field).some((tile) => excluded.has(tile))) surveyable[block] = 0;
  }
  return surveyable;
}

export interface ReachLimits {
  /** Range of the stage axes. */
  readonly xUm: Range;
  readonly yUm: Range;
  /** The zones that the grid was planned with, for a check of its own. */
  readonly keepOut?: readonly Zone[];
}

const sizeUm = ({ fieldWidthUm, widthPx, heightPx }: LookSettings): readonly [number, number] => [fieldWidthUm, (fieldWidthUm * heightPx) / widthPx];
const words = ({ xUm, yUm }: Point): string => `(${xUm.toFixed(1)}, ${yUm.toFixed(1)}) µm`;

/**
 * Every field that any look of a search could visit, checked before the first move: stage positions against the range of
 * the axes, and the imaged rectangles against the keep-out zones. Inspect looks stand on tile centres, survey looks on block
 * centres, and a confirm look anywhere in its tile. Throws EM_LIMIT with the first offending position and the range.
 */
export function checkReach(grid: TileGrid, looks: SearchOptions['looks'], limits: ReachLimits): void {
  const zones = limits.keepOut ?? [];
  const check = (what: string, at: Point, [widthUm, heightUm]: readonly [number, number]): void => {
    for (const axis of ['xUm', 'yUm'] as const) {
      const { min, max } = limits[axis];
      if (!(at[axis] >= min && at[axis] <= max)) {
        throw new EmagentError('EM_LIMIT', `${what} at ${words(at)} lies outside the stage's ${axis[0]} range of ${min} to ${max} µm.`, {
          context: { ...at, axis, min, max },
        });
      }
    }
    if (zones.some((zone) => meetsZone(rectangleAround(at, widthUm, heightUm), zone))) {
      throw new EmagentError('EM_LIMIT', `${what} at ${words(at)} would image a keep-out zone.`, { context: { ...at } });
    }
  };
  const inspect = sizeUm(looks.inspect);
  // Repeated confirm looks are wider than the first, but never wider than the inspect look.
  const confirm: readonly [number, number] = [Math.max(inspect[0], sizeUm(looks.confirm)[0]), Math.max(inspect[1], sizeUm(looks.confirm)[1])];
  const excluded = excludedTiles(grid);
  for (let tile = 0; tile < tileCount(grid); tile++) {
    if (excluded.has(tile)) continue;
    const centre = tileCentre(grid, tile);
    check(`The field of tile ${tile}`, centre, inspect);
    for (const [right, up] of [[-1, 1], [1, 1], [-1, -1], [1, -1]] as const) {
      const corner = { xUm: centre.xUm + (right * grid.tileWidthUm) / 2, yUm: centre.yUm + (up * grid.tileHeightUm) / 2 };
      check(`A closer look into a corner of tile ${tile}`, corner, confirm);
    }
  }
  const surveyable = createSurveyable(grid, looks.survey);
  for (let block = 0; block < blockColumns(grid) * blockRows(grid); block++) {
    if (surveyable[block] === 1) check(`The survey field of block ${block}`, blockCentre(grid, block), sizeUm(looks.survey));
  }
}
