import type { Random } from '../../../src/lib/random.ts';
import { between, logBetween, logNormal, pick } from '../draws.ts';
import { grainFaces } from '../grains.ts';
import { noisePlane } from '../noise.ts';
import { createPlane, type Grid } from '../raster.ts';
import { addHeight, createRelief } from '../relief.ts';
import { develop } from '../shade.ts';
import { drawPolyhedron } from '../solids.ts';
import { cellPlanes } from '../voronoi.ts';
import { anywhere, resettle, smoothStep } from './ground.ts';
import { packDiscs, shareOut } from './tissue.ts';

/** A smooth film with shallow round pits, blisters or patches, here and there two grown into one. */
export function pitted(grid: Grid, random: Random): Float32Array {
  const radius = logBetween(random, 0.007, 0.045);
  const spread = between(random, 0.05, 0.5);
  const count = Math.max(8, Math.min(900, Math.round((logBetween(random, 0.015, 0.15) * grid.aspect) / (Math.PI * radius * radius))));
  const pits = Array.from({ length: count }, () => ({ ...anywhere(grid, random), radius: logNormal(random, radius, spread) }));
  const { rim } = shareOut(grid, pits, { reach: 1.6 });
  const depth = radius * pick(random, [between(random, 0.1, 0.6), between(random, 0.5, 1.3), between(random, -0.6, -0.1)]);
  const edge = radius * pick(random, [between(random, 0.08, 0.4), between(random, 0.5, 1.4)]);
  const [tone, ring] = [pick(random, [1, between(random, 0.6, 0.92), between(random, 1.08, 1.4)]), pick(random, [0, between(random, -0.15, 0.35)])];
  const relief = createRelief(grid, { material: between(random, 0.3, 0.6), roughness: logBetween(random, 0.0001, 0.0012) });
  const wave = noisePlane(grid, random, { cell: radius * 2, octaves: 2 });
  const heights = createPlane(grid);
  const irregular = radius * between(random, 0, 0.12);
  for (let index = 0; index < heights.length; index++) {
    const from = rim[index]! + irregular * wave[index]!;
    const share = smoothStep(0.5 - from / edge);
    heights[index] = -depth * share;
    relief.material[index]! *= (1 + (tone - 1) * share) * (1 + ring * Math.exp(-((from / (0.5 * edge)) ** 2)));
  }
  addHeight(relief, heights, 1);
  addHeight(relief, noisePlane(grid, random, { cell: between(random, 0.1, 0.4), octaves: 4 }), logBetween(random, 0.0003, 0.002));
  return develop(relief, random, { occlusion: between(random, 0.1, 0.5), occlusionWidths: [radius], maxSecant: 2, detector: between(random, 0.1, 0.6), bump: noisePlane(grid, random, { cell: logBetween(random, 0.006, 0.03), octaves: 4 }), white: between(random, 0.4, 0.9) });
}

/** Crystals grown through one another to a closed film: cubes, pyramids or prisms, each at an angle of its own. */
export function blocks(grid: Grid, random: Random): Float32Array {
  const size = logBetween(random, 0.02, 0.11);
  const spread = between(random, 0.1, 0.4);
  const form = pick(random, ['cube', 'octahedron', 'grain', 'cube'] as const);
  const relief = createRelief(grid, { material: 0.3, roughness: 0.001, height: -size });
  const material = between(random, 0.45, 0.65);
  const roughness = logBetween(random, 0.0002, 0.003);
  const [edge, rounding] = [between(random, 0, 0.4), between(random, 0.02, 0.12)];
  const count = Math.min(2600, Math.round((between(random, 1.6, 3) * grid.aspect) / (size * size)));
  for (let index = 0; index < count; index++) {
    const own = logNormal(random, size, spread) * 0.7;
    drawPolyhedron(relief, { ...anywhere(grid, random), z: -own * 0.6 + 0.25 * size * random.gaussian(), faces: grainFaces(random, { radius: own, count: 10, form }), reach: own * 2, rounding: own * rounding, edge, material: material * between(random, 0.93, 1.07), roughness });
  }
  return develop(relief, random, { occlusionWidths: [size * 0.4, size * 1.2], occlusion: between(random, 0.4, 1), maxSecant: 2.6, detector: between(random, 0.2, 0.5), tilt: between(random, 0.1, 0.4), bump: noisePlane(grid, random, { cell: size * 0.25, octaves: 4 }) });
}

/** A film broken in layers: plates one above another, thin bright edges where one ends. */
export function terraces(grid: Grid, random: Random): Float32Array {
  const plate = logBetween(random, 0.05, 0.25);
  const relief = createRelief(grid, { material: 0.42, roughness: logBetween(random, 0.0002, 0.0015) });
  const heights = createPlane(grid, -10);
  const turn = between(random, 0, Math.PI);
  const stretch = between(random, 1, 2.5);
  const [lip, step] = [between(random, 0.2, 1.4), plate * between(random, 0.05, 0.25)];
  const warp = { x: noisePlane(grid, random, { cell: plate, octaves: 4 }), y: noisePlane(grid, random, { cell: plate, octaves: 4 }), amplitude: plate * between(random, 0.08, 0.3) };
  for (let layer = 0; layer < 3; layer++) {
    const cells = cellPlanes(grid, random, { cell: plate * between(random, 0.6, 1.3), stretch, angle: turn, warp });
    const bend = noisePlane(grid, random, { cell: plate, octaves: 2 });
    const share = layer === 0 ? 1 : between(random, 0.25, 0.6);
    for (let index = 0; index < heights.length; index++) {
      const identity = cells.identity[index]!;
      if (identity > share) continue;
      const curl = Math.exp(-cells.border[index]! / 0.08);
      heights[index] = step * (layer * 1.5 + ((identity * 37) % 1) + 0.5 * curl + 0.3 * bend[index]!);
      relief.material[index] = 0.42 * (0.9 + 0.2 * ((identity * 91) % 1)) * (1 + lip * ((identity * 53) % 1) * Math.exp(-cells.border[index]! / 0.018));
    }
  }
  addHeight(relief, heights, 1);
  resettle(relief, 2.5);
  return develop(relief, random, { occlusionWidths: [plate * 0.1, plate * 0.5], occlusion: between(random, 0.5, 1.2), maxSecant: 2.4, bump: noisePlane(grid, random, { cell: plate * 0.2, octaves: 5 }) });
}

/** A soft, cloudy film of fine nodules torn by a few ragged cracks. */
export function tornClouds(grid: Grid, random: Random): Float32Array {
  const cloud = logBetween(random, 0.05, 0.25);
  const shape = noisePlane(grid, random, { cell: cloud, octaves: 6, gain: between(random, 0.45, 0.65) });
  const warp = { x: noisePlane(grid, random, { cell: cloud, octaves: 5, gain: 0.6 }), y: noisePlane(grid, random, { cell: cloud, octaves: 5, gain: 0.6 }), amplitude: cloud * 0.3 };
  const cracks = cellPlanes(grid, random, { cell: between(random, 0.15, 0.5), warp });
  const opened = noisePlane(grid, random, { cell: between(random, 0.1, 0.3), octaves: 3 });
  const nodules = cellPlanes(grid, random, { cell: cloud * between(random, 0.06, 0.2) });
  const [wide, few, grain] = [logBetween(random, 0.008, 0.06), between(random, -0.3, 0.9), between(random, 0.02, 0.12)];
  const relief = createRelief(grid, { material: between(random, 0.4, 0.6), roughness: 0.001 });
  const heights = createPlane(grid);
  for (let index = 0; index < heights.length; index++) {
    const crack = smoothStep(1.2 - cracks.border[index]! / Math.max(0.002, wide * Math.max(0, opened[index]! - few)));
    const lip = Math.exp(-((cracks.border[index]! / (wide * 2.5)) ** 2)) * smoothStep((opened[index]! - few) / 0.5);
    heights[index] = cloud * (0.12 * shape[index]! + grain * Math.sqrt(nodules.border[index]!) + 0.06 * lip - 0.6 * crack);
    relief.material[index]! *= (1 + 0.5 * lip) * (1 - 0.75 * crack);
  }
  addHeight(relief, heights, 1);
  resettle(relief, 2.2);
  return develop(relief, random, { occlusionWidths: [cloud * 0.15, cloud * 0.6], occlusion: between(random, 0.4, 1), maxSecant: 2.4, bump: noisePlane(grid, random, { cell: 0.01, octaves: 3 }) });
}

/** Grains of a closed film or a ceramic from above, large among small: rounded tops, grooves or bright borders, a tone of each grain's own. */
export function grainMosaic(grid: Grid, random: Random): Float32Array {
  const size = logBetween(random, 0.01, 0.07);
  const spread = between(random, 0.1, 0.55);
  const grains = packDiscs(grid, random, { sizeAt: () => logNormal(random, size, spread), overlap: 0.08, trials: 9000 });
  const { owner, gap } = shareOut(grid, grains, { reach: 3.2 });
  const tones = grains.map(() => [between(random, -1, 1), random.gaussian(), random.gaussian()] as const);
  const [groove, round, uneven, tilt] = [size * between(random, 0.05, 0.25), size * between(random, 0.03, 0.4), between(random, 0, 0.3), pick(random, [0, between(random, 0.02, 0.2)])];
  const border = pick(random, [between(random, -0.7, -0.15), between(random, 0.1, 0.45)]);
  const relief = createRelief(grid, { material: between(random, 0.4, 0.65), roughness: logBetween(random, 0.0001, 0.0015) });
  const heights = createPlane(grid);
  for (let index = 0; index < heights.length; index++) {
    const [tone, slopeX, slopeY] = tones[owner[index]!] ?? [0, 0, 0];
    const inwards = Math.min(1, gap[index]! / (size * 0.6));
    heights[index] = round * Math.sqrt(inwards);
    relief.slopeX[index]! += tilt * slopeX;
    relief.slopeY[index]! += tilt * slopeY;
    relief.material[index]! *= (1 + uneven * tone) * (1 + border * Math.exp(-((gap[index]! / groove) ** 2)));
  }
  addHeight(relief, heights, 1);
  return develop(relief, random, { occlusionWidths: [size * 0.5], occlusion: between(random, 0.2, 0.7), maxSecant: 2.4, bump: noisePlane(grid, random, { cell: size * 0.4, octaves: 4 }), white: between(random, 0.55, 0.95) });
}
