import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, pick } from '../draws.ts';
import { createLayout, disc, extrude, rectangle, subtract, track, unite } from '../layout.ts';
import { noisePlane } from '../noise.ts';
import type { Grid } from '../raster.ts';
import { addHeight, createRelief, type Relief } from '../relief.ts';
import { develop } from '../shade.ts';

type Point = readonly [x: number, y: number];

const chip = (grid: Grid, random: Random): Relief => {
  const relief = createRelief(grid, { material: between(random, 0.15, 0.45), roughness: between(random, 0.0001, 0.0008) });
  addHeight(relief, noisePlane(grid, random, { cell: 0.4, octaves: 5 }), 0.0004);
  return relief;
};

/** A level of a process: what it is made of and how thick it is; levels above follow what lies beneath. */
function level(relief: Relief, random: Random, options: { layout: Float32Array; metal?: boolean; height?: number }): void {
  extrude(relief, options.layout, {
    height: options.height ?? between(random, 0.002, 0.01),
    wall: between(random, 0.0015, 0.006),
    material: options.metal === true ? between(random, 1.3, 2.4) : pick(random, [between(random, 1.05, 1.3), between(random, 0.6, 0.92)]),
    roughness: between(random, 0.0001, options.metal === true ? 0.0025 : 0.0006),
    rim: between(random, 0, 0.6),
    rimWidth: between(random, 0.0015, 0.004),
    wobble: { plane: noisePlane(relief, random, { cell: 0.01, octaves: 3 }), amplitude: logBetween(random, 0.00005, 0.0008) },
  });
}

const finish = (grid: Grid, random: Random, relief: Relief): Float32Array =>
  develop(relief, random, { occlusionWidths: [0.006, 0.02], occlusion: between(random, 0.2, 0.8), bump: noisePlane(grid, random, { cell: logBetween(random, 0.006, 0.02), octaves: 4 }), white: between(random, 0.5, 0.95) });

/** A corner of an integrated circuit: wells and doped fields, tracks of two levels at right angles, contacts, pads with the scratch of a probe. */
function circuit(grid: Grid, random: Random): Float32Array {
  const relief = chip(grid, random);
  const unit = logBetween(random, 0.02, 0.07);
  const snap = (value: number): number => Math.round(value / unit) * unit;
  const spot = (): Point => [snap(random.uniform()), snap(random.uniform() * grid.aspect)];
  for (let deep = 1 + random.integer(3); deep > 0; deep--) {
    const layout = createLayout(grid);
    for (let field = 2 + random.integer(6); field > 0; field--) {
      const [x, y] = spot();
      unite(grid, layout, { distance: rectangle({ x, y, width: unit * (2 + random.integer(8)), height: unit * (2 + random.integer(6)), corner: unit * between(random, 0, 0.3) }) });
    }
    level(relief, random, { layout, height: between(random, -0.003, 0.004) });
  }
  for (const across of [true, false]) {
    const layout = createLayout(grid);
    for (let line = 4 + random.integer(10); line > 0; line--) {
      const [x, y] = spot();
      const [long, step] = [unit * (3 + random.integer(14)), unit * pick(random, [-2, -1, 1, 2])];
      const points: Point[] = across ? [[x, y], [x + long, y], [x + long + Math.abs(step), y + step], [x + 2 * long, y + step]] : [[x, y], [x, y + long], [x + step, y + long], [x + step, y + long * 1.5]];
      unite(grid, layout, { distance: track(points, unit * pick(random, [0.35, 0.5, 0.5, 1.2])) });
    }
    level(relief, random, { layout, metal: !across || chance(random, 0.4) });
  }
  const contacts = createLayout(grid);
  for (let via = 6 + random.integer(30); via > 0; via--) {
    const [x, y] = spot();
    unite(grid, contacts, { distance: rectangle({ x, y, width: unit * 0.3, height: unit * 0.3, corner: unit * 0.08 }) });
  }
  level(relief, random, { layout: contacts, height: -0.003 });
  if (chance(random, 0.6)) {
    const pads = createLayout(grid);
    const size = unit * between(random, 3, 6);
    const side = pick(random, [0.06, 0.94]);
    for (let pad = 0; pad < 4; pad++) unite(grid, pads, { distance: rectangle({ x: side, y: (pad - 0.3) * size * 1.5, width: size, height: size, corner: size * 0.03 }) });
    level(relief, random, { layout: pads, metal: true });
    const scratch = createLayout(grid);
    for (let pad = 0; pad < 4; pad++) unite(grid, scratch, { distance: track([[side - size * between(random, 0, 0.2), (pad - 0.3 + 0.1 * random.gaussian()) * size * 1.5], [side + size * between(random, 0, 0.3), (pad - 0.3 + 0.1 * random.gaussian()) * size * 1.5]], size * 0.08) });
    level(relief, random, { layout: scratch, height: -0.004 });
  }
  return finish(grid, random, relief);
}

/** Round or square recording sites in an insulation, each opening over a pad, with a track to the edge: electrode arrays and probes. */
function electrodes(grid: Grid, random: Random): Float32Array {
  const relief = chip(grid, random);
  const columns = 1 + random.integer(5);
  const rows = 1 + random.integer(4);
  const pitch = Math.min(0.8 / columns, (0.9 * grid.aspect) / rows);
  const radius = pitch * between(random, 0.14, 0.36);
  const square = chance(random, 0.35);
  const thin = pitch * between(random, 0.03, 0.12);
  const [lower, open] = [createLayout(grid), createLayout(grid)];
  const way = pick(random, [-1, 1]);
  for (let index = 0; index < rows * columns; index++) {
    const [column, row] = [index % columns, Math.floor(index / columns)];
    const [x, y] = [0.5 + (column - (columns - 1) / 2) * pitch, grid.aspect / 2 + (row - (rows - 1) / 2) * pitch];
    const site = (size: number) => (square ? rectangle({ x, y, width: 2 * size, height: 2 * size, corner: size * 0.1 }) : disc(x, y, size));
    unite(grid, lower, { distance: site(radius) });
    // Tracks leave between the columns, side by side.
    const lane = x + pitch * (0.5 - 0.09 * (row + 1)) * way;
    unite(grid, lower, { distance: track([[x, y], [lane, y + pitch * 0.2], [lane, y + pitch * 0.3], [lane, 2]], thin) });
    unite(grid, open, { distance: site(radius * between(random, 0.7, 0.74)) });
  }
  level(relief, random, { layout: lower, metal: true });
  level(relief, random, { layout: open, metal: chance(random, 0.6), height: -between(random, 0.002, 0.008) });
  return finish(grid, random, relief);
}

/** Channels and chambers of a fluidic chip: inlets, bends, junctions, rows of posts, all in one deep level. */
function fluidics(grid: Grid, random: Random): Float32Array {
  const relief = chip(grid, random);
  const layout = createLayout(grid);
  const wide = logBetween(random, 0.03, 0.13);
  const y = grid.aspect * between(random, 0.35, 0.65);
  const form = pick(random, ['junction', 'chamber', 'winding'] as const);
  if (form !== 'winding') unite(grid, layout, { distance: track([[-0.2, y], [1.2, y]], wide) });
  if (form === 'junction') for (const side of chance(random, 0.5) ? [-1, 1] : [1]) unite(grid, layout, { distance: track([[0.45, y], [0.45 + between(random, -0.4, 0.1), y + side]], wide * between(random, 0.5, 1)) });
  if (form === 'chamber') {
    const size = between(random, 0.12, 0.3);
    unite(grid, layout, { distance: chance(random, 0.5) ? disc(0.5, y, size) : rectangle({ x: 0.5, y, width: size * 2.2, height: size * 1.5, corner: size * 0.2 }) });
    const gap = size * between(random, 0.15, 0.35);
    for (let v = -size; v <= size; v += gap) for (let u = -size; u <= size; u += gap) subtract(grid, layout, { distance: disc(0.5 + u + (Math.round(v / gap) % 2) * gap * 0.5, y + v, gap * 0.25), box: { left: 0.5 + u - gap, right: 0.5 + u + gap, top: y + v - gap, bottom: y + v + gap } });
  }
  if (form === 'winding') {
    const folds = 4 + random.integer(6);
    const step = 0.8 / folds;
    const points: Point[] = [];
    for (let fold = 0; fold < folds; fold++) points.push([0.1 + fold * step, fold % 2 === 0 ? 0.1 : grid.aspect - 0.1], [0.1 + (fold + 1) * step, fold % 2 === 0 ? 0.1 : grid.aspect - 0.1]);
    unite(grid, layout, { distance: track(points, Math.min(wide, step * 0.5)) });
    // An inlet and an outlet at its ends.
    for (const [x, end] of [points[0]!, points.at(-1)!]) unite(grid, layout, { distance: disc(x, end, step * between(random, 0.35, 0.5)) });
  }
  level(relief, random, { layout, height: pick(random, [-1, -1, 1]) * between(random, 0.015, 0.05) });
  return finish(grid, random, relief);
}

/** Devices of several levels seen from above: circuits, electrode arrays, fluidic chips. */
export const LAYERED_DEVICES = [circuit, circuit, electrodes, fluidics] as const;
