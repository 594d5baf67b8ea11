import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, pick } from '../draws.ts';
import { createLayout, type Distance, extrude, length, rectangle, track, unite } from '../layout.ts';
import { noisePlane } from '../noise.ts';
import { createPlane, type Grid } from '../raster.ts';
import { addHeight, createRelief, type Relief } from '../relief.ts';
import { develop } from '../shade.ts';
import { drawEllipsoid, drawPolyhedron, drawTube } from '../solids.ts';
import { cellPlanes } from '../voronoi.ts';
import { at, smoothStep } from './ground.ts';
import { PATTERNED_ARRAYS } from './patterned-arrays.ts';
import { PATTERNED_MARKS } from './patterned-marks.ts';

const base = (grid: Grid, random: Random): Relief => createRelief(grid, { material: between(random, 0.2, 0.6), roughness: between(random, 0.0001, 0.0015) });

const etch = (grid: Grid, random: Random, pitch: number) => ({
  height: pick(random, [1, -1]) * pitch * between(random, 0.05, 0.4),
  wall: pitch * between(random, 0.02, 0.15),
  material: pick(random, [1, between(random, 0.4, 0.85), between(random, 1.15, 2)]),
  roughness: between(random, 0.0002, 0.0015),
  rim: pick(random, [0, between(random, 0.2, 0.9)]),
  rimWidth: pitch * between(random, 0.02, 0.08),
  wobble: { plane: noisePlane(grid, random, { cell: pitch * between(random, 0.15, 0.8), octaves: 3 }), amplitude: pitch * logBetween(random, 0.001, 0.03) },
});

const finish = (relief: Relief, random: Random, pitch: number): Float32Array =>
  develop(relief, random, { occlusionWidths: [pitch * 0.25], occlusion: between(random, 0.2, 0.9), bump: noisePlane(relief, random, { cell: 0.012, octaves: 4 }), white: between(random, 0.5, 0.95) });

/** Curved lines: rings, fans and zone plates, all or a sector of them. */
function curvedLines(grid: Grid, random: Random): Float32Array {
  const relief = base(grid, random);
  const pitch = logBetween(random, 0.015, 0.12);
  const [cx, cy] = chance(random, 0.25) ? [between(random, -0.05, 0.15), grid.aspect * between(random, 0.3, 0.7)] : [between(random, -1, 1.2), grid.aspect * between(random, -0.6, 1.2)];
  const duty = between(random, 0.3, 0.7);
  const chirp = chance(random, 0.3) ? between(random, 0.2, 0.8) : 0;
  const inner = between(random, 0, 0.4);
  const sector = chance(random, 0.35) ? between(random, 0.15, 0.5) : 9;
  const main = Math.atan2(grid.aspect / 2 - cy, 0.5 - cx);
  // A grating that couples light is fed through a solid wedge.
  const wedge = sector < 1 && chance(random, 0.5);
  const layout = createLayout(grid);
  unite(grid, layout, { distance: (x, y) => {
    const r = length(x - cx, y - cy);
    const phase = (r / pitch) * (1 + chirp * r);
    const lines = (duty / 2 - Math.abs(phase - Math.floor(phase) - 0.5)) * pitch;
    const turn = Math.abs(Math.atan2(y - cy, x - cx) - main);
    return Math.min(r < inner && wedge ? 0.1 : Math.min(lines, r - inner), (sector - turn) * Math.max(0.02, r));
  } });
  extrude(relief, layout, etch(grid, random, pitch));
  return finish(relief, random, pitch);
}

/** A patch of a lattice with its border, straight or seen at an angle; dots, holes, pyramids or spikes. */
function patch(grid: Grid, random: Random): Float32Array {
  const relief = base(grid, random);
  const count = 3 + random.integer(22);
  const pitch = between(random, 0.6, 1.5) / count;
  const turn = pick(random, [0, 0.04 * random.gaussian(), between(random, 0, Math.PI)]);
  const squash = pick(random, [1, between(random, 0.45, 0.9)]);
  const form = pick(random, ['dot', 'hole', 'spike', 'pyramid', 'pillar'] as const);
  const size = pitch * between(random, 0.15, 0.42);
  const tall = pitch * between(random, 0.3, 1.3);
  const material = relief.material[0]! * between(random, 0.7, 1.8);
  const [cx, cy] = [0.5 + 0.15 * random.gaussian(), grid.aspect / 2 + 0.12 * random.gaussian()];
  const missing = chance(random, 0.2) ? 0.05 : 0;
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < count; column++) {
      if (chance(random, missing)) continue;
      const [u, v] = [(column - (count - 1) / 2) * pitch, (row - (count - 1) / 2) * pitch];
      const [x, y] = [cx + u * Math.cos(turn) - v * Math.sin(turn), cy + (u * Math.sin(turn) + v * Math.cos(turn)) * squash];
      if (x < -pitch || x > 1 + pitch || y < -pitch || y > grid.aspect + pitch) continue;
      if (form === 'dot' || form === 'hole') drawEllipsoid(relief, { x, y, z: form === 'hole' ? 0.0005 : 0, radius: size, radiusAcross: size * squash, radiusUp: size * (form === 'hole' ? 0.06 : 0.5), material: form === 'hole' ? relief.material[0]! * 0.25 : material, roughness: 0 });
      if (form === 'spike' || form === 'pillar') drawTube(relief, [{ x, y, z: 0, radius: size }, { x, y: y - tall * Math.sqrt(1.02 - squash * squash), z: tall * squash, radius: form === 'spike' ? size * 0.1 : size * 0.8 }], { material, roughness: 0.001 });
      if (form === 'pyramid') drawPolyhedron(relief, { x, y, z: 0, faces: [...[0, 1, 2, 3].map((side) => [0.8 * Math.cos(turn + (side * Math.PI) / 2), 0.8 * Math.sin(turn + (side * Math.PI) / 2), 0.6, size * 0.8] as const), [0, 0, -1, 0.001]], reach: size * 2, rounding: size * 0.05, edge: 0.4, material, roughness: 0.0006 });
    }
  }
  return finish(relief, random, pitch);
}

/** A few bars, often faint: test lines with wide spaces, line ends, corners. */
function fewBars(grid: Grid, random: Random): Float32Array {
  const relief = base(grid, random);
  const pitch = between(random, 0.12, 0.45);
  const turn = pick(random, [0, Math.PI / 2, 0.02 * random.gaussian()]);
  const wide = pitch * between(random, 0.15, 0.6);
  const long = between(random, 0.25, 1.5);
  const rows = pick(random, [1, 1, 2, 3]);
  const corner = wide * between(random, 0, 0.5);
  const layout = createLayout(grid);
  const [cx, cy] = [0.5 + 0.1 * random.gaussian(), grid.aspect / 2 + 0.1 * random.gaussian()];
  const columns = 1 + random.integer(8);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [u, v] = [(column - (columns - 1) / 2) * pitch, (row - (rows - 1) / 2) * long * 1.25];
      unite(grid, layout, { distance: rectangle({ x: cx + u * Math.cos(turn) - v * Math.sin(turn), y: cy + u * Math.sin(turn) + v * Math.cos(turn), width: wide, height: long, angle: turn, corner }) });
    }
  }
  const steps = etch(grid, random, pitch * 0.3);
  extrude(relief, layout, { ...steps, material: pick(random, [between(random, 1.05, 1.4), between(random, 0.6, 0.95)]) });
  return finish(relief, random, pitch * 0.3);
}

/** Cells with walls between them: honeycombs, meshes, grids and inverted pyramids. */
function cellsWithWalls(grid: Grid, random: Random): Float32Array {
  const cell = logBetween(random, 0.04, 0.3);
  const turn = between(random, 0, Math.PI);
  const { border } = cellPlanes(grid, random, { cell, jitter: pick(random, [0, 0, 0.06]), hexagonal: chance(random, 0.6), angle: turn });
  const relief = base(grid, random);
  const wall = between(random, 0.04, 0.22);
  const sloping = chance(random, 0.35);
  const deep = cell * between(random, 0.2, 1);
  const heights = border.map((value) => -deep * (sloping ? Math.max(0, value - wall) * 1.6 : smoothStep((value - wall) / 0.06)));
  for (let index = 0; index < heights.length; index++) relief.material[index]! *= 1 + 0.5 * Math.exp(-(((border[index]! - wall) / 0.025) ** 2));
  addHeight(relief, heights, 1);
  return develop(relief, random, { occlusionWidths: [cell * 0.2, cell * 0.5], occlusion: between(random, 0.4, 1.2), maxSecant: 2.6, bump: noisePlane(grid, random, { cell: 0.015 }) });
}

/** Lines cut across: their profile at a cleaved edge below, running away from the viewer above it. */
function profiles(grid: Grid, random: Random): Float32Array {
  const pitch = logBetween(random, 0.05, 0.3);
  const edge = grid.aspect * between(random, 0.35, 0.75);
  const deep = pitch * between(random, 0.3, 2);
  const duty = between(random, 0.3, 0.7);
  const slope = pitch * between(random, 0, 0.12);
  const perspective = between(random, -0.25, 0.25);
  const [topTone, gapTone, wallTone, cutTone] = [between(random, 0.5, 0.8), between(random, 0.1, 0.5), between(random, 0.7, 1), between(random, 0.3, 0.6)];
  const noise = noisePlane(grid, random, { cell: 0.02, octaves: 4 });
  const relief = createRelief(grid, { material: 0.5, roughness: 0.0006 });
  for (let index = 0; index < noise.length; index++) {
    const { x, y } = at(grid, index);
    const lean = y < edge ? (x - 0.5) * (1 + perspective * (edge - y)) : x - 0.5;
    const across = lean / pitch + 0.004 * noise[index]!;
    const off = Math.abs(across - Math.floor(across) - 0.5) * 2;
    const line = (duty - off) * pitch * 0.5;
    const near = Math.exp(-Math.abs(line) / 0.004);
    if (y < edge) relief.material[index] = (line > 0 ? topTone : gapTone) + (wallTone - 0.4) * near;
    else {
      const depth = y - edge;
      const solid = line + (slope * depth) / deep > 0 || depth > deep;
      relief.material[index] = solid ? cutTone * (1 + 0.9 * Math.exp(-Math.min(depth > deep ? depth - deep : 9, Math.abs(line), depth) / 0.004)) : gapTone * 0.35;
    }
  }
  return develop(relief, random, { occlusion: 0, bump: noisePlane(grid, random, { cell: 0.012, octaves: 4 }), glow: 0.3 });
}

/** Domes, cones or posts that touch: moth eyes, microlenses, prisms, sawteeth. */
function closePacked(grid: Grid, random: Random): Float32Array {
  const pitch = logBetween(random, 0.025, 0.2);
  const { nearest, border } = cellPlanes(grid, random, { cell: pitch, jitter: pick(random, [0, 0.04, 0.12]), hexagonal: chance(random, 0.7), angle: between(random, 0, Math.PI) });
  const form = pick(random, ['lens', 'cone', 'post'] as const);
  const relief = base(grid, random);
  const heights = createPlane(grid);
  const reach = between(random, 0.35, 0.55);
  for (let index = 0; index < heights.length; index++) {
    const t = Math.min(1, nearest[index]! / reach);
    heights[index] = pitch * (form === 'lens' ? Math.sqrt(1 - t * t) * 0.5 : form === 'cone' ? (1 - t) * 0.9 : smoothStep((1 - t) / 0.2) * 0.4 + 0.05 * border[index]!);
  }
  addHeight(relief, heights, between(random, 0.6, 1.3));
  const [viewX, viewY] = [between(random, -0.5, 0.5), between(random, -0.5, 0.5)];
  for (let index = 0; index < heights.length; index++) {
    relief.slopeX[index]! += viewX;
    relief.slopeY[index]! += viewY;
  }
  return develop(relief, random, { occlusionWidths: [pitch * 0.2, pitch * 0.5], maxSecant: 2.8, bump: noisePlane(grid, random, { cell: pitch * 0.3, octaves: 4 }) });
}

/** One line or slot close by, its edges wavy or toothed; or a winding one. */
function oneLine(grid: Grid, random: Random): Float32Array {
  const relief = base(grid, random);
  const wide = between(random, 0.08, 0.4);
  const turn = pick(random, [0, Math.PI / 2, between(random, 0, Math.PI)]);
  const wave = wide * between(random, 0.03, 0.18);
  const period = between(random, 0.06, 0.25);
  const square = chance(random, 0.4);
  const [sine, cosine] = [Math.sin(turn), Math.cos(turn)];
  const line: Distance = (x, y) => {
    const along = (x - 0.5) * cosine + (y - grid.aspect / 2) * sine;
    const across = -(x - 0.5) * sine + (y - grid.aspect / 2) * cosine;
    const teeth = Math.sin((2 * Math.PI * along) / period);
    return wide / 2 + wave * (square ? Math.max(-0.7, Math.min(0.7, 4 * teeth)) : teeth) - Math.abs(across);
  };
  const layout = createLayout(grid);
  if (chance(random, 0.7)) unite(grid, layout, { distance: line, margin: 0.1 });
  else unite(grid, layout, { distance: track(Array.from({ length: 10 }, (_, fold): [number, number] => [0.1 * fold + 0.05, (fold >> 1) % 2 === 0 ? 0.15 : grid.aspect - 0.15]), wide * 0.25) });
  const steps = etch(grid, random, wide);
  extrude(relief, layout, { ...steps, rim: between(random, 0.3, 1.2), rimWidth: between(random, 0.003, 0.012) });
  return finish(relief, random, wide);
}

/** Patterned surfaces, besides the renderer's: curved lines, patches, few bars, cells, profiles, domes, single lines, marks, arrays. */
export const PATTERNED_SURFACE = [curvedLines, curvedLines, patch, patch, patch, fewBars, fewBars, cellsWithWalls, profiles, closePacked, oneLine, ...PATTERNED_MARKS, ...PATTERNED_ARRAYS] as const;
