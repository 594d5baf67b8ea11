import { EmagentError } from '../contract/errors.ts';
import type { Region } from '../contract/region.ts';
import type { LookSettings, OrderMode, TileGrid } from '../contract/strategy.ts';
import { barSurveys, createSurveyable, planGrid } from '../search/grid.ts';
import { around, edgesOf, type Point } from '../search/zones.ts';
import { latticeOf } from './useq/lattice.ts';
import { fieldsOf, pitchOf } from './useq/positions.ts';
import type { UseqSequence } from './useq/sequence.ts';

/** Where the fields of a search lie, in one of four ways: a rectangle, rows and columns, shapes, or the fields of a useq plan. */
export interface AreaRequest {
  readonly size?: { readonly widthUm: number; readonly heightUm: number };
  /** useq-schema's GridRowsColumns. */
  readonly rowsColumns?: { readonly rows: number; readonly columns: number };
  /** What `centre` is of a rectangle or of rows and columns: their centre, or the centre of their first field. */
  readonly relativeTo: 'center' | 'top_left';
  readonly centre: Point;
  readonly region: Region;
  readonly sequence?: UseqSequence;
  readonly overlap: readonly [number, number];
  readonly mode?: OrderMode;
  readonly marginUm: number;
}

export interface AreaContext {
  readonly inspect: LookSettings;
  readonly survey: LookSettings;
  readonly blockTiles: number;
  readonly seed: number;
}

export interface PlannedArea {
  readonly grid: TileGrid;
  /** For the strategy `planned`. */
  readonly order?: OrderMode | number[];
  /** Fields of the plan left out for a keep-out zone. */
  readonly leftOut: number;
}

const DEFAULT_SIZE = { widthUm: 400, heightUm: 300 } as const;

const heightOf = ({ fieldWidthUm, heightPx, widthPx }: LookSettings): number => (fieldWidthUm * heightPx) / widthPx;

/** Bounding rectangle of what is asked for. */
function rectangleOf(request: AreaRequest, field: readonly [number, number]): { centreXUm: number; centreYUm: number; widthUm: number; heightUm: number } {
  const { region, rowsColumns, size, relativeTo, centre, overlap } = request;
  if (region.search.length > 0) {
    const { leftUm, rightUm, bottomUm, topUm } = region.search.map(edgesOf).reduce(around);
    // A shape that is smaller than a field is still searched, with one field.
    return { centreXUm: (leftUm + rightUm) / 2, centreYUm: (bottomUm + topUm) / 2, widthUm: Math.max(field[0], rightUm - leftUm), heightUm: Math.max(field[1], topUm - bottomUm) };
  }
  const pitch = [field[0] * (1 - overlap[0] / 100), field[1] * (1 - overlap[1] / 100)] as const;
  const { widthUm, heightUm } = rowsColumns === undefined
    ? (size ?? DEFAULT_SIZE)
    : { widthUm: field[0] + (rowsColumns.columns - 1) * pitch[0], heightUm: field[1] + (rowsColumns.rows - 1) * pitch[1] };
  if (relativeTo === 'center') return { centreXUm: centre.xUm, centreYUm: centre.yUm, widthUm, heightUm };
  // The grid may reach over the size that was asked for: what counts is where its first field stands.
  const reach = (lengthUm: number, fieldUm: number, pitchUm: number): number => Math.max(0, Math.ceil((lengthUm - fieldUm) / pitchUm - 1e-9)) * pitchUm;
  return {
    centreXUm: centre.xUm + reach(widthUm, field[0], pitch[0]) / 2,
    centreYUm: centre.yUm - reach(heightUm, field[1], pitch[1]) / 2,
    widthUm,
    heightUm,
  };
}

function withoutSurveys(grid: TileGrid, { region: { keepOut }, marginUm }: AreaRequest, survey: LookSettings): TileGrid {
  const barred = new Set(barSurveys(grid, { survey, keepOut, marginUm }).noSurvey);
  for (const [block, allowed] of createSurveyable(grid, survey).entries()) if (allowed === 0) barred.add(block);
  return { ...grid, noSurvey: [...barred].sort((a, b) => a - b) };
}

/** The field sizes that a useq plan was made for, as far as it says. */
export function plannedFieldUm({ grid_plan: plan, stage_positions: positions }: UseqSequence): { readonly widthUm?: number; readonly heightUm?: number } {
  const plans = [plan, ...positions.map(({ sequence }) => sequence?.grid_plan)];
  const widthUm = plans.find((candidate) => candidate?.fov_width != null)?.fov_width;
  const heightUm = plans.find((candidate) => candidate?.fov_height != null)?.fov_height;
  return { ...(widthUm != null && { widthUm }), ...(heightUm != null && { heightUm }) };
}

function fromSequence(request: AreaRequest, sequence: UseqSequence, { inspect, survey, blockTiles, seed }: AreaContext): PlannedArea {
  const { centre, region, marginUm } = request;
  const [fieldWidthUm, fieldHeightUm] = [inspect.fieldWidthUm, heightOf(inspect)];
  const surroundings = { fieldWidthUm, fieldHeightUm, here: centre, seed };
  const points = fieldsOf(sequence, surroundings);
  const single = sequence.grid_plan ?? (sequence.stage_positions.length === 1 ? sequence.stage_positions[0]?.sequence?.grid_plan : undefined);
  const pitch = (single == null ? undefined : pitchOf(single, surroundings)) ?? { dxUm: fieldWidthUm, dyUm: fieldHeightUm };
  const planned = latticeOf({ points, pitch, fieldWidthUm, fieldHeightUm, blockTiles, keepOut: region.keepOut, marginUm });
  const grid = region.keepOut.length === 0 ? planned.grid : withoutSurveys(planned.grid, request, survey);
  return { grid, order: planned.order, leftOut: planned.leftOut };
}

/** The tiles of a search. Throws EM_PLAN, EM_REGION. */
export function planArea(request: AreaRequest, context: AreaContext): PlannedArea {
  const { region, sequence, overlap, mode, marginUm } = request;
  if (sequence !== undefined) return fromSequence(request, sequence, context);
  const { inspect, survey, blockTiles } = context;
  const field = [inspect.fieldWidthUm, heightOf(inspect)] as const;
  const grid = planGrid({ ...rectangleOf(request, field), tileWidthUm: field[0], tileHeightUm: field[1], overlap, blockTiles, search: region.search, keepOut: region.keepOut, marginUm });
  const bare = region.search.length === 0 && region.keepOut.length === 0;
  return { grid: bare ? grid : barSurveys(grid, { survey, keepOut: region.keepOut, marginUm }), leftOut: 0, ...(mode !== undefined && { order: mode }) };
}

/** Throws EM_PLAN when there are fewer fields than finds wanted: each find needs one of its own. */
export function checkFinds(finds: number, grid: TileGrid): void {
  const tiles = grid.columns * grid.rows - grid.excluded.length;
  if (finds > tiles) throw new EmagentError('EM_PLAN', `${finds} finds are wanted, and the area has only ${tiles} ${tiles === 1 ? 'field' : 'fields'}.`);
}
