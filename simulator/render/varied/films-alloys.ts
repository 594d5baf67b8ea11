import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, pick } from '../draws.ts';
import { noisePlane } from '../noise.ts';
import { blurPlane, createPlane, type Grid } from '../raster.ts';
import { addHeight, createRelief } from '../relief.ts';
import { develop } from '../shade.ts';
import { cellPlanes } from '../voronoi.ts';
import { at, smoothStep } from './ground.ts';

/** Two phases in one polished plane: blocky, lobed or round precipitates in channels, with finer ones between; told by tone, by etching or by their rims. */
export function precipitates(grid: Grid, random: Random): Float32Array {
  const cell = logBetween(random, 0.04, 0.2);
  const lobed = between(random, 0, 0.35);
  const warp = { x: noisePlane(grid, random, { cell: cell * 0.8, octaves: 2 }), y: noisePlane(grid, random, { cell: cell * 0.8, octaves: 2 }), amplitude: cell * lobed };
  const coarse = cellPlanes(grid, random, { cell, jitter: between(random, 0.2, 0.9), hexagonal: chance(random, 0.3), stretch: pick(random, [1, between(random, 1, 2)]), angle: between(random, 0, Math.PI), warp });
  const rounded = blurPlane(grid, coarse.border, Math.max(1, cell * between(random, 0.06, 0.14) * grid.widthPx));
  const round = chance(random, 0.3);
  const channel = between(random, 0.03, 0.16);
  const notches = noisePlane(grid, random, { cell: cell * between(random, 0.3, 0.5), octaves: 2 });
  const notch = pick(random, [0, between(random, 0.05, 0.2)]);
  const missing = pick(random, [0, between(random, 0, 0.35)]);
  const second = chance(random, 0.6) ? between(random, 0.12, 0.3) : 0;
  const fine = second > 0 ? cellPlanes(grid, random, { cell: cell * second, jitter: 0.9 }) : undefined;
  const dot = between(random, 0.18, 0.38);
  const edge = logBetween(random, 0.015, 0.16);
  const [tone, rim] = [pick(random, [between(random, 0.3, 0.85), between(random, 0.8, 1.1), between(random, 1.25, 2)]), between(random, 0, 0.9)];
  const depth = cell * pick(random, [0, between(random, -0.3, -0.04), between(random, 0.04, 0.25)]);
  const relief = createRelief(grid, { material: between(random, 0.35, 0.6), roughness: logBetween(random, 0.0001, 0.0015) });
  const heights = createPlane(grid);
  for (let index = 0; index < heights.length; index++) {
    const identity = coarse.identity[index]!;
    const from = round ? (0.42 * (0.5 + 0.6 * ((identity * 17) % 1)) - coarse.nearest[index]!) : rounded[index]! - channel * (0.7 + 0.8 * ((identity * 17) % 1));
    const own = identity < missing ? -1 : from - notch * smoothStep((notches[index]! - 0.5) / 0.8);
    let share = smoothStep(own / edge + 0.5);
    if (fine !== undefined && own < -0.02) share = Math.max(share, smoothStep((dot * (0.5 + fine.identity[index]!) - fine.nearest[index]!) / 0.1 + 0.5) * smoothStep((-own - 0.02) / 0.05) * (fine.identity[index]! < 0.75 ? 1 : 0));
    heights[index] = depth * share;
    relief.material[index]! *= 1 + (tone - 1) * share + rim * 4 * share * (1 - share);
  }
  addHeight(relief, heights, 1);
  addHeight(relief, noisePlane(grid, random, { cell: 0.2, octaves: 4 }), 0.0008);
  return develop(relief, random, { occlusion: between(random, 0.1, 0.5), occlusionWidths: [cell * 0.4], maxSecant: 2.4, bump: noisePlane(grid, random, { cell: 0.015, octaves: 4 }), white: between(random, 0.5, 0.95) });
}

/** Lamellae of two phases grown together, bent and broken, in colonies that meet; polished flat. */
export function eutectic(grid: Grid, random: Random): Float32Array {
  const colony = logBetween(random, 0.12, 0.7);
  const warp = { x: noisePlane(grid, random, { cell: colony, octaves: 3 }), y: noisePlane(grid, random, { cell: colony, octaves: 3 }), amplitude: colony * 0.12 };
  const colonies = cellPlanes(grid, random, { cell: colony, warp });
  const pitch = logBetween(random, 0.01, 0.05);
  const bend = noisePlane(grid, random, { cell: between(random, 5, 14) * pitch, octaves: 2 });
  const broken = noisePlane(grid, random, { cell: pitch * between(random, 1, 2), octaves: 2 });
  const [waviness, breaks, share, sharp] = [between(random, 0.1, 0.7), between(random, 0.1, 0.9), between(random, -0.5, 0.5), between(random, 0.1, 0.5)];
  const [low, high] = pick(random, [[0.7, 0.9], [0.4, 0.9], [0.15, 0.8], [0.5, 0.65]] as const);
  const etched = chance(random, 0.4) ? pitch * between(random, 0.05, 0.25) : 0;
  const relief = createRelief(grid, { material: 0.5, roughness: logBetween(random, 0.0001, 0.001) });
  const heights = createPlane(grid);
  for (let index = 0; index < heights.length; index++) {
    const { x, y } = at(grid, index);
    const angle = colonies.identity[index]! * Math.PI;
    const phase = (x * Math.cos(angle) + y * Math.sin(angle)) / pitch + waviness * bend[index]!;
    const wave = Math.sin(2 * Math.PI * phase) + breaks * broken[index]! - share;
    const part = smoothStep(wave / sharp + 0.5);
    relief.material[index] = low + (high - low) * part;
    heights[index] = etched * part;
  }
  if (etched > 0) addHeight(relief, heights, 1);
  return develop(relief, random, { occlusion: 0.2, occlusionWidths: [pitch], maxSecant: 2.2, bump: noisePlane(grid, random, { cell: 0.015 }), white: between(random, 0.6, 0.95) });
}

/** A coating under a black or grey mount, cut and polished: a bright layer split by cracks or full of pores, thin layers, the substrate; sharp borders. */
export function polishedLayers(grid: Grid, random: Random): Float32Array {
  const top = grid.aspect * between(random, -0.15, 0.4);
  const thick = grid.aspect * logBetween(random, 0.1, 0.6);
  const bond = chance(random, 0.65) ? grid.aspect * logBetween(random, 0.02, 0.25) : 0;
  const scale = chance(random, 0.5) ? logBetween(random, 0.004, 0.015) : 0;
  const edges = [0, 1, 2].map(() => noisePlane(grid, random, { cell: logBetween(random, 0.03, 0.3), octaves: 5, gain: 0.6 }));
  const rough = [logBetween(random, 0.002, 0.03), logBetween(random, 0.001, 0.015), logBetween(random, 0.001, 0.015)];
  // Cracks through the layer divide it into columns; what has fallen out between two is mount.
  const wander = { x: noisePlane(grid, random, { cell: 0.06, octaves: 4 }), y: createPlane(grid), amplitude: 0.012 };
  const columns = cellPlanes(grid, random, { cell: logBetween(random, 0.05, 0.35), stretch: between(random, 3, 12), angle: Math.PI / 2, warp: wander });
  const splats = noisePlane(grid, random, { cell: logBetween(random, 0.015, 0.07), octaves: 5, gain: 0.55, stretch: between(random, 1, 5), angle: 0 });
  const oxide = noisePlane(grid, random, { cell: logBetween(random, 0.01, 0.04), octaves: 3, stretch: between(random, 1, 8), angle: 0 });
  const spots = noisePlane(grid, random, { cell: logBetween(random, 0.01, 0.05), octaves: 2 });
  const open = chance(random, 0.55) ? logBetween(random, 0.004, 0.05) : 0;
  const [porosity, stringers, second] = [between(random, 0.7, 2.1), between(random, 0.9, 2.1), between(random, 0.9, 2.1)];
  const [mount, layer, bondTone, base] = [pick(random, [0.02, 0.02, between(random, 0.05, 0.35)]), between(random, 0.65, 1), between(random, 0.35, 0.75), between(random, 0.12, 0.6)];
  const [upside, cracked, dirt] = [chance(random, 0.15), chance(random, 0.4), between(random, 0.5, 0.98)];
  const plane = createPlane(grid);
  for (let index = 0; index < plane.length; index++) {
    const { x, y } = at(grid, index);
    const down = upside ? grid.aspect - y : y;
    const surface = down - top - rough[0]! * edges[0]![index]!;
    const foot = down - top - thick - rough[1]! * edges[1]![index]!;
    const below = foot - bond - rough[2]! * edges[2]![index]! * (bond > 0 ? 1 : 0);
    const pore = smoothStep((splats[index]! - porosity) / 0.1 + 0.5);
    const split = open > 0 ? smoothStep((columns.border[index]! - open * (1.4 - x)) / 0.012 + 0.5) : 1;
    const stringer = smoothStep((oxide[index]! - stringers) / 0.1 + 0.5);
    if (surface < 0) plane[index] = mount;
    else if (foot < 0) plane[index] = layer * (1 - 0.12 * smoothStep((spots[index]! - second) / 0.1)) * (1 - pore) * split + mount * (1 - (1 - pore) * split);
    else if (foot < scale) plane[index] = base * 0.6;
    else if (below < 0) plane[index] = bondTone * (1 - dirt * stringer) * (cracked ? split : 1);
    else plane[index] = base * (1 - dirt * smoothStep((spots[index]! - second) / 0.1)) * (1 + 0.15 * smoothStep((oxide[index]! - 0.5) / 0.1));
  }
  const relief = createRelief(grid, { material: 1, roughness: 0 });
  relief.material.set(plane);
  return develop(relief, random, { occlusion: 0, glow: between(random, 0, 0.1), detector: 0, white: between(random, 0.7, 1) });
}
