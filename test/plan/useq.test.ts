import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/lib/package-root.ts';
import { fieldsOf } from '../../src/plan/useq/positions.ts';
import { latticeOf } from '../../src/plan/useq/lattice.ts';
import { UseqSequence } from '../../src/plan/useq/sequence.ts';
import { tileCentre } from '../../src/search/grid.ts';

const fov = { fov_width: 20, fov_height: 15 };
const modes = ['row_wise', 'row_wise_snake', 'column_wise', 'column_wise_snake', 'spiral'];

/** Sequences that the package accepts, each with places that can be told apart. */
const CASES: Record<string, object> = {
  positions: { stage_positions: [{ x: 10, y: -5, name: 'a' }, { x: 1, y: 2, z: 3 }, { x: 40.5, y: 7 }] },
  'channels and times visit a place once': { stage_positions: [{ x: 0, y: 0 }, { x: 30, y: 0 }], channels: ['DAPI', 'FITC'], time_plan: { interval: 1, loops: 2 } },
  ...Object.fromEntries(modes.flatMap((mode) => [[4, 7], [7, 4], [5, 5], [1, 6], [6, 1], [2, 2]].map(([rows, columns]) => [`${mode} ${rows} x ${columns}`, { grid_plan: { rows, columns, mode, overlap: 10, ...fov } }]))),
  'rows and columns from the top left': { stage_positions: [{ x: 100, y: 50 }], grid_plan: { rows: 3, columns: 2, relative_to: 'top_left', overlap: [10, 20], ...fov } },
  'width and height': { grid_plan: { width: 130, height: 90, overlap: 12.5, ...fov } },
  edges: { grid_plan: { top: 80, left: -20, bottom: -30, right: 130, overlap: 5, ...fov } },
  'edges smaller than a field': { grid_plan: { top: 5, left: 0, bottom: 0, right: 8, ...fov } },
  'edges with gaps': { grid_plan: { top: 80, left: -20, bottom: -30, right: 130, overlap: -50, ...fov } },
  polygon: { grid_plan: { vertices: [[0, 0], [150, 10], [120, 130], [60, 40]], overlap: 10, ...fov } },
  'polygon, spiral': { grid_plan: { vertices: [[0, 0], [100, 0], [0, 100]], mode: 'spiral', fov_width: 20, fov_height: 20 } },
  'convex hull': { grid_plan: { vertices: [[0, 0], [150, 10], [120, 130], [60, 40]], convex_hull: true, ...fov } },
  'a grid at each position': { stage_positions: [{ x: 0, y: 0 }, { x: 500, y: 300 }], grid_plan: { rows: 2, columns: 2, ...fov } },
  'a grid before the positions': { axis_order: 'tgpcz', stage_positions: [{ x: 0, y: 0 }, { x: 500, y: 300 }], grid_plan: { rows: 2, columns: 2, ...fov } },
  'a grid of its own at one position': { stage_positions: [{ x: 0, y: 0 }, { x: 500, y: 300, sequence: { grid_plan: { rows: 2, columns: 3, ...fov } } }] },
  'random points of an ellipse': { stage_positions: [{ x: 7, y: 9 }], grid_plan: { num_points: 9, max_width: 300, max_height: 200, random_seed: 3, order: null } },
  'random points of a rectangle that do not overlap': { grid_plan: { num_points: 12, max_width: 200, max_height: 200, shape: 'rectangle', random_seed: 5, allow_overlap: false, order: 'nearest_neighbor', start_at: 2, ...fov } },
  'random points on a short tour': { grid_plan: { num_points: 40, max_width: 900, max_height: 900, random_seed: 11, order: 'two_opt' } },
  'random points from a place': { grid_plan: { num_points: 15, max_width: 500, max_height: 500, random_seed: 1, start_at: { x: 4, y: 4 } } },
};

const ours = (document: object): [number, number][] =>
  fieldsOf(UseqSequence.parse(document), { fieldWidthUm: 20, fieldHeightUm: 15, here: { xUm: 0, yUm: 0 }, seed: 1 }).map(([x, y]) => [Number(x.toFixed(3)) + 0, Number(y.toFixed(3)) + 0]);

/** Of the Python package; undefined where it is not installed. `EMAGENT_TEST_PYTHON` names another interpreter. */
function theirs(): Map<string, [number, number][]> | undefined {
  const python = [process.env['EMAGENT_TEST_PYTHON'], join(packageRoot, '.venv/bin/python')].find((path) => path !== undefined && existsSync(path)) ?? 'python3';
  const { status, stdout, stderr } = spawnSync(python, [join(packageRoot, 'test/plan/useq-peer.py')], { input: JSON.stringify(Object.values(CASES)), encoding: 'utf8' });
  if (status !== 0 && /ModuleNotFoundError|ENOENT/.test(stderr ?? 'ENOENT')) return undefined;
  if (status !== 0) throw new Error(stderr);
  const answers = JSON.parse(stdout) as [number, number][][];
  return new Map(Object.keys(CASES).map((name, index) => [name, answers[index]!]));
}

const peer = theirs();
if (peer === undefined) console.warn('The fields of useq plans are not compared with the package useq-schema: python3 does not have it (pip install useq-schema, or EMAGENT_TEST_PYTHON).');

describe.skipIf(peer === undefined)('fields and their order are those of the package useq-schema', () => {
  test.each(Object.entries(CASES))('%s', (name, document) => {
    const wanted = peer!.get(name)!;
    const got = ours(document);
    expect(got).toHaveLength(wanted.length);
    for (const [index, [x, y]] of wanted.entries()) {
      expect(got[index]![0]).toBeCloseTo(x, 2);
      expect(got[index]![1]).toBeCloseTo(y, 2);
    }
  });
});

describe('a plan as tiles', () => {
  const common = { fieldWidthUm: 20, fieldHeightUm: 15, blockTiles: 4, keepOut: [], marginUm: 0 };

  test('a grid stands on its lattice, in its order', () => {
    const points = ours({ grid_plan: { rows: 3, columns: 4, mode: 'column_wise', overlap: 10, ...fov } });
    const { grid, order } = latticeOf({ ...common, points, pitch: { dxUm: 18, dyUm: 13.5 } });
    expect([grid.columns, grid.rows, grid.excluded, grid.centres]).toEqual([4, 3, [], undefined]);
    expect(order.slice(0, 4)).toEqual([0, 4, 8, 1]);
    for (const [index, tile] of order.entries()) {
      expect(tileCentre(grid, tile).xUm).toBeCloseTo(points[index]![0], 6);
      expect(tileCentre(grid, tile).yUm).toBeCloseTo(points[index]![1], 6);
    }
  });

  test('single positions keep their exact places, two in one cell too, and are not surveyed', () => {
    const points = [[0, 0], [3, 1], [101.5, -40], [101.5, -41]] as const;
    const { grid, order } = latticeOf({ ...common, points, pitch: { dxUm: 20, dyUm: 15 } });
    expect(new Set(order).size).toBe(4);
    expect(order.map((tile) => tileCentre(grid, tile))).toEqual(points.map(([xUm, yUm]) => ({ xUm: expect.closeTo(xUm, 6), yUm: expect.closeTo(yUm, 6) })));
    expect(grid.columns * grid.rows - grid.excluded.length).toBe(4);
    expect(grid.noSurvey).toHaveLength(Math.ceil(grid.columns / 4) * Math.ceil(grid.rows / 4));
  });

  test('fields that would show a keep-out zone are left out and counted', () => {
    const points = ours({ grid_plan: { rows: 1, columns: 9, ...fov } });
    const planned = latticeOf({ ...common, points, pitch: { dxUm: 20, dyUm: 15 }, keepOut: [{ kind: 'circle', xUm: 80, yUm: 0, radiusUm: 5 }] });
    expect(planned.leftOut).toBe(2);
    expect(planned.order).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test('positions far apart make a coarser lattice, not a huge one', () => {
    const { grid, order } = latticeOf({ ...common, points: [[-19_000, -19_000], [19_000, 19_000], [0, 3]], pitch: { dxUm: 2, dyUm: 2 } });
    expect(grid.columns * grid.rows).toBeLessThan(1.1e6);
    expect(order.map((tile) => tileCentre(grid, tile).xUm)).toEqual([-19_000, 19_000, 0].map((xUm) => expect.closeTo(xUm, 3)));
  });
});
