import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, pick } from '../draws.ts';
import { createLayout, disc, type Distance, extrude, rectangle, ring, track, unite } from '../layout.ts';
import { noisePlane } from '../noise.ts';
import type { Grid } from '../raster.ts';
import { addHeight, createRelief, type Relief } from '../relief.ts';
import { develop } from '../shade.ts';

type Point = readonly [x: number, y: number];

/** A blank wafer or film: an even tone, nearly no texture. */
const blank = (grid: Grid, random: Random): Relief => {
  const relief = createRelief(grid, { material: between(random, 0.2, 0.7), roughness: between(random, 0, 0.0003) });
  addHeight(relief, noisePlane(grid, random, { cell: 0.4, octaves: 5 }), between(random, 0.0001, 0.0005));
  return relief;
};

/** How a mask shows: as a tone alone, as a tone with a soft halo, as a step with bright edges. `size`: width of its features. */
export function transfer(relief: Relief, random: Random, mask: { readonly layout: Float32Array; readonly size: number }): void {
  const { layout, size } = mask;
  const style = pick(random, ['tone', 'halo', 'edges'] as const, [2, 1.5, 3]);
  const material = pick(random, [between(random, 1.15, 2.2), between(random, 0.4, 0.88)]);
  const wobble = { plane: noisePlane(relief, random, { cell: logBetween(random, 0.008, 0.05), octaves: 3 }), amplitude: logBetween(random, 0.0001, 0.002) };
  // A shallow mark, or a resist that spread beyond it, is ringed by a faint second outline.
  if (style === 'halo') extrude(relief, layout.map((value) => value + size * between(random, 0.1, 0.3)), { height: 0, wall: size * 0.1, material: 1 + (material - 1) * between(random, 0.05, 0.25), roughness: 0.0002, wobble });
  const soft = style === 'edges' ? between(random, 0.002, 0.008) : size * between(random, 0.03, 0.25);
  extrude(relief, layout, { height: style === 'edges' ? pick(random, [-1, 1]) * between(random, 0.002, 0.012) : soft * between(random, -0.15, 0.15), wall: soft, material, roughness: between(random, 0.0001, 0.0008), rim: style === 'edges' ? between(random, 0.3, 1.5) : 0, rimWidth: between(random, 0.0015, 0.004), wobble });
}

export const finish = (relief: Relief, random: Random): Float32Array =>
  develop(relief, random, { occlusionWidths: [0.01, 0.03], occlusion: between(random, 0, 0.4), bump: noisePlane(relief, random, { cell: logBetween(random, 0.006, 0.02), octaves: 4 }), glow: between(random, 0.05, 0.4), white: between(random, 0.35, 0.92) });

/** A sign of a test chart about a point: a cross, a star, a frame, an angle, a ring, a triangle of discs. */
function sign(random: Random, [x, y]: Point, size: number): Distance {
  const wide = size * between(random, 0.18, 0.35);
  const bars = (count: number): Distance[] => Array.from({ length: count }, (_, bar) => rectangle({ x, y, width: size * 2, height: wide, angle: (bar * Math.PI) / count }));
  const all = pick(random, [
    () => bars(2),
    () => bars(pick(random, [3, 4])),
    () => [...bars(2), disc(x, y, size * 0.7)],
    () => [rectangle({ x, y, width: size * 2, height: size * 2 })],
    () => [rectangle({ x: x - size, y, width: wide, height: size * 2 }), rectangle({ x, y: y + size, width: size * 2, height: wide })],
    () => [ring({ x, y, radius: size * 0.8, width: wide })],
    () => [disc(x, y, size)],
    () => [-1, 0, 1].map((step) => rectangle({ x: x + step * size * 0.7, y, width: wide, height: size * 2 })),
  ])();
  return (px, py) => all.reduce((nearest, distance) => Math.max(nearest, distance(px, py)), -9);
}

/** Groups of bars, marks and squares scattered on a plain ground, as on a resolution chart or between the fields of a wafer. */
function chart(grid: Grid, random: Random): Float32Array {
  const relief = blank(grid, random);
  const layout = createLayout(grid);
  const turn = pick(random, [0, 0, 0.03 * random.gaussian(), Math.PI / 2]);
  const size = logBetween(random, 0.012, 0.05);
  // Each group in a field of its own: the fields of a chart do not overlap.
  for (let field = 0; field < 6; field++) {
    if (chance(random, 0.4)) continue;
    const [x, y] = [((field % 3) + between(random, 0.3, 0.7)) / 3, ((field % 2) + between(random, 0.3, 0.7)) * 0.5 * grid.aspect];
    const [rows, columns] = pick(random, [[3 + random.integer(4), 1], [1, 3 + random.integer(8)], [2, 2 + random.integer(6)]] as const);
    const [wide, high] = [size * between(random, 0.5, 1.2), size * between(random, 1, 5)];
    const [long, flat] = rows > columns ? [high, wide] : [wide, high];
    for (let index = 0; index < rows * columns; index++) {
      const [u, v] = [((index % columns) - (columns - 1) / 2) * long * 1.9, (Math.floor(index / columns) - (rows - 1) / 2) * flat * 1.9];
      unite(grid, layout, { distance: rectangle({ x: x + u * Math.cos(turn) - v * Math.sin(turn), y: y + u * Math.sin(turn) + v * Math.cos(turn), width: long * between(random, 0.97, 1.03), height: flat, angle: turn, corner: Math.min(long, flat) * 0.15 }) });
    }
  }
  for (let mark = random.integer(5); mark > 0; mark--) unite(grid, layout, { distance: sign(random, [random.uniform(), random.uniform() * grid.aspect], size * between(random, 0.5, 1.2)) });
  transfer(relief, random, { layout, size });
  return finish(relief, random);
}

/** One row or a few rows of short bars far from each other: much plain ground, often faint and soft. */
function aloneBars(grid: Grid, random: Random): Float32Array {
  const relief = blank(grid, random);
  const layout = createLayout(grid);
  const columns = 1 + random.integer(8);
  const pitch = between(random, 0.8, 1.3) / columns;
  const wide = Math.min(0.16, pitch * between(random, 0.12, 0.5));
  const high = between(random, 0.15, 0.75) * grid.aspect;
  const rows = high < 0.35 * grid.aspect ? pick(random, [1, 2, 3]) : pick(random, [1, 1, 2]);
  const upright = chance(random, 0.7);
  const [cx, cy] = [0.5 + 0.1 * random.gaussian(), grid.aspect * (0.5 + 0.12 * random.gaussian())];
  const lean = 0.04 * random.gaussian();
  const corner = wide * between(random, 0.1, 0.5);
  for (let index = 0; index < rows * columns; index++) {
    const [u, v] = [((index % columns) - (columns - 1) / 2) * pitch, (Math.floor(index / columns) - (rows - 1) / 2) * high * 1.45];
    const angle = lean + (upright ? 0 : Math.PI / 2);
    unite(grid, layout, { distance: rectangle({ x: cx + u * Math.cos(angle) - v * Math.sin(angle), y: cy + u * Math.sin(angle) + v * Math.cos(angle), width: wide, height: high, angle, corner }) });
  }
  transfer(relief, random, { layout, size: wide });
  return finish(relief, random);
}

/** The end of a dense grating beside a wide plain area: round or square ends, hairpins, a block with a corner, a lonely line. */
function lineEnds(grid: Grid, random: Random): Float32Array {
  const relief = blank(grid, random);
  const layout = createLayout(grid);
  const pitch = logBetween(random, 0.025, 0.09);
  const lines = 4 + random.integer(Math.round(0.9 / pitch));
  const wide = pitch * between(random, 0.3, 0.6);
  const turn = pick(random, [0, Math.PI / 2, Math.PI, -Math.PI / 2]) + 0.02 * random.gaussian();
  const first = between(random, -0.55, 0.1);
  const end = between(random, -0.25, 0.3);
  const stagger = pick(random, [0, 0, pitch, pitch * 3]);
  const round = chance(random, 0.6) ? wide / 2 : 0;
  const [sine, cosine] = [Math.sin(turn), Math.cos(turn)];
  const place = (u: number, v: number): Point => [0.5 + u * cosine - v * sine, grid.aspect / 2 + u * sine + v * cosine];
  const bar = ([u, v]: Point, [width, height]: Point, corner = 0): void => {
    const [x, y] = place(u, v);
    unite(grid, layout, { distance: rectangle({ x, y, width, height, angle: turn, corner }) });
  };
  for (let line = 0; line < lines; line++) {
    const reach = end + stagger * (line % 2 === 0 ? 1 : 0) + 0.002 * random.gaussian();
    bar([reach - 0.75, first + line * pitch], [1.5, wide], round);
  }
  if (chance(random, 0.35)) for (let pair = 0; pair + 1 < lines; pair += 2) bar([end - wide / 2, first + (pair + 0.5) * pitch], [wide, pitch + wide], round);
  if (chance(random, 0.4)) bar([end + 0.06 + 0.5, first + lines * pitch * between(random, 0, 0.5)], [1, lines * pitch * between(random, 0.3, 1)]);
  if (chance(random, 0.3)) bar([end + between(random, 0.05, 0.3), 0], [wide * between(random, 1, 3), 2]);
  transfer(relief, random, { layout, size: wide });
  return finish(relief, random);
}

/** Wide and short trenches with right angles, as between blocks of cells: bright outlines on an even tone. */
function blocks(grid: Grid, random: Random): Float32Array {
  const relief = blank(grid, random);
  const layout = createLayout(grid);
  const pitch = logBetween(random, 0.04, 0.14);
  const wide = pitch * between(random, 0.25, 0.5);
  const turned = chance(random, 0.4);
  const add = (points: Point[], width: number): void => {
    unite(grid, layout, { distance: track(turned ? points.map(([x, y]): Point => [y, x]) : points, width) });
  };
  for (let row = 0; row * pitch < 1.05; row++) {
    const v = (row + 0.5) * pitch;
    // Blocks without routing stay between the routed rows.
    if (chance(random, 0.25)) continue;
    if (chance(random, 0.15)) {
      add([[-0.1, v], [1.4, v]], pitch * between(random, 0.4, 1));
      continue;
    }
    for (let u = -0.2 * random.uniform(); u < 1.1; u += pitch * between(random, 0.6, 3)) {
      if (chance(random, 0.3)) continue;
      const long = pitch * logBetween(random, 0.5, 6);
      const bend = pitch * pick(random, [-1, 1]) * between(random, 0.5, 1.2);
      const points: Point[] = [[u, v], [u + long, v]];
      if (chance(random, 0.4)) points.push([u + long, v + bend]);
      if (chance(random, 0.2)) points.unshift([u, v - bend]);
      add(points, wide);
      u += long;
    }
  }
  transfer(relief, random, { layout, size: wide });
  return finish(relief, random);
}

/** Marks on blank wafers, ends of gratings and routed trenches: what a lithographer looks at between dense fields. */
export const PATTERNED_MARKS = [chart, aloneBars, aloneBars, lineEnds, lineEnds, blocks] as const;
