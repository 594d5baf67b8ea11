import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, logNormal, pick } from '../draws.ts';
import { noisePlane } from '../noise.ts';
import { createPlane, type Grid } from '../raster.ts';
import { addHeight, createRelief, settle, type Relief } from '../relief.ts';
import { develop } from '../shade.ts';
import { drawEllipsoid } from '../solids.ts';
import { cellPlanes } from '../voronoi.ts';

/** Lays a plane of heights over the relief where it is higher; slopes are left to `settle`. */
function overlay(relief: Relief, heights: Float32Array, material: number): void {
  for (let index = 0; index < heights.length; index++) {
    if (heights[index]! <= relief.height[index]!) continue;
    relief.height[index] = heights[index]!;
    relief.material[index] = material;
  }
}

/** An open-cell foam: rounded struts around cells, two or three nets behind each other. */
function foam(grid: Grid, random: Random): Float32Array {
  const cell = logBetween(random, 0.035, 0.2);
  const strut = between(random, 0.08, 0.22);
  const layers = 2 + random.integer(2);
  const relief = createRelief(grid, { material: 0.2, roughness: 0.001, height: -cell * 1.6 });
  const material = between(random, 0.5, 0.8);
  const warp = { x: noisePlane(grid, random, { cell: cell * 1.2, octaves: 2 }), y: noisePlane(grid, random, { cell: cell * 1.2, octaves: 2 }), amplitude: cell * between(random, 0.05, 0.22) };
  const swell = noisePlane(grid, random, { cell: cell * 1.5, octaves: 2 });
  const heights = createPlane(grid);
  for (let layer = 0; layer < layers; layer++) {
    const cells = cellPlanes(grid, random, { cell: cell * (1 - 0.12 * layer), warp, stretch: between(random, 1, 1.3), angle: between(random, 0, Math.PI) });
    const depth = -cell * 0.55 * (layers - 1 - layer);
    const closed = between(random, 0, 0.15);
    for (let index = 0; index < heights.length; index++) {
      const width = strut * (0.8 + 0.35 * swell[index]!) + (cells.identity[index]! < closed ? 0.5 : 0);
      const t = cells.border[index]! / Math.max(0.03, width);
      heights[index] = t < 1 ? depth + cell * Math.max(0.03, Math.min(0.3, width)) * 1.4 * Math.sqrt(1 - t * t) + cell * 0.15 * swell[index]! : -1e3;
    }
    overlay(relief, heights, material);
  }
  settle(relief, 3.5);
  return develop(relief, random, { occlusionWidths: [cell * 0.15, cell * 0.6], occlusion: between(random, 0.9, 1.6), bump: noisePlane(grid, random, { cell: cell * 0.15, octaves: 4 }), tilt: between(random, 0.25, 0.5) });
}

/** A bicontinuous network of ligaments and pores, as of dealloyed gold or a polymer gel. */
function bicontinuous(grid: Grid, random: Random): Float32Array {
  const cell = logBetween(random, 0.02, 0.09);
  const relief = createRelief(grid, { material: 0.15, roughness: 0.0008, height: -cell * 3 });
  const material = between(random, 0.5, 0.8);
  const heights = createPlane(grid);
  const octaves = 1 + random.integer(2);
  for (let layer = 0; layer < 3; layer++) {
    const wave = noisePlane(grid, random, { cell, octaves, gain: 0.35 });
    const drift = noisePlane(grid, random, { cell: cell * 7, octaves: 2 });
    const width = between(random, 0.35, 0.7);
    const depth = -cell * 0.9 * (2 - layer);
    for (let index = 0; index < heights.length; index++) {
      const t = Math.abs(wave[index]! + 0.15 * drift[index]!) / width;
      heights[index] = t < 1 ? depth + cell * 0.8 * Math.sqrt(1 - t * t) + cell * 0.5 * drift[index]! : -1e3;
    }
    overlay(relief, heights, material);
  }
  settle(relief, 3.5);
  return develop(relief, random, { occlusionWidths: [cell * 0.4, cell * 1.6], occlusion: between(random, 0.8, 1.5), bump: noisePlane(grid, random, { cell: cell * 0.5 }) });
}

/** A solid with bubbles cut open: round pores of many sizes with smooth walls and windows to others. */
function bubbles(grid: Grid, random: Random): Float32Array {
  const median = logBetween(random, 0.012, 0.06);
  const sigma = between(random, 0.3, 0.7);
  const density = between(random, 0.25, 1.6);
  const relief = createRelief(grid, { material: between(random, 0.4, 0.65), roughness: between(random, 0.0005, 0.003) });
  const heights = noisePlane(grid, random, { cell: 0.1, octaves: 5 }).map((value) => value * median * 0.08);
  const { widthPx: width } = grid;
  const count = Math.min(2500, Math.round((density * grid.aspect) / (Math.PI * median * median * Math.exp(2 * sigma * sigma))));
  const rim = between(random, 0, 0.25);
  for (let pore = 0; pore < count; pore++) {
    const radius = logNormal(random, median, sigma);
    const sink = radius * between(random, 0, 0.75);
    const x = between(random, -0.05, 1.05);
    const y = between(random, -0.05, grid.aspect + 0.05);
    const squash = between(random, 0.8, 1.25);
    const deep = chance(random, 0.35);
    const [left, right] = [Math.max(0, Math.floor((x - radius * 1.6) * width)), Math.min(width - 1, Math.ceil((x + radius * 1.6) * width))];
    const [top, bottom] = [Math.max(0, Math.floor((y - radius * 1.6) * width)), Math.min(grid.heightPx - 1, Math.ceil((y + radius * 1.6) * width))];
    for (let py = top; py <= bottom; py++) {
      for (let px = left; px <= right; px++) {
        const squared = (((px + 0.5) / width - x) * squash) ** 2 + ((py + 0.5) / width - y) ** 2;
        const index = py * width + px;
        const rest = radius * radius - squared;
        if (rest > 0) {
          const floor = sink - Math.sqrt(rest) * (deep ? 2 : 1);
          heights[index] = Math.min(heights[index]!, floor);
        } else if (rim > 0) heights[index]! += rim * radius * 0.3 * Math.exp(rest / (radius * radius * 0.12));
      }
    }
  }
  addHeight(relief, heights, 1);
  settle(relief, 3);
  return develop(relief, random, { occlusionWidths: [median * 0.8, median * 2.5], occlusion: between(random, 0.7, 1.4), bump: noisePlane(grid, random, { cell: 0.02, octaves: 5 }), tilt: between(random, 0.25, 0.5) });
}

/** Walls built of nodules around large holes, as of a metal foam deposited around hydrogen bubbles. */
function nodular(grid: Grid, random: Random): Float32Array {
  const cell = logBetween(random, 0.07, 0.2);
  const nodule = cell * between(random, 0.05, 0.12);
  const cells = cellPlanes(grid, random, { cell, jitter: between(random, 0.6, 1), hexagonal: true });
  const lumps = noisePlane(grid, random, { cell: cell * 0.4, octaves: 3 });
  const relief = createRelief(grid, { material: 0.12, roughness: 0, height: -cell });
  const material = between(random, 0.5, 0.8);
  const count = Math.min(12_000, Math.round((2.6 * grid.aspect) / (Math.PI * nodule * nodule)));
  const hole = between(random, 0.2, 0.34);
  for (let index = 0; index < count; index++) {
    const x = random.uniform();
    const y = random.uniform() * grid.aspect;
    const size = random.uniform();
    const at = Math.min(grid.heightPx - 1, Math.floor(y * grid.widthPx)) * grid.widthPx + Math.floor(x * grid.widthPx);
    const wall = 1 - cells.border[at]! / (0.52 - hole) + 0.15 * lumps[at]!;
    const own = nodule * (0.6 + 0.8 * size);
    const z = wall > 0 ? cell * 0.45 * Math.sqrt(wall) + 0.12 * cell * lumps[at]! : -cell * (0.8 - 0.3 * size);
    drawEllipsoid(relief, { x, y, z, radius: own, material: material * (wall > 0 ? 1 : 0.6), roughness: nodule * 0.12 });
  }
  return develop(relief, random, { occlusionWidths: [nodule * 1.5, cell * 0.35], occlusion: between(random, 0.8, 1.4), bump: noisePlane(grid, random, { cell: nodule * 0.9 }) });
}

/** A membrane: close round or polygonal openings in one plane, thin bright walls. */
function membrane(grid: Grid, random: Random): Float32Array {
  const cell = logBetween(random, 0.018, 0.07);
  const warp = { x: noisePlane(grid, random, { cell: cell * 3, octaves: 3 }), y: noisePlane(grid, random, { cell: cell * 3, octaves: 3 }), amplitude: cell * 0.25 };
  const cells = cellPlanes(grid, random, { cell, jitter: between(random, 0.5, 1), hexagonal: true, warp });
  const wall = between(random, 0.07, 0.16);
  const swell = noisePlane(grid, random, { cell: cell * 2, octaves: 3 });
  const relief = createRelief(grid, { material: between(random, 0.5, 0.75), roughness: 0.0008 });
  const heights = createPlane(grid);
  for (let index = 0; index < heights.length; index++) {
    const t = (cells.border[index]! - wall * (1 + 0.3 * swell[index]!)) / 0.12;
    heights[index] = -cell * 1.1 * Math.min(1, Math.max(0, t)) * (0.5 + 0.5 * cells.identity[index]!) + cell * 0.1 * swell[index]!;
  }
  addHeight(relief, heights, 1);
  settle(relief, 3);
  return develop(relief, random, { occlusionWidths: [cell * 0.3, cell], occlusion: between(random, 0.8, 1.4), bump: noisePlane(grid, random, { cell: cell * 0.5 }) });
}

/** Porous and sponge-like: foams, bicontinuous ligaments, bubble pores, nodular walls, membranes. */
export function renderPorousSponge(grid: Grid, random: Random): Float32Array {
  return pick(random, [foam, bicontinuous, bubbles, nodular, membrane], [3, 2, 2, 1.7, 1.3])(grid, random);
}
