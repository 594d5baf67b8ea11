import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, logNormal, pick } from '../draws.ts';
import { noisePlane } from '../noise.ts';
import { createPlane, type Grid } from '../raster.ts';
import { addHeight, createRelief } from '../relief.ts';
import { develop } from '../shade.ts';
import { drawEllipsoid, drawTube } from '../solids.ts';
import { cellPlanes } from '../voronoi.ts';
import { anywhere, at, heightAt, resettle, smoothStep } from './ground.ts';
import { fingers, inverseOpal, lamellae, perforated } from './porous-ordered.ts';
import { cauliflowerFoam, electrodeCut, thickWalls } from './porous-walls.ts';

/** A printed or woven scaffold: crossing struts in layers, thick where they meet. */
function scaffold(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: 0.1, roughness: 0.001, height: -0.6 });
  const pitch = logBetween(random, 0.1, 0.4);
  const radius = pitch * between(random, 0.12, 0.32);
  const turn = between(random, 0, Math.PI);
  const crossing = between(random, 0.8, 1.57);
  const material = between(random, 0.5, 0.75);
  for (let layer = 0; layer < 4; layer++) {
    const angle = turn + (layer % 2) * crossing;
    const phase = between(random, 0, pitch);
    for (let u = -1.2; u < 1.2; u += pitch) {
      const shift = u + phase + 0.06 * pitch * random.gaussian();
      const points = Array.from({ length: 60 }, (_, index) => {
        const along = (index / 59 - 0.5) * 2.6;
        const swell = 1 + 0.25 * Math.cos((2 * Math.PI * along) / pitch) + 0.06 * random.gaussian();
        return { x: 0.5 + along * Math.cos(angle) - shift * Math.sin(angle), y: grid.aspect / 2 + along * Math.sin(angle) + shift * Math.cos(angle), z: (layer - 3) * radius * 1.4, radius: radius * swell };
      });
      drawTube(relief, points, { material: material * (0.6 + 0.13 * layer), roughness: between(random, 0.0006, 0.004) });
    }
  }
  return develop(relief, random, { occlusionWidths: [radius, pitch * 0.5], bump: noisePlane(grid, random, { cell: radius * 0.5, octaves: 5 }), tilt: between(random, 0.2, 0.5) });
}

/** A porous body cut by an ion beam: bright solid in one plane, dark voids with depth, streaks down the cut. */
function cutBody(grid: Grid, random: Random): Float32Array {
  const cell = logBetween(random, 0.03, 0.12);
  const solid = noisePlane(grid, random, { cell, octaves: 4, gain: 0.5 });
  const behind = noisePlane(grid, random, { cell: cell * 0.8, octaves: 5, gain: 0.6 });
  const curtain = noisePlane(grid, random, { cell: 0.015, octaves: 3, stretch: 14, angle: Math.PI / 2 });
  const porosity = between(random, -0.4, 0.7);
  const foot = chance(random, 0.5) ? grid.aspect * between(random, 0.6, 0.95) : 9;
  const relief = createRelief(grid, { material: 0.5, roughness: 0.0008 });
  const heights = createPlane(grid);
  const tone = between(random, 0.6, 0.9);
  for (let index = 0; index < heights.length; index++) {
    const { y } = at(grid, index);
    const share = y > foot ? 1 : smoothStep((solid[index]! + porosity) / 0.08 + 0.5);
    heights[index] = -cell * (1 - share) * (0.9 + 0.35 * behind[index]!);
    relief.material[index] = (y > foot ? tone * 0.5 : tone) * (share * (1 + 0.08 * curtain[index]!) + (1 - share) * (0.4 + 0.15 * behind[index]!));
  }
  addHeight(relief, heights, 1);
  resettle(relief, 2.5);
  return develop(relief, random, { occlusionWidths: [cell * 0.3, cell], bump: noisePlane(grid, random, { cell: cell * 0.3, octaves: 4 }) });
}

/** Grains sintered or stuck together with open pores between them; clusters of nodules around holes. */
function sintered(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: 0.1, roughness: 0.001, height: -0.1 });
  const grain = logBetween(random, 0.008, 0.045);
  const open = noisePlane(grid, random, { cell: grain * between(random, 3, 9), octaves: 2 });
  const porosity = between(random, -0.2, 0.5);
  const material = between(random, 0.5, 0.8);
  const count = Math.min(9000, Math.round((4 * grid.aspect) / (Math.PI * grain * grain)));
  for (let index = 0; index < count; index++) {
    const { x, y } = anywhere(grid, random);
    const column = Math.min(grid.widthPx - 1, Math.max(0, Math.floor(x * grid.widthPx)));
    const row = Math.min(grid.heightPx - 1, Math.max(0, Math.floor(y * grid.widthPx)));
    const level = open[row * grid.widthPx + column]! + porosity;
    const own = logNormal(random, grain, 0.25);
    drawEllipsoid(relief, { x, y, z: (level > 0 ? grain * 2.5 * Math.min(1, level) : -grain * 4) + grain * random.gaussian(), radius: own * between(random, 1, 1.4), radiusAcross: own, angle: between(random, 0, 3), material: material * (level > 0 ? 1 : 0.55), roughness: grain * 0.06 });
  }
  return develop(relief, random, { occlusionWidths: [grain, grain * 5], occlusion: between(random, 0.8, 1.5), bump: noisePlane(grid, random, { cell: grain * 0.6, octaves: 3 }) });
}

/** Walls around cells of all sizes in several depths, seen straight or falling away towards the top. */
function deepCells(grid: Grid, random: Random): Float32Array {
  const cell = logBetween(random, 0.05, 0.3);
  const relief = createRelief(grid, { material: 0.12, roughness: 0.001, height: -cell * 3 });
  const material = between(random, 0.45, 0.75);
  const layers = 2 + random.integer(3);
  const heights = createPlane(grid);
  const perspective = chance(random, 0.3) ? between(random, 0.5, 2) : 0;
  const sheet = between(random, 0.02, 0.12);
  for (let layer = 0; layer < layers; layer++) {
    const warp = { x: noisePlane(grid, random, { cell, octaves: 3 }), y: noisePlane(grid, random, { cell, octaves: 3 }), amplitude: cell * between(random, 0.1, 0.35) };
    const { border } = cellPlanes(grid, random, { cell: cell * between(random, 0.7, 1.2), warp });
    const swell = noisePlane(grid, random, { cell: cell * 0.7, octaves: 3 });
    const depth = -cell * 0.8 * (layers - 1 - layer);
    for (let index = 0; index < heights.length; index++) {
      const { y } = at(grid, index);
      const scale = 1 + perspective * Math.max(0, 0.4 - y);
      const t = border[index]! / Math.max(0.015, (sheet + 0.06 * Math.max(0, swell[index]!)) * scale);
      heights[index] = t < 1 ? depth + cell * 0.25 * Math.sqrt(1 - t * t) + cell * 0.1 * swell[index]! : -1e3;
      if (heights[index]! <= relief.height[index]!) continue;
      relief.height[index] = heights[index]!;
      relief.material[index] = material * (0.5 + (0.5 * (layer + 1)) / layers);
    }
  }
  resettle(relief, 3.5);
  return develop(relief, random, { occlusionWidths: [cell * 0.15, cell * 0.6], occlusion: between(random, 0.9, 1.6), bump: noisePlane(grid, random, { cell: cell * 0.12, octaves: 5 }), tilt: between(random, 0.2, 0.5) });
}

/** An aerogel or a soft nano-network: fractal, fine, without edges. */
function gel(grid: Grid, random: Random): Float32Array {
  const cell = logBetween(random, 0.03, 0.15);
  const wave = noisePlane(grid, random, { cell, octaves: 6, gain: between(random, 0.6, 0.8) });
  const relief = createRelief(grid, { material: 0.45, roughness: 0.002 });
  const heights = wave.map((value) => -cell * 0.35 * Math.abs(value));
  const pores = noisePlane(grid, random, { cell: cell * between(random, 0.5, 2), octaves: 3 });
  const threshold = between(random, 0.6, 1.6);
  for (let index = 0; index < heights.length; index++) {
    const pore = smoothStep((pores[index]! - threshold) / 0.2);
    heights[index]! -= cell * 0.8 * pore;
    relief.material[index]! *= 1 - 0.6 * pore;
  }
  addHeight(relief, heights, between(random, 0.5, 1.2));
  return develop(relief, random, { occlusionWidths: [cell * 0.08, cell * 0.4], occlusion: between(random, 0.9, 1.6), maxSecant: 2.4, bump: noisePlane(grid, random, { cell: cell * 0.1, octaves: 3 }) });
}

/** Channels side by side, as of freeze casting, wood or extrusion, and round pores on a lattice that is not perfect. */
function channels(grid: Grid, random: Random): Float32Array {
  const cell = logBetween(random, 0.025, 0.15);
  const long = chance(random, 0.5);
  const warp = { x: noisePlane(grid, random, { cell: cell * 3, octaves: 3 }), y: noisePlane(grid, random, { cell: cell * 3, octaves: 3 }), amplitude: cell * between(random, 0.1, 0.5) };
  const { border, nearest, identity } = cellPlanes(grid, random, { cell, jitter: long ? 1 : between(random, 0.1, 0.5), hexagonal: !long, stretch: long ? between(random, 2.5, 8) : 1, angle: between(random, 0, Math.PI), warp });
  const wall = between(random, 0.06, 0.2);
  const round = between(random, 0.25, 0.42);
  const relief = createRelief(grid, { material: between(random, 0.5, 0.75), roughness: 0.001 });
  const rough = noisePlane(grid, random, { cell: cell * 0.5, octaves: 5, gain: 0.6 });
  const heights = createPlane(grid);
  for (let index = 0; index < heights.length; index++) {
    const t = long ? smoothStep((border[index]! - wall) / 0.1) : smoothStep((round - nearest[index]!) / 0.08 + 0.5);
    heights[index] = -cell * t * (0.7 + 0.6 * identity[index]!) + cell * 0.06 * rough[index]!;
    relief.material[index]! *= 1 - 0.5 * t;
  }
  addHeight(relief, heights, 1);
  resettle(relief, 3);
  return develop(relief, random, { occlusionWidths: [cell * 0.3, cell], occlusion: between(random, 0.7, 1.4), bump: rough });
}

/** A solid with bubbles that differ much in size, rough walls, crumbs, on a grey or dark matrix. */
function coarseBubbles(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: between(random, 0.2, 0.6), roughness: between(random, 0.001, 0.004) });
  const median = logBetween(random, 0.01, 0.05);
  const rim = between(random, 0.1, 1);
  const { widthPx: width } = grid;
  const heights = noisePlane(grid, random, { cell: 0.15, octaves: 6 }).map((value) => value * 0.002);
  const deepness = between(random, 0.4, 1);
  for (let pore = Math.min(700, Math.round((between(random, 0.25, 0.8) * grid.aspect) / (Math.PI * median * median * 2))); pore > 0; pore--) {
    const radius = logNormal(random, median, 0.75);
    const { x, y } = anywhere(grid, random);
    const lobes = 2 + random.integer(4);
    const phase = between(random, 0, 6.3);
    const black = chance(random, 0.4);
    for (let py = Math.max(0, Math.floor((y - 1.5 * radius) * width)); py <= Math.min(grid.heightPx - 1, (y + 1.5 * radius) * width); py++) {
      for (let px = Math.max(0, Math.floor((x - 1.5 * radius) * width)); px <= Math.min(width - 1, (x + 1.5 * radius) * width); px++) {
        const [dx, dy] = [(px + 0.5) / width - x, (py + 0.5) / width - y];
        const r = Math.sqrt(dx * dx + dy * dy) / (radius * (1 + 0.04 * Math.cos(lobes * Math.atan2(dy, dx) + phase)));
        if (r > 1.4) continue;
        const index = py * width + px;
        if (r < 1) {
          heights[index]! -= radius * deepness * Math.sqrt(1 - r * r);
          relief.material[index]! *= black ? 0.25 + 0.6 * r ** 4 : 0.85;
        }
        relief.material[index]! *= 1 + rim * Math.exp(-(((r - 1.02) / 0.07) ** 2));
      }
    }
  }
  addHeight(relief, heights, 1);
  resettle(relief, 3);
  for (let crumb = random.integer(120); crumb > 0; crumb--) {
    const { x, y } = anywhere(grid, random);
    const own = logBetween(random, 0.001, 0.006);
    drawEllipsoid(relief, { x, y, z: heightAt(relief, x, y), radius: own * 1.4, radiusAcross: own, angle: between(random, 0, 3), material: 0.8, roughness: 0 });
  }
  return develop(relief, random, { occlusionWidths: [median, median * 3], bump: noisePlane(grid, random, { cell: pick(random, [0.01, 0.03]), octaves: 5 }), tilt: between(random, 0.2, 0.5) });
}

/** Porous, besides the renderer's: scaffolds, cut bodies, sintered grains, deep cells, gels, channels, coarse bubbles, walls of balls, thick walls, lattices of pores. */
export const POROUS_SPONGE = [scaffold, cutBody, sintered, deepCells, deepCells, gel, gel, channels, coarseBubbles, cauliflowerFoam, cauliflowerFoam, electrodeCut, electrodeCut, thickWalls, thickWalls, inverseOpal, perforated, fingers, lamellae] as const;
