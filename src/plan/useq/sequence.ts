import { z } from 'zod';
import { EmagentError } from '../../contract/errors.ts';
import { OrderMode } from '../../contract/strategy.ts';
import { readDocument } from '../read-file.ts';

// The part of useq-schema's MDASequence that says where to look. Channels, times, focal planes and whatever else a sequence
// may hold say nothing about places and are passed over.

const coordinate = z.number().nullish();
const fov = { fov_width: z.number().positive().nullish(), fov_height: z.number().positive().nullish() };
const Overlap = z.union([z.number(), z.tuple([z.number(), z.number()])]).default(0);
const grid = { ...fov, overlap: Overlap, mode: OrderMode.default('row_wise_snake') };
const relative_to = z.enum(['center', 'top_left']).default('center');

const GridFromEdges = z.object({ ...grid, top: z.number(), left: z.number(), bottom: z.number(), right: z.number() });
const GridFromPolygon = z.object({
  ...grid,
  vertices: z.array(z.tuple([z.number(), z.number()])).min(3),
  convex_hull: z.boolean().nullish(),
  offset: z.number().nullish(),
});
const RandomPoints = z.object({
  ...fov,
  num_points: z.int().positive(),
  max_width: z.number().positive().default(1),
  max_height: z.number().positive().default(1),
  shape: z.enum(['ellipse', 'rectangle']).default('ellipse'),
  random_seed: z.int().nonnegative().nullish(),
  allow_overlap: z.boolean().default(true),
  order: z.enum(['nearest_neighbor', 'two_opt', 'random']).nullable().default('two_opt'),
  start_at: z.union([z.int().nonnegative(), z.object({ x: z.number().default(0), y: z.number().default(0) })]).default(0),
});
const GridRowsColumns = z.object({ ...grid, rows: z.int().positive(), columns: z.int().positive(), relative_to });
const GridWidthHeight = z.object({ ...grid, width: z.number().positive(), height: z.number().positive(), relative_to });
const RelativePosition = z.strictObject({ ...fov, x: z.number(), y: z.number(), z: z.number().nullish(), name: z.string().nullish() });

/** In the order in which useq-schema tries them. */
const GridPlan = z.union([GridFromEdges, GridFromPolygon, GridRowsColumns, GridWidthHeight, RandomPoints, RelativePosition]);
export type GridPlan = z.infer<typeof GridPlan>;
export type RandomPoints = z.infer<typeof RandomPoints>;

const SubSequence = z.object({ grid_plan: GridPlan.nullish(), stage_positions: z.array(z.unknown()).max(0, 'positions within a position are not understood').nullish() });
const Position = z.union([
  z.object({ x: coordinate, y: coordinate, z: coordinate, name: z.string().nullish(), sequence: SubSequence.nullish() }),
  // A bare (x, y) or (x, y, z).
  z.array(coordinate).min(2).max(3).transform(([x, y]) => ({ x, y, z: undefined, name: undefined, sequence: undefined })),
]);
export type Position = z.infer<typeof Position>;

export const UseqSequence = z.object({
  axis_order: z.union([z.string(), z.array(z.string())]).default('tpgcz').transform((axes) => (typeof axes === 'string' ? axes : axes.join(''))),
  stage_positions: z.array(Position, { error: 'stage_positions must be a list (well plates are not understood)' }).default([]),
  grid_plan: GridPlan.nullish(),
});
export type UseqSequence = z.infer<typeof UseqSequence>;

/** Reads a useq-schema MDASequence from JSON or YAML. Throws EM_REGION. */
export async function readUseqPlan(path: string): Promise<UseqSequence> {
  const document = await readDocument({ path, what: 'The plan', code: 'EM_REGION' });
  const checked = UseqSequence.safeParse(document);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    const at = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
    throw new EmagentError('EM_REGION', `The plan ${path} is no useq-schema MDASequence${at}: ${issue?.message ?? ''}.`);
  }
  const { stage_positions: positions, grid_plan: plan } = checked.data;
  if (positions.length === 0 && plan == null) throw new EmagentError('EM_REGION', `The plan ${path} names no field: it has neither stage_positions nor a grid_plan.`);
  return checked.data;
}
