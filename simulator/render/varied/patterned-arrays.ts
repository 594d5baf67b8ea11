import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, pick } from '../draws.ts';
import { createLayout, disc, type Distance, length, rectangle, ring, unite } from '../layout.ts';
import { noisePlane } from '../noise.ts';
import type { Grid } from '../raster.ts';
import { addHeight, createRelief, inclineHeights } from '../relief.ts';
import { develop } from '../shade.ts';
import { finish, transfer } from './patterned-marks.ts';
import { drawPost, tilted } from './tilted.ts';

/** Posts of one form in rows on bare ground seen at an angle: a small array, one row, or rows to the horizon. */
function posts(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: between(random, 0.15, 0.5), roughness: between(random, 0.0001, 0.0008) });
  const tilt = between(random, 0.15, 1.15);
  inclineHeights(relief, 0, Math.tan(tilt));
  const see = tilted(tilt);
  const columns = 2 + random.integer(12);
  const rows = pick(random, [1 + random.integer(4), 3 + random.integer(14)]);
  const pitch = between(random, 0.4, 1.5) / columns;
  const half = pitch * between(random, 0.14, 0.38);
  const tall = half * logBetween(random, 0.3, 2.5);
  const turn = pick(random, [0, 0, between(random, -0.8, 0.8)]);
  const sides = pick(random, [4, 4, 4, 6, 14, 14]);
  const form = { sides, turn, half, tall, taper: pick(random, [0, 0, between(random, 0.02, 0.35)]), edge: between(random, 0.1, 0.7), rounding: between(random, 0.05, 0.12), see };
  const material = between(random, 0.4, 0.8);
  const middle = (grid.aspect / 2) / Math.cos(tilt) + 0.08 * random.gaussian();
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (chance(random, 0.004)) continue;
      const [u, v] = [(column - (columns - 1) / 2) * pitch, (row - (rows - 1) / 2) * pitch];
      const [x, along] = [0.5 + u * Math.cos(turn) - v * Math.sin(turn), middle + u * Math.sin(turn) + v * Math.cos(turn)];
      const y = see([x, along, 0])[1];
      if (x < -pitch || x > 1 + pitch || y < -pitch - tall || y > grid.aspect + pitch + tall) continue;
      drawPost(relief, { ...form, x, along, material: material * between(random, 0.96, 1.04) });
    }
  }
  return develop(relief, random, { occlusionWidths: [half * 0.6, half * 2], occlusion: between(random, 0.2, 0.8), bump: noisePlane(grid, random, { cell: 0.02, octaves: 4 }), maxSecant: 2.6 });
}

/** Ridges running away from a viewer above: perspective makes a fan of them; walls, tops and gaps in tones of their own. */
function ridges(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: 0.5, roughness: between(random, 0.0002, 0.001) });
  const pitch = logBetween(random, 0.03, 0.25);
  const fan = pick(random, [0, between(random, -0.7, 0.7)]);
  const turn = pick(random, [Math.PI / 2, Math.PI / 2, 0, between(random, 0, Math.PI)]);
  const duty = between(random, 0.25, 0.7);
  const wall = pitch * between(random, 0.03, 0.3);
  const side = pick(random, [0, between(random, -0.25, 0.25)]);
  const [top, gap, face, shade] = [between(random, 0.35, 0.7), between(random, 0.08, 0.4), between(random, 0.5, 1), between(random, 0.1, 0.5)];
  const wobble = noisePlane(grid, random, { cell: pitch * 0.4, octaves: 3, stretch: between(random, 2, 8), angle: turn });
  const rough = pitch * logBetween(random, 0.003, 0.03);
  const scallops = chance(random, 0.3) ? between(random, 0.05, 0.25) : 0;
  const [sine, cosine] = [Math.sin(turn), Math.cos(turn)];
  const bright = between(random, 0.2, 0.9);
  const end = chance(random, 0.35) ? between(random, -0.1, 0.3) : 9;
  for (let index = 0; index < relief.material.length; index++) {
    const [dx, dy] = [((index % grid.widthPx) + 0.5) / grid.widthPx - 0.5, Math.floor(index / grid.widthPx) / grid.widthPx - grid.aspect / 2];
    const along = dx * cosine + dy * sine;
    const far = Math.max(0.3, 1 + fan * along);
    const across = (-dx * sine + dy * cosine) / far + rough * wobble[index]!;
    const phase = across / pitch - Math.floor(across / pitch) - 0.5;
    const lean = Math.min((duty / 2 - Math.abs(phase)) * pitch, end - along);
    const onWall = lean < 0 && lean > -wall * (1 + 2 * side * Math.sign(phase) / 0.25);
    const tone = lean >= 0 ? top : onWall ? (phase > 0 ? face : shade) * (1 + scallops * Math.sin(along * 400)) : gap;
    relief.material[index] = tone * (1 + bright * Math.exp(-Math.abs(lean) / 0.003));
  }
  return finish(relief, random);
}

/** One cell of a metasurface or a plasmonic array, about (0, 0) and of unit size. */
function cellShape(random: Random): Distance[] {
  const wide = between(random, 0.12, 0.28);
  return pick(random, [
    () => [rectangle({ x: -0.35, y: 0, width: wide, height: 0.9 }), rectangle({ x: 0.35, y: 0, width: wide, height: 0.9 }), rectangle({ x: 0, y: 0.4, width: 0.9, height: wide })],
    () => [rectangle({ x: 0, y: 0, width: wide, height: 0.9 }), rectangle({ x: 0, y: 0, width: 0.9, height: wide })],
    () => [ring({ x: 0, y: 0, radius: 0.38, width: wide * 0.8 })],
    () => [rectangle({ x: 0, y: 0, width: 0.9, height: wide, corner: wide / 2 })],
    () => [rectangle({ x: -0.3, y: 0, width: wide, height: 0.9 }), rectangle({ x: 0.05, y: 0.35, width: 0.7, height: wide })],
    () => [disc(-0.24, 0, 0.2), disc(0.24, 0, 0.2)],
    () => [rectangle({ x: -0.25, y: 0, width: wide, height: 0.9 }), rectangle({ x: 0.25, y: 0, width: wide, height: 0.9 })],
    () => [(x, y) => Math.min(0.45 - Math.abs(x), Math.abs(x) * 0.7 + 0.03 - Math.abs(y))],
    () => [(x, y) => Math.min(0.3 + y, 0.38 - 0.5 * y - 0.87 * Math.abs(x))],
    () => [rectangle({ x: 0, y: 0, width: 0.75, height: 0.75, corner: 0.1 })],
    () => [disc(0, 0, 0.36), (x, y) => 0.12 - length(x - 0.42, y - 0.42)],
  ])();
}

/** Like cells on a lattice: metasurfaces, antennas, photonic crystals, perhaps with a border, a line left out, or a size that grows. */
function metasurface(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: between(random, 0.15, 0.6), roughness: between(random, 0, 0.0006) });
  addHeight(relief, noisePlane(grid, random, { cell: 0.4, octaves: 5 }), 0.0003);
  const layout = createLayout(grid);
  const pitch = logBetween(random, 0.03, 0.25);
  const shapes = cellShape(random);
  const turn = pick(random, [0, Math.PI / 2, 0.03 * random.gaussian(), between(random, 0, Math.PI)]);
  const hexagonal = chance(random, 0.3) ? 0.5 : 0;
  const own = pick(random, [0, 0, Math.PI / 4, between(random, 0, 3)]);
  const gradient = chance(random, 0.2) ? between(random, -0.5, 0.5) : 0;
  const turning = chance(random, 0.2) ? between(random, 0.1, 0.8) : 0;
  const border = chance(random, 0.35) ? between(random, -0.1, 0.35) : 9;
  const defect = chance(random, 0.15) ? 0 : 999;
  const fill = between(random, 0.6, 0.95);
  const [sine, cosine] = [Math.sin(turn), Math.cos(turn)];
  unite(grid, layout, { margin: 0.2, distance: (x, y) => {
    const [u, v] = [((x - 0.5) * cosine + (y - grid.aspect / 2) * sine) / pitch, ((y - grid.aspect / 2) * cosine - (x - 0.5) * sine) / pitch];
    const row = Math.round(v);
    const shift = (row & 1) * hexagonal;
    const column = Math.round(u - shift);
    if (row === defect || column * pitch > border) return -pitch;
    const size = fill * Math.max(0.35, 1 + gradient * (column * pitch));
    const angle = own + turning * column;
    const [c, s] = [Math.cos(angle) / size, Math.sin(angle) / size];
    const [du, dv] = [u - shift - column, v - row];
    return shapes.reduce((nearest, distance) => Math.max(nearest, distance(du * c + dv * s, dv * c - du * s)), -1) * size * pitch;
  } });
  transfer(relief, random, { layout, size: pitch * 0.3 });
  return finish(relief, random);
}

/** Stripes that order themselves: fingerprints of block copolymers, wrinkles of a skin, ripples left by a laser. */
function selfOrdered(grid: Grid, random: Random): Float32Array {
  const pitch = logBetween(random, 0.012, 0.07);
  const order = pick(random, ['fingerprint', 'wrinkles', 'ripples'] as const);
  const turn = between(random, 0, Math.PI);
  const wander = noisePlane(grid, random, { cell: pitch * between(random, 5, 14), octaves: order === 'ripples' ? 3 : 1, stretch: order === 'fingerprint' ? 1 : between(random, 1, 4), angle: turn });
  const amount = order === 'fingerprint' ? between(random, 1.5, 3.5) : between(random, 0.2, 1.2);
  const relief = createRelief(grid, { material: between(random, 0.3, 0.6), roughness: order === 'ripples' ? 0.004 : 0.0004 });
  const [sine, cosine] = [Math.sin(turn), Math.cos(turn)];
  const sharp = between(random, 0.8, 4);
  const wave = relief.height.map((_, index) => {
    const [x, y] = [(index % grid.widthPx) / grid.widthPx, Math.floor(index / grid.widthPx) / grid.widthPx];
    return Math.tanh(sharp * Math.sin((2 * Math.PI * (y * cosine - x * sine)) / pitch + amount * Math.PI * wander[index]!));
  });
  addHeight(relief, wave, pitch * between(random, 0.04, 0.18));
  const tone = between(random, 0, 0.4);
  for (let index = 0; index < wave.length; index++) relief.material[index]! *= 1 + tone * wave[index]!;
  return develop(relief, random, { occlusionWidths: [pitch * 0.4], bump: noisePlane(grid, random, { cell: pitch * 0.5, octaves: 4 }) });
}

/** Arrays: posts and ridges at an angle, cells of a metasurface, stripes that order themselves. */
export const PATTERNED_ARRAYS = [posts, posts, ridges, metasurface, metasurface, selfOrdered] as const;
