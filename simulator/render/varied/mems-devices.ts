import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, pick } from '../draws.ts';
import { createLayout, disc, extrude, rectangle, ring, subtract, track, unite } from '../layout.ts';
import { noisePlane } from '../noise.ts';
import { createPlane, type Grid } from '../raster.ts';
import { addHeight, createRelief, type Relief } from '../relief.ts';
import { develop } from '../shade.ts';
import { drawPolyhedron } from '../solids.ts';
import { at, smoothStep } from './ground.ts';
import { LAYERED_DEVICES } from './mems-layers.ts';
import { TILTED_DEVICES } from './mems-tilted.ts';

const wafer = (grid: Grid, random: Random): Relief => {
  const relief = createRelief(grid, { material: between(random, 0.12, 0.5), roughness: between(random, 0.0001, 0.001) });
  addHeight(relief, noisePlane(grid, random, { cell: 0.4, octaves: 5 }), between(random, 0.0002, 0.001));
  return relief;
};

const layer = (grid: Grid, random: Random) => ({
  height: between(random, 0.004, 0.03) * pick(random, [1, 1, 1, -1]),
  wall: between(random, 0.002, 0.01),
  material: pick(random, [between(random, 1.3, 2.8), between(random, 0.8, 1.2), between(random, 0.35, 0.7)]),
  roughness: between(random, 0.0002, 0.003),
  rim: between(random, 0, 0.9),
  rimWidth: between(random, 0.0015, 0.006),
  wobble: { plane: noisePlane(grid, random, { cell: logBetween(random, 0.008, 0.04), octaves: 3 }), amplitude: logBetween(random, 0.00005, 0.003) },
});

const finish = (grid: Grid, random: Random, relief: Relief): Float32Array =>
  develop(relief, random, { occlusionWidths: [0.008, 0.025], occlusion: between(random, 0.2, 0.9), bump: noisePlane(grid, random, { cell: logBetween(random, 0.006, 0.04), octaves: 4 }), white: between(random, 0.55, 0.95) });

/** A chip with bond pads along its edges and bent tracks from them towards a middle. */
function padRing(grid: Grid, random: Random): Float32Array {
  const relief = wafer(grid, random);
  const layout = createLayout(grid);
  const perSide = 3 + random.integer(7);
  const extent = between(random, 0.28, 0.6);
  const pad = (extent * 2) / perSide * between(random, 0.4, 0.75);
  const long = pad * between(random, 1, 2.2);
  const middle = between(random, 0.02, 0.12);
  const thin = pad * between(random, 0.08, 0.5);
  const turn = pick(random, [0, 0, 0.03 * random.gaussian(), between(random, -0.7, 0.7)]);
  const [cx, cy] = [0.5 + 0.1 * random.gaussian(), grid.aspect / 2 + 0.1 * random.gaussian()];
  for (let side = 0; side < 4; side++) {
    const around = turn + (side * Math.PI) / 2;
    const place = (u: number, v: number): [number, number] => [cx + u * Math.cos(around) - v * Math.sin(around), cy + u * Math.sin(around) + v * Math.cos(around)];
    for (let index = 0; index < perSide; index++) {
      const v = ((index + 0.5) / perSide - 0.5) * extent * 1.7;
      const [x, y] = place(extent, v);
      unite(grid, layout, { distance: rectangle({ x, y, width: long, height: pad, angle: around }) });
      unite(grid, layout, { distance: track([place(extent - long / 2, v), place(extent * 0.62, v), place(middle + 0.05, v * 0.25), place(middle * 0.6, v * 0.12)], thin), margin: 0.02 });
    }
  }
  if (chance(random, 0.5)) unite(grid, layout, { distance: rectangle({ x: cx, y: cy, width: middle, height: middle * between(random, 0.4, 1), angle: turn }) });
  extrude(relief, layout, layer(grid, random));
  return finish(grid, random, relief);
}

/** Two or more contacts facing each other across a gap, a bridge or a wire between them. */
function contacts(grid: Grid, random: Random): Float32Array {
  const relief = wafer(grid, random);
  const layout = createLayout(grid);
  const turn = pick(random, [0, Math.PI / 2, between(random, 0, Math.PI)]);
  const gap = between(random, 0.03, 0.25);
  const wide = between(random, 0.1, 0.7);
  const taper = chance(random, 0.5);
  const [sine, cosine] = [Math.sin(turn), Math.cos(turn)];
  for (const side of [-1, 1]) {
    const end = gap / 2 + (taper ? 0.2 : 0);
    unite(grid, layout, { distance: rectangle({ x: 0.5 + side * (end + 0.5) * cosine, y: grid.aspect / 2 + side * (end + 0.5) * sine, width: 1, height: wide, angle: turn, corner: between(random, 0, 0.02) }) });
    if (taper) unite(grid, layout, { distance: track([[0.5 + side * (gap / 2) * cosine, grid.aspect / 2 + side * (gap / 2) * sine], [0.5 + side * 0.6 * cosine, grid.aspect / 2 + side * 0.6 * sine]], wide * between(random, 0.1, 0.4)) });
  }
  for (let wire = random.integer(4); wire > 0; wire--) {
    const off = between(random, -0.4, 0.4) * wide;
    unite(grid, layout, { distance: track([[0.5 - 0.3 * cosine - off * sine, grid.aspect / 2 - 0.3 * sine + off * cosine], [0.5 + 0.3 * cosine - off * sine, grid.aspect / 2 + 0.3 * sine + off * cosine]], logBetween(random, 0.004, 0.03)) });
  }
  const steps = layer(grid, random);
  extrude(relief, layout, { ...steps, height: Math.abs(steps.height) });
  return finish(grid, random, relief);
}

/** A round opening through a wafer, a nozzle or a membrane, with the wall that is seen down to the bottom. */
function opening(grid: Grid, random: Random): Float32Array {
  const relief = wafer(grid, random);
  const radius = between(random, 0.12, 0.36);
  const [cx, cy] = [between(random, 0.35, 0.65), grid.aspect * between(random, 0.35, 0.65)];
  const [shiftX, shiftY] = [0.5 * radius * between(random, -1, 1), 0.5 * radius * between(random, -1, 1)];
  const bottom = between(random, 0.4, 0.8);
  const streaks = noisePlane(grid, random, { cell: 0.02, octaves: 5, gain: 0.6 });
  const [wallTone, bottomTone] = [between(random, 0.3, 1.2), between(random, 0.1, 0.9)];
  const rings = between(random, 0, 0.3);
  for (let index = 0; index < relief.material.length; index++) {
    const { x, y } = at(grid, index);
    const outer = Math.sqrt((x - cx) ** 2 + (y - cy) ** 2) / radius;
    const inner = Math.sqrt((x - cx - shiftX) ** 2 + (y - cy - shiftY) ** 2) / (radius * bottom);
    if (outer > 1) relief.material[index]! *= 1 + 0.8 * Math.exp(-(outer - 1) / 0.03);
    else if (inner > 1) relief.material[index]! *= wallTone * (0.5 + 0.5 * outer) * (1 + 0.15 * streaks[index]! + rings * Math.sin(outer * 60));
    else relief.material[index]! *= bottomTone;
  }
  return finish(grid, random, relief);
}

/** One or a few wide bands close by: channel walls, waveguides, couplers; straight, curved or with teeth. */
function bands(grid: Grid, random: Random): Float32Array {
  const relief = wafer(grid, random);
  const layout = createLayout(grid);
  const wide = logBetween(random, 0.03, 0.35);
  const turn = pick(random, [0, Math.PI / 2, between(random, 0, Math.PI)]);
  const count = pick(random, [1, 1, 2, 3]);
  for (let band = 0; band < count; band++) {
    const radius = pick(random, [1e3, between(random, 0.5, 3)]);
    const shift = (band - (count - 1) / 2) * wide * between(random, 1.3, 2.6);
    unite(grid, layout, { distance: ring({ x: 0.5 - (radius + shift) * Math.sin(turn), y: grid.aspect / 2 + (radius + shift) * Math.cos(turn), radius, width: wide }), margin: 0.2 });
  }
  if (chance(random, 0.25)) {
    const loop = between(random, 0.12, 0.3);
    unite(grid, layout, { distance: ring({ x: between(random, 0.3, 0.7), y: grid.aspect / 2, radius: loop, width: Math.min(wide, loop * 0.4) }), margin: 0.2 });
  }
  const steps = layer(grid, random);
  extrude(relief, layout, { ...steps, wall: Math.max(steps.wall, wide * between(random, 0.02, 0.25)), height: steps.height * between(random, 1, 3) });
  return finish(grid, random, relief);
}

/** Released cantilevers, bridges or plates over a pit, seen at an angle: side walls, shadow, undercut. */
function released(grid: Grid, random: Random): Float32Array {
  const relief = wafer(grid, random);
  const pit = createLayout(grid);
  const squash = between(random, 0.45, 0.9);
  const [left, right] = [between(random, 0.02, 0.2), between(random, 0.8, 1.05)];
  const [top, bottom] = [grid.aspect * between(random, 0.02, 0.2), grid.aspect * between(random, 0.7, 1.05)];
  unite(grid, pit, { distance: rectangle({ x: (left + right) / 2, y: (top + bottom) / 2, width: right - left, height: (bottom - top), corner: 0.01 }) });
  extrude(relief, pit, { height: -0.15, wall: between(random, 0.01, 0.06), material: between(random, 0.3, 0.7), roughness: 0.001, rim: between(random, 0.1, 0.6), rimWidth: 0.004 });
  const count = 1 + random.integer(7);
  const pitch = (right - left) / count;
  const thick = between(random, 0.006, 0.03);
  const holes = chance(random, 0.5) ? between(random, 0.015, 0.04) : 0;
  const material = between(random, 0.4, 0.8);
  for (let beam = 0; beam < count; beam++) {
    const x = left + (beam + 0.5) * pitch;
    const wide = pitch * between(random, 0.25, 0.75);
    const long = (bottom - top) * (chance(random, 0.3) ? 1.1 : between(random, 0.4, 0.9));
    const y = top + long / 2;
    drawPolyhedron(relief, { x, y, z: 0.02, faces: [[0, 0, 1, 0.01], [1, 0, 0, wide / 2], [-1, 0, 0, wide / 2], [0, -1, 0, long / 2], [0, 1, 0, long / 2], [0, 0.6, 0.8, long / 2 * 0.6 + thick * squash]], reach: long, rounding: 0.003, edge: between(random, 0.2, 0.7), material, roughness: 0.0006 });
    if (holes === 0) continue;
    const openings = createLayout(grid);
    for (let v = top + holes; v < top + long - holes; v += holes * 2.2) for (let u = -wide / 2 + holes; u <= wide / 2 - holes * 0.5; u += holes * 2.2) unite(grid, openings, { distance: disc(x + u, v, holes * 0.45), box: { left: x - wide, right: x + wide, top: v - holes, bottom: v + holes } });
    extrude(relief, openings, { height: -0.02, wall: 0.003, material: 0.3, roughness: 0 });
  }
  return finish(grid, random, relief);
}

/** Fields of different levels with straight borders, holes and marks: what is left after several masks. */
function masks(grid: Grid, random: Random): Float32Array {
  const relief = wafer(grid, random);
  for (let mask = 2 + random.integer(4); mask > 0; mask--) {
    const layout = createLayout(grid);
    const form = pick(random, ['plates', 'tracks', 'holes', 'serpentine'] as const);
    const turn = pick(random, [0, 0, Math.PI / 4, 0.02]);
    const size = logBetween(random, 0.03, 0.3);
    for (let shape = 2 + random.integer(7); shape > 0; shape--) {
      const [x, y] = [random.uniform(), random.uniform() * grid.aspect];
      if (form === 'plates') unite(grid, layout, { distance: rectangle({ x, y, width: size * between(random, 0.5, 2.5), height: size * between(random, 0.5, 1.5), angle: turn, corner: size * pick(random, [0, 0.1]) }) });
      if (form === 'holes') unite(grid, layout, { distance: disc(x, y, size * 0.15) });
      if (form === 'tracks') unite(grid, layout, { distance: track([[x, y], [x + size * 2, y], [x + size * 2, y + size], [x + size * 5, y + size]], size * between(random, 0.1, 0.3)) });
    }
    if (form === 'serpentine') {
      const points: [number, number][] = [];
      for (let fold = 0; fold < 12; fold++) points.push([0.15 + fold * 0.06, fold % 2 === 0 ? 0.15 : grid.aspect - 0.15], [0.15 + (fold + 1) * 0.06, fold % 2 === 0 ? 0.15 : grid.aspect - 0.15]);
      unite(grid, layout, { distance: track(points, between(random, 0.01, 0.035)) });
    }
    if (chance(random, 0.3)) subtract(grid, layout, { distance: disc(0.5, grid.aspect / 2, size * 0.4) });
    extrude(relief, layout, layer(grid, random));
  }
  return finish(grid, random, relief);
}

/** A cut by an ion beam or a cleaved edge through a device: flat wall with layers and streaks below, the device above. */
function cutOpen(grid: Grid, random: Random): Float32Array {
  const relief = wafer(grid, random);
  const layout = createLayout(grid);
  for (let line = random.integer(6); line >= 0; line--) unite(grid, layout, { distance: rectangle({ x: random.uniform(), y: grid.aspect * 0.2, width: between(random, 0.03, 0.2), height: 1.2, angle: 0.05 * random.gaussian() }) });
  extrude(relief, layout, layer(grid, random));
  const edge = grid.aspect * between(random, 0.3, 0.7);
  const curtain = noisePlane(grid, random, { cell: 0.02, octaves: 4, stretch: 12, angle: Math.PI / 2 });
  const tones = createPlane(grid);
  const layers = Array.from({ length: 5 }, () => ({ deep: between(random, 0.01, 0.3), tone: between(random, 0.3, 1.6) })).sort((a, b) => a.deep - b.deep);
  for (let index = 0; index < tones.length; index++) {
    const { y } = at(grid, index);
    const below = y - edge;
    if (below < 0) continue;
    const own = layers.find(({ deep }) => below < deep)?.tone ?? 0.8;
    relief.material[index] = 0.4 * own * (1 + 0.06 * curtain[index]!) * (1 + 0.9 * Math.exp(-below / 0.004)) * (1 - 0.4 * smoothStep(below / 0.5));
    relief.slopeX[index] = 0;
    relief.slopeY[index] = 0;
  }
  return finish(grid, random, relief);
}

/** Devices, besides the renderer's: pad rings, contacts, openings, bands, released beams, masks, cuts, devices at an angle and of several levels. */
export const MEMS_DEVICES = [padRing, padRing, contacts, opening, bands, bands, released, released, masks, masks, cutOpen, ...TILTED_DEVICES, ...LAYERED_DEVICES] as const;
