import type { Random } from '../../../src/lib/random.ts';
import { between, logBetween, logNormal, pick } from '../draws.ts';
import { noisePlane } from '../noise.ts';
import { createPlane, type Grid } from '../raster.ts';
import { addHeight, createRelief, settle, type Relief } from '../relief.ts';
import { drawTube } from '../solids.ts';
import { strand } from '../strands.ts';
import { cellPlanes } from '../voronoi.ts';

export const smoothStep = (value: number): number => {
  const t = Math.min(1, Math.max(0, value));
  return t * t * (3 - 2 * t);
};

/** Round dents (or bumps, with a negative depth) of log-normal size, as heights. */
export function dents(grid: Grid, random: Random, options: { count: number; median: number; sigma: number; depth: number }): Float32Array {
  const { widthPx: width, heightPx: height } = grid;
  const heights = createPlane(grid);
  for (let dent = 0; dent < options.count; dent++) {
    const radius = logNormal(random, options.median, options.sigma);
    const x = between(random, -0.05, 1.05);
    const y = between(random, -0.05, grid.aspect + 0.05);
    const squash = between(random, 0.7, 1.4);
    const depth = options.depth * radius;
    for (let py = Math.max(0, Math.floor((y - 2 * radius) * width)); py <= Math.min(height - 1, (y + 2 * radius) * width); py++) {
      for (let px = Math.max(0, Math.floor((x - 2 * radius) * width)); px <= Math.min(width - 1, (x + 2 * radius) * width); px++) {
        const squared = ((((px + 0.5) / width - x) * squash) ** 2 + ((py + 0.5) / width - y) ** 2) / (radius * radius);
        if (squared < 4) heights[py * width + px]! -= depth * Math.exp(-(squared ** 2));
      }
    }
  }
  return heights;
}

function smears(grid: Grid, random: Random, relief: Relief): void {
  const patch = noisePlane(grid, random, { cell: between(random, 0.1, 0.4), octaves: 5, gain: 0.55, stretch: between(random, 1, 4), angle: between(random, 0, Math.PI) });
  const threshold = between(random, 0, 1);
  const tone = pick(random, [between(random, 0.6, 0.9), between(random, 1.15, 1.6)]);
  for (let index = 0; index < patch.length; index++) relief.material[index]! *= 1 + (tone - 1) * smoothStep((patch[index]! - threshold) / 0.2);
}

function threads(grid: Grid, random: Random, relief: Relief): void {
  const radius = logBetween(random, 0.0012, 0.004);
  for (let index = 60 + random.integer(400); index > 0; index--) {
    drawTube(relief, strand(random, { x: random.uniform(), y: random.uniform() * grid.aspect, z: 0.002, angle: between(random, 0, 6.3), length: between(random, 0.1, 0.5), radius: logNormal(random, radius, 0.3), step: 0.02, curl: between(random, 1, 8) }), { material: relief.material[0]! * between(random, 0.9, 1.5), roughness: 0.0005 });
  }
}

/** What a specimen may lie on: smooth, rough, dented tape, smeared, granular, threaded, perforated. Whatever lies on it says nothing about it. */
export function ground(grid: Grid, random: Random, material = between(random, 0.08, 0.5)): Relief {
  const relief = createRelief(grid, { material, roughness: logBetween(random, 0.0001, 0.003) });
  const kind = pick(random, ['smooth', 'rough', 'dented', 'smeared', 'granular', 'threaded', 'perforated'] as const, [3.5, 1.5, 1.5, 1.5, 1, 0.8, 0.5]);
  addHeight(relief, noisePlane(grid, random, { cell: between(random, 0.1, 0.5), octaves: 5 }), kind === 'rough' ? between(random, 0.004, 0.014) : between(random, 0.0003, 0.002));
  if (kind === 'smeared') smears(grid, random, relief);
  if (kind === 'threaded') threads(grid, random, relief);
  if (kind === 'dented') addHeight(relief, dents(grid, random, { count: 4 + random.integer(50), median: logBetween(random, 0.01, 0.06), sigma: 0.5, depth: between(random, -0.7, 0.9) }), 1);
  if (kind === 'granular') {
    const cell = logBetween(random, 0.008, 0.03);
    const { border } = cellPlanes(grid, random, { cell });
    addHeight(relief, border.map((value) => cell * Math.sqrt(value)), between(random, 0.2, 0.7));
  }
  if (kind === 'perforated') {
    const cell = logBetween(random, 0.04, 0.12);
    const { nearest } = cellPlanes(grid, random, { cell, jitter: between(random, 0.2, 1) });
    const hole = between(random, 0.12, 0.3);
    for (let index = 0; index < nearest.length; index++) relief.material[index]! *= 0.15 + 0.85 * smoothStep((nearest[index]! - hole) / 0.06 + 0.5);
  }
  return relief;
}

/** Slopes of the heights as they stand, none steeper than `limit`: for reliefs laid over each other as planes. */
export function resettle(relief: Relief, limit: number): void {
  relief.slopeX.fill(0);
  relief.slopeY.fill(0);
  settle(relief, limit);
}

/** Position of a pixel, fractions of the picture's width. */
export const at = (grid: Grid, index: number): { x: number; y: number } => ({ x: ((index % grid.widthPx) + 0.5) / grid.widthPx, y: (Math.floor(index / grid.widthPx) + 0.5) / grid.widthPx });

/** A point of the picture, also a little outside of it. */
export const anywhere = (grid: Grid, random: Random, beyond = 0.05): { x: number; y: number } => ({ x: between(random, -beyond, 1 + beyond), y: between(random, -beyond, grid.aspect + beyond) });

/** A height from the relief at a point; that of the nearest pixel outside of the picture. */
export function heightAt(relief: Relief, x: number, y: number): number {
  const column = Math.min(relief.widthPx - 1, Math.max(0, Math.floor(x * relief.widthPx)));
  const row = Math.min(relief.heightPx - 1, Math.max(0, Math.floor(y * relief.widthPx)));
  return relief.height[row * relief.widthPx + column]!;
}

