import { EmagentError } from '../../contract/errors.ts';
import type { Zone } from '../../contract/region.ts';
import { cellsInOrder } from '../../search/plan-order.ts';
import { edgesOf, meetsZone, rectangleAround } from '../../search/zones.ts';
import { checkShape } from '../shapes.ts';
import { randomPoints, type Xy } from './random-points.ts';
import type { GridPlan, Position, UseqSequence } from './sequence.ts';

/** What a sequence leaves open. */
export interface Surroundings {
  /** Of the field that will be imaged, where the plan does not say. */
  readonly fieldWidthUm: number;
  readonly fieldHeightUm: number;
  /** Where the stage is: what relative grids without a position are relative to, and coordinates that are null. */
  readonly here: { readonly xUm: number; readonly yUm: number };
  readonly seed: number;
}

type Lattice = Extract<GridPlan, { overlap: unknown }>;

interface Step {
  readonly widthUm: number;
  readonly heightUm: number;
  readonly dxUm: number;
  readonly dyUm: number;
}

function stepOf(plan: Lattice, { fieldWidthUm, fieldHeightUm }: Surroundings): Step {
  const [overlapX, overlapY] = typeof plan.overlap === 'number' ? [plan.overlap, plan.overlap] : plan.overlap;
  const widthUm = plan.fov_width ?? fieldWidthUm;
  const heightUm = plan.fov_height ?? fieldHeightUm;
  const [dxUm, dyUm] = [widthUm * (1 - overlapX / 100), heightUm * (1 - overlapY / 100)];
  if (!(dxUm > 0 && dyUm > 0)) throw new EmagentError('EM_REGION', `The plan's overlap of ${Math.max(overlapX, overlapY)} % leaves no way from field to field.`);
  return { widthUm, heightUm, dxUm, dyUm };
}

/** Distance of neighbouring fields of a grid; undefined for points that stand on none. */
export function pitchOf(plan: GridPlan, surroundings: Surroundings): { readonly dxUm: number; readonly dyUm: number } | undefined {
  return 'overlap' in plan ? stepOf(plan, surroundings) : undefined;
}

const MOST_FIELDS = 4e6;
const along = (lengthUm: number, fieldUm: number, pitchUm: number): number => (lengthUm <= fieldUm ? 1 : Math.ceil((lengthUm - fieldUm) / pitchUm) + 1);

/** Convex hull by Andrew's monotone chain, counter-clockwise. */
function convexHull(corners: readonly Xy[]): Xy[] {
  const sorted = corners.toSorted(([ax, ay], [bx, by]) => ax - bx || ay - by);
  const half = (points: readonly Xy[]): Xy[] => {
    const chain: Xy[] = [];
    for (const [x, y] of points) {
      while (chain.length >= 2) {
        const [[ax, ay], [bx, by]] = [chain.at(-2)!, chain.at(-1)!];
        if ((bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0) break;
        chain.pop();
      }
      chain.push([x, y]);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.toReversed())];
}

/** Shapely counts a tile that only touches; so does a rectangle that is larger by this. */
const TOUCHING_UM = 1e-6;

interface LatticeLayout {
  readonly rows: number;
  readonly columns: number;
  readonly firstXUm: number;
  readonly firstYUm: number;
  readonly wanted?: Zone;
}

function layoutOf(plan: Lattice, step: Step): LatticeLayout {
  const { widthUm, heightUm, dxUm, dyUm } = step;
  const within = (edges: { leftUm: number; rightUm: number; bottomUm: number; topUm: number }): LatticeLayout => ({
    rows: along(edges.topUm - edges.bottomUm, heightUm, dyUm),
    columns: along(edges.rightUm - edges.leftUm, widthUm, dxUm),
    firstXUm: edges.leftUm + widthUm / 2,
    firstYUm: edges.topUm - heightUm / 2,
  });
  if ('vertices' in plan) {
    if (plan.offset != null && plan.offset !== 0) throw new EmagentError('EM_REGION', 'The plan widens its polygon by an offset, which is not understood: draw the wider polygon.');
    const given: Zone = { kind: 'polygon', outlines: [plan.vertices] };
    checkShape({ name: "The plan's polygon", zone: given });
    const wanted: Zone = plan.convex_hull === true ? { kind: 'polygon', outlines: [convexHull(plan.vertices).map(([x, y]) => [x, y])] } : given;
    return { ...within(edgesOf(wanted)), wanted };
  }
  if ('top' in plan) {
    const [leftUm, rightUm] = [Math.min(plan.left, plan.right), Math.max(plan.left, plan.right)];
    const [bottomUm, topUm] = [Math.min(plan.bottom, plan.top), Math.max(plan.bottom, plan.top)];
    return within({ leftUm, rightUm, bottomUm, topUm });
  }
  const [rows, columns] = 'rows' in plan ? [plan.rows, plan.columns] : [Math.ceil(plan.height / dyUm), Math.ceil(plan.width / dxUm)];
  const centred = plan.relative_to === 'center';
  return { rows, columns, firstXUm: centred ? (-(columns - 1) * dxUm) / 2 : 0, firstYUm: centred ? ((rows - 1) * dyUm) / 2 : 0 };
}

const isAbsolute = (plan: GridPlan): boolean => 'top' in plan || 'vertices' in plan;

/** Field centres of a grid plan in its order, um: of the stage, or relative ones. */
function gridPoints(plan: GridPlan, surroundings: Surroundings): Xy[] {
  if ('num_points' in plan) return randomPoints(plan, surroundings);
  if (!('overlap' in plan)) return [[plan.x, plan.y]];
  const step = stepOf(plan, surroundings);
  const { rows, columns, firstXUm, firstYUm, wanted } = layoutOf(plan, step);
  if (rows * columns > MOST_FIELDS) throw new EmagentError('EM_PLAN', `The plan holds ${columns} x ${rows} fields, more than the ${MOST_FIELDS} that can be planned.`);
  const points: Xy[] = [];
  for (const [row, column] of cellsInOrder(plan.mode, { rows, columns })) {
    const [xUm, yUm] = [firstXUm + column * step.dxUm, firstYUm - row * step.dyUm];
    const field = rectangleAround({ xUm, yUm }, step.widthUm + TOUCHING_UM, step.heightUm + TOUCHING_UM);
    if (wanted === undefined || meetsZone(field, wanted)) points.push([xUm, yUm]);
  }
  return points;
}

/**
 * Centres of the fields of a sequence in its order, stage um; a field that several channels, times or planes visit comes once.
 * Throws EM_REGION, EM_PLAN.
 */
export function fieldsOf(sequence: UseqSequence, surroundings: Surroundings): Xy[] {
  const { here } = surroundings;
  const { stage_positions: positions, grid_plan: plan, axis_order: axes } = sequence;
  const common = plan == null ? undefined : gridPoints(plan, surroundings);
  const originOf = ({ x, y }: Pick<Position, 'x' | 'y'>): Xy => [x ?? here.xUm, y ?? here.yUm];
  const placed = (points: readonly Xy[], own: GridPlan, origin: Xy): Xy[] => (isAbsolute(own) ? [...points] : points.map(([x, y]) => [x + origin[0], y + origin[1]]));
  const fields: Xy[] = [];
  const [gridAt, positionAt] = [axes.indexOf('g'), axes.indexOf('p')];
  const gridFirst = gridAt >= 0 && positionAt >= 0 && gridAt < positionAt;
  const stops: readonly Position[] = positions.length === 0 ? [{ x: here.xUm, y: here.yUm, z: undefined, name: undefined, sequence: undefined }] : positions;
  /** What a stop brings in the round `round` of a common grid that goes outside the positions; all of it otherwise. */
  const visit = (stop: Position, round: number | undefined): void => {
    const own = stop.sequence?.grid_plan;
    if (own != null) {
      if (round === undefined || round === 0) fields.push(...placed(gridPoints(own, surroundings), own, originOf(stop)));
    } else if (common === undefined || plan == null) fields.push(originOf(stop));
    else fields.push(...placed(round === undefined ? common : [common[round]!], plan, originOf(stop)));
  };
  if (gridFirst && common !== undefined) for (const round of common.keys()) for (const stop of stops) visit(stop, round);
  else for (const stop of stops) visit(stop, undefined);
  const seen = new Set<string>();
  return fields.filter(([x, y]) => {
    const key = `${x.toFixed(3)},${y.toFixed(3)}`;
    return !seen.has(key) && seen.add(key) !== undefined;
  });
}
