import type { RunPlan } from '../../contract/run.ts';
import type { TileGrid } from '../../contract/strategy.ts';
import { tileCentre, tileCount } from '../../search/grid.ts';
import { plannedOrder } from '../../search/plan-order.ts';

/** A tenth of a nanometre: no stage is that good. */
const round = (um: number): number => Number(um.toFixed(4)) + 0;

/** Number of fields that a plan may visit. */
export const fieldCount = ({ grid }: Pick<RunPlan, 'grid'>): number => tileCount(grid) - grid.excluded.length;

function asGrid(grid: TileGrid, { search }: RunPlan): object {
  const { fieldWidthUm, widthPx, heightPx } = search.looks.inspect;
  const fieldHeightUm = (fieldWidthUm * heightPx) / widthPx;
  const overlap = [100 * (1 - grid.tileWidthUm / fieldWidthUm), 100 * (1 - grid.tileHeightUm / fieldHeightUm)].map(round);
  const centre = { x: round(grid.leftUm + (grid.columns * grid.tileWidthUm) / 2), y: round(grid.topUm - (grid.rows * grid.tileHeightUm) / 2) };
  return {
    axis_order: 'pg',
    stage_positions: [centre],
    grid_plan: { rows: grid.rows, columns: grid.columns, overlap, mode: search.order ?? 'row_wise_snake', fov_width: round(fieldWidthUm), fov_height: round(fieldHeightUm), relative_to: 'center' },
  };
}

/**
 * The fields of a search as a useq-schema MDASequence: a grid where all of its rows and columns belong to the area, else
 * positions, in the order of the plan where it has one and row by row where the strategy chooses. `--plan` reads it back.
 */
export function toUseqFields(plan: RunPlan): string {
  const { grid, search, target } = plan;
  const whole = grid.excluded.length === 0 && grid.centres === undefined && (search.order === undefined || typeof search.order === 'string');
  const metadata = { emagent: { target, units: 'um', fieldWidthUm: search.looks.inspect.fieldWidthUm } };
  const fields = whole
    ? asGrid(grid, plan)
    : {
        axis_order: 'p',
        stage_positions: Array.from(plannedOrder(grid, search), (tile) => {
          const { xUm, yUm } = tileCentre(grid, tile);
          return { name: `tile-${tile}`, x: round(xUm), y: round(yUm) };
        }),
      };
  return `${JSON.stringify({ metadata, ...fields }, null, 2)}\n`;
}
