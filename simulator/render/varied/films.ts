import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, logNormal, pick } from '../draws.ts';
import { noisePlane } from '../noise.ts';
import { createPlane, type Grid } from '../raster.ts';
import { addHeight, createRelief } from '../relief.ts';
import { develop, normaliseYield } from '../shade.ts';
import { drawEllipsoid } from '../solids.ts';
import { cellPlanes } from '../voronoi.ts';
import { eutectic, polishedLayers, precipitates } from './films-alloys.ts';
import { blocks, grainMosaic, pitted, terraces, tornClouds } from './films-surfaces.ts';
import { anywhere, at, dents, smoothStep } from './ground.ts';

/** Coarse crystals grown to flat facets, each with a slope of its own. */
function facets(grid: Grid, random: Random): Float32Array {
  const cell = logBetween(random, 0.03, 0.2);
  const cells = cellPlanes(grid, random, { cell, jitter: 1, stretch: between(random, 1, 2), angle: between(random, 0, Math.PI) });
  const relief = createRelief(grid, { material: 0.5, roughness: between(random, 0.0002, 0.001) });
  const steep = between(random, 0.3, 1.4);
  for (let index = 0; index < cells.identity.length; index++) {
    const identity = cells.identity[index]!;
    const azimuth = identity * 977;
    const slope = steep * ((identity * 31) % 1);
    relief.slopeX[index] = slope * Math.cos(azimuth);
    relief.slopeY[index] = slope * Math.sin(azimuth);
    relief.height[index] = cell * (((identity * 13) % 1) - 0.5) * steep;
    relief.material[index]! *= (0.85 + 0.3 * ((identity * 57) % 1)) * (1 + 0.4 * Math.exp(-cells.border[index]! / 0.04));
  }
  return develop(relief, random, { occlusionWidths: [cell * 0.3, cell], detector: between(random, 0.25, 0.6), bump: noisePlane(grid, random, { cell: cell * 0.3, stretch: between(random, 1, 5) }) });
}

/** Grown in domains: needles or lamellae, in each domain along a direction of its own; topography or material contrast. */
function domains(grid: Grid, random: Random): Float32Array {
  const domain = logBetween(random, 0.1, 0.6);
  const cells = cellPlanes(grid, random, { cell: domain, warp: { x: noisePlane(grid, random, { cell: domain }), y: noisePlane(grid, random, { cell: domain }), amplitude: domain * 0.15 } });
  const pitch = logBetween(random, 0.012, 0.05);
  const turn = between(random, 0, Math.PI);
  const crossed = chance(random, 0.5);
  const stretch = between(random, 3, 14);
  const planes = Array.from({ length: crossed ? 2 : 4 }, (_, way) => noisePlane(grid, random, { cell: pitch, octaves: 2, gain: 0.35, stretch, angle: turn + (crossed ? (way * Math.PI) / 2 : (way * Math.PI) / 4) }));
  const threshold = between(random, -0.3, 0.9);
  const flat = chance(random, 0.5);
  const relief = createRelief(grid, { material: 0.4, roughness: 0.0006 });
  const contrast = pick(random, [-0.7, between(random, 0.15, 0.4), between(random, 0.5, 1.5)]);
  const heights = createPlane(grid);
  for (let index = 0; index < heights.length; index++) {
    const wave = planes[Math.floor(cells.identity[index]! * planes.length)]![index]!;
    const share = smoothStep((wave - threshold) / 0.25 + 0.5);
    heights[index] = flat ? 0 : pitch * 0.4 * share;
    if (flat) relief.material[index]! *= 1 + contrast * share;
  }
  addHeight(relief, heights, 1);
  return develop(relief, random, { occlusionWidths: [pitch * 0.6], bump: noisePlane(grid, random, { cell: 0.02 }), white: between(random, 0.6, 0.95) });
}

/** A coating cut across and polished, with backscattered electrons: layers of different tone, pores and cracks in them. */
function polishedCoating(grid: Grid, random: Random): Float32Array {
  const layers = 2 + random.integer(3);
  let top = grid.aspect * between(random, -0.1, 0.35);
  const bounds = Array.from({ length: layers }, (_, layer) => {
    const bound = { from: top, tone: between(random, 0.2, 0.95), porosity: chance(random, 0.75) ? between(random, 0.3, 2.2) : 9, wave: noisePlane(grid, random, { cell: between(random, 0.05, 0.4), octaves: 5, gain: 0.6 }), rough: logBetween(random, 0.002, 0.02), pores: noisePlane(grid, random, { cell: logBetween(random, 0.015, 0.1), octaves: 4, stretch: between(random, 1, 5), angle: 0 }), second: chance(random, 0.4) ? between(random, 0.6, 1.4) : 1 };
    top += grid.aspect * between(random, 0.15, 0.5) * (layer === 0 ? 1.2 : 1);
    return bound;
  });
  const vacuum = between(random, 0.02, 0.4);
  const cracks = cellPlanes(grid, random, { cell: between(random, 0.15, 0.4), warp: { x: noisePlane(grid, random, { cell: 0.1 }), y: noisePlane(grid, random, { cell: 0.1 }), amplitude: 0.02 } });
  const cracked = random.integer(layers + 1);
  const patches = noisePlane(grid, random, { cell: 0.05, octaves: 4, stretch: 2.5, angle: 0 });
  const plane = createPlane(grid, vacuum);
  for (let index = 0; index < plane.length; index++) {
    const { y } = at(grid, index);
    for (const [layer, bound] of bounds.entries()) {
      if (y < bound.from + bound.rough * bound.wave[index]!) break;
      const pore = smoothStep((bound.pores[index]! - bound.porosity) / 0.12);
      const tone = bound.tone * (patches[index]! > 0.5 ? bound.second : 1);
      const crack = layer === cracked ? smoothStep(cracks.border[index]! / 0.015) : 1;
      plane[index] = tone * (1 - 0.92 * pore) * (0.25 + 0.75 * crack);
    }
  }
  return normaliseYield(plane, between(random, 0.7, 1));
}

/** Domes on domes: electrodeposits and rough vapour-grown films, closed over the whole picture. */
function cauliflower(grid: Grid, random: Random): Float32Array {
  const coarse = logBetween(random, 0.04, 0.2);
  const relief = createRelief(grid, { material: 0.5, roughness: coarse * 0.01 });
  const heights = createPlane(grid);
  for (const [level, share] of [[1, 0.6], [0.3, 0.3], [0.1, 0.14]] as const) {
    const cells = cellPlanes(grid, random, { cell: coarse * level, jitter: 1 });
    for (let index = 0; index < heights.length; index++) heights[index]! += coarse * share * (Math.sqrt(Math.max(0, 1 - (cells.nearest[index]! / 1.1) ** 2)) + 0.3 * cells.identity[index]!);
  }
  addHeight(relief, heights, between(random, 0.5, 1.2));
  return develop(relief, random, { occlusionWidths: [coarse * 0.1, coarse * 0.4], maxSecant: 2.6, bump: noisePlane(grid, random, { cell: coarse * 0.1 }) });
}

/** A film with grains, droplets or blisters sitting in it or on it, dense to sparse, of one size or of many. */
function nuclei(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: between(random, 0.2, 0.5), roughness: between(random, 0.0005, 0.003) });
  addHeight(relief, noisePlane(grid, random, { cell: logBetween(random, 0.01, 0.1), octaves: 5, gain: 0.6 }), logBetween(random, 0.0005, 0.003));
  const radius = logBetween(random, 0.003, 0.012);
  const count = Math.min(6000, Math.round((between(random, 0.1, 0.9) * grid.aspect) / (Math.PI * radius * radius)));
  const material = between(random, 0.5, 0.9);
  for (let index = 0; index < count; index++) {
    const { x, y } = anywhere(grid, random);
    const own = logNormal(random, radius, 0.4);
    drawEllipsoid(relief, { x, y, z: own * between(random, -0.2, 0.4), radius: own * between(random, 1, 1.3), radiusAcross: own, angle: between(random, 0, 3), material: material * between(random, 0.85, 1.15), roughness: 0.0008 });
  }
  return develop(relief, random, { occlusionWidths: [radius * 2, radius * 6], bump: noisePlane(grid, random, { cell: 0.015, octaves: 4 }) });
}

/** A film broken across: columns, the rough top behind them, the substrate below. */
function columns(grid: Grid, random: Random): Float32Array {
  const topAt = grid.aspect * between(random, 0.12, 0.5);
  const thick = grid.aspect * between(random, 0.12, 0.6);
  const cell = logBetween(random, 0.012, 0.06);
  const bars = noisePlane(grid, random, { cell, octaves: 4, gain: 0.6, stretch: between(random, 3, 10), angle: Math.PI / 2 });
  const rubble = cellPlanes(grid, random, { cell: cell * between(random, 0.6, 1.2), jitter: 1 });
  const base = noisePlane(grid, random, { cell: 0.1, octaves: 6, gain: 0.6, stretch: between(random, 1, 3), angle: between(random, 0, Math.PI) });
  const edge = noisePlane(grid, random, { cell: cell * 2, octaves: 4 });
  const vacuum = chance(random, 0.5);
  const [deep, topTone, filmTone, baseTone] = [between(random, 0.003, 0.014), between(random, 0.4, 0.7), between(random, 0.4, 0.8), between(random, 0.2, 0.6)];
  const relief = createRelief(grid, { material: 0.5, roughness: 0.001 });
  const heights = createPlane(grid);
  for (let index = 0; index < heights.length; index++) {
    const { y } = at(grid, index);
    const below = y - topAt - 0.012 * edge[index]!;
    if (below < 0) {
      heights[index] = vacuum ? -0.1 : cell * 0.5 * Math.sqrt(rubble.border[index]!) * smoothStep((below + topAt) / topAt);
      relief.material[index] = vacuum ? 0.04 : topTone;
    } else if (below < thick) {
      heights[index] = deep * bars[index]!;
      relief.material[index] = filmTone * (1 + 0.8 * Math.exp(-below / 0.006));
    } else {
      heights[index] = 0.004 * base[index]!;
      relief.material[index] = baseTone;
    }
  }
  addHeight(relief, heights, 1);
  return develop(relief, random, { occlusion: 0.4, occlusionWidths: [cell * 0.6], maxSecant: 2.4, bump: noisePlane(grid, random, { cell: 0.02 }) });
}

/** A closed film with little to see: faint texture, wrinkles or waves, a few defects. */
function plain(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: between(random, 0.3, 0.65), roughness: logBetween(random, 0.0003, 0.003) });
  const cell = logBetween(random, 0.015, 0.15);
  addHeight(relief, noisePlane(grid, random, { cell, octaves: 5, gain: 0.6, stretch: pick(random, [1, between(random, 2, 12)]), angle: between(random, 0, Math.PI) }), cell * between(random, 0.02, 0.12));
  addHeight(relief, dents(grid, random, { count: random.integer(40), median: logBetween(random, 0.005, 0.02), sigma: 0.5, depth: between(random, -0.6, 0.9) }), 1);
  return develop(relief, random, { occlusionWidths: [cell], bump: noisePlane(grid, random, { cell: logBetween(random, 0.005, 0.03), octaves: 4 }), maxSecant: 2.2, detector: between(random, 0.15, 0.5) });
}

const CLOSED = [facets, domains, domains, polishedCoating, cauliflower, nuclei, nuclei, columns, plain, plain, plain] as const;
const OF_SEVERAL_PHASES = [precipitates, precipitates, precipitates, eutectic, polishedLayers, polishedLayers, polishedLayers, pitted, pitted, pitted, pitted, blocks, terraces, tornClouds, grainMosaic, grainMosaic] as const;

/** Films, besides the renderer's. Closed ones twice: a head that sees more pits and phases than those takes porous things for films. */
export const FILMS = [...CLOSED, ...CLOSED, ...OF_SEVERAL_PHASES] as const;
