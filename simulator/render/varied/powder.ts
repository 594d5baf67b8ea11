import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, logNormal, pick } from '../draws.ts';
import { grainFaces } from '../grains.ts';
import { createHeap } from '../heap.ts';
import { noisePlane } from '../noise.ts';
import type { Grid } from '../raster.ts';
import { createRelief, type Relief } from '../relief.ts';
import { develop } from '../shade.ts';
import { drawEllipsoid, drawPolyhedron } from '../solids.ts';
import { anywhere, heightAt } from './ground.ts';

const bed = (grid: Grid, random: Random): Relief => createRelief(grid, { material: between(random, 0.04, 0.2), roughness: 0.001, height: -0.1 });

/** Fine primary particles in clusters of clusters that fill the picture; often at the limit of resolution. */
function fine(grid: Grid, random: Random): Float32Array {
  const relief = bed(grid, random);
  const grain = logBetween(random, 0.006, 0.028);
  const shape = noisePlane(grid, random, { cell: grain * between(random, 6, 20), octaves: 4, gain: 0.55 });
  const deep = grain * between(random, 2, 9);
  const gaps = between(random, 0.3, 2.5);
  const material = between(random, 0.5, 0.85);
  const count = Math.min(14_000, Math.round((between(random, 2.5, 5) * grid.aspect) / (Math.PI * grain * grain)));
  const elongated = pick(random, [1, 1, between(random, 1.3, 2.2)]);
  const faceted = chance(random, 0.15);
  for (let index = 0; index < count; index++) {
    const { x, y } = anywhere(grid, random);
    const column = Math.min(grid.widthPx - 1, Math.max(0, Math.floor(x * grid.widthPx)));
    const row = Math.min(grid.heightPx - 1, Math.max(0, Math.floor(y * grid.widthPx)));
    const level = shape[row * grid.widthPx + column]!;
    if (level < -gaps) continue;
    const own = logNormal(random, grain, 0.25);
    const z = deep * level + grain * 1.2 * random.gaussian();
    const tone = material * between(random, 0.85, 1.15);
    if (faceted && index < 4000) drawPolyhedron(relief, { x, y, z, faces: grainFaces(random, { radius: own, count: 10 }), reach: own * 2, rounding: own * 0.2, edge: 0.3, material: tone, roughness: 0.0005 });
    else drawEllipsoid(relief, { x, y, z, radius: own * elongated, radiusAcross: own, angle: between(random, 0, 3), material: tone, roughness: 0.0006 });
  }
  return develop(relief, random, { occlusionWidths: [grain * 1.2, grain * 7], occlusion: between(random, 0.7, 1.4), bump: noisePlane(grid, random, { cell: grain * 0.8 }), tilt: between(random, 0.2, 0.6) });
}

/** Round grains close together, of a wide size range, rough, with satellites and a few odd ones. */
function roundGrains(grid: Grid, random: Random): Float32Array {
  const relief = bed(grid, random);
  const median = logBetween(random, 0.012, 0.07);
  const sigma = between(random, 0.2, 0.6);
  const heap = createHeap(grid, { largest: median * Math.exp(2.5 * sigma), maxHeight: median * between(random, 4, 12), overlap: between(random, 0, 0.15) });
  const material = between(random, 0.4, 0.75);
  const satellites = between(random, 0, 0.8);
  const rough = logBetween(random, 0.0005, 0.006);
  const coverage = between(random, 1, 3.5);
  for (let index = Math.min(4000, Math.round((coverage * grid.aspect) / (Math.PI * median * median * Math.exp(2 * sigma * sigma)))); index > 0; index--) {
    const own = logNormal(random, median, sigma);
    const { x, y } = anywhere(grid, random);
    const sphere = heap.drop(x, y, own);
    if (sphere === undefined) continue;
    const tone = material * between(random, 0.8, 1.2);
    drawEllipsoid(relief, { ...sphere, radius: own * (chance(random, 0.12) ? between(random, 1.2, 2) : 1), radiusAcross: own, angle: between(random, 0, 3), material: tone, roughness: rough });
    for (let satellite = chance(random, satellites) ? random.integer(7) : 0; satellite > 0; satellite--) {
      const up = between(random, 0, 0.95);
      const around = between(random, 0, 6.3);
      drawEllipsoid(relief, { x: sphere.x + own * Math.sqrt(1 - up * up) * Math.cos(around), y: sphere.y + own * Math.sqrt(1 - up * up) * Math.sin(around), z: sphere.z + up * own, radius: own * logBetween(random, 0.06, 0.3), material: tone, roughness: 0.0006 });
    }
  }
  return develop(relief, random, { occlusionWidths: [median, median * 4], bump: noisePlane(grid, random, { cell: median * between(random, 0.1, 0.5), octaves: 4, gain: 0.65 }) });
}

/** Balls grown of domes or crystals, a few or many of them, touching: battery powders, precipitates, hydrates. */
function grownBalls(grid: Grid, random: Random): Float32Array {
  const relief = bed(grid, random);
  const ball = logBetween(random, 0.05, 0.3);
  const part = ball * between(random, 0.07, 0.3);
  const material = between(random, 0.5, 0.8);
  const faceted = chance(random, 0.4);
  const count = Math.max(3, Math.min(90, Math.round((between(random, 1.2, 3) * grid.aspect) / (Math.PI * ball * ball))));
  for (let index = 0; index < count; index++) {
    const own = logNormal(random, ball, 0.35);
    const { x, y } = anywhere(grid, random);
    const z = own * between(random, 0, 1.2);
    const parts = Math.min(500, Math.round((5 * own * own) / (part * part)));
    drawEllipsoid(relief, { x, y, z, radius: own * 0.92, material: material * 0.7, roughness: 0.001 });
    for (let one = 0; one < parts; one++) {
      const up = Math.sqrt(random.uniform());
      const around = between(random, 0, 6.3);
      const across = own * Math.sqrt(1 - up * up);
      const point = { x: x + across * Math.cos(around), y: y + across * Math.sin(around), z: z + own * up - part * 0.3, material: material * between(random, 0.9, 1.1), roughness: part * 0.04 };
      const size = logNormal(random, part, 0.3);
      if (faceted) drawPolyhedron(relief, { ...point, faces: grainFaces(random, { radius: size * 0.8, count: 10, form: pick(random, ['grain', 'cube']) }), reach: size * 2, rounding: size * 0.1, edge: 0.35 });
      else drawEllipsoid(relief, { ...point, radius: size * between(random, 1, 1.4), radiusAcross: size, angle: between(random, 0, 3) });
    }
  }
  return develop(relief, random, { occlusionWidths: [part * 0.7, ball * 0.6], occlusion: between(random, 0.6, 1.3), bump: noisePlane(grid, random, { cell: part * 0.5, octaves: 3 }) });
}

/** Broken grains of all sizes heaped up, fines on the coarse ones: ground minerals, cement, catalysts. */
function mixed(grid: Grid, random: Random): Float32Array {
  const relief = bed(grid, random);
  const coarse = logBetween(random, 0.03, 0.16);
  const material = between(random, 0.4, 0.75);
  const roughness = logBetween(random, 0.0006, 0.005);
  const sizes = between(random, 0.4, 0.9);
  const count = Math.min(1600, Math.round((between(random, 1.5, 3.5) * grid.aspect) / (coarse * coarse)));
  for (let index = 0; index < count; index++) {
    const own = logNormal(random, coarse * 0.5, sizes);
    const { x, y } = anywhere(grid, random);
    drawPolyhedron(relief, { x, y, z: coarse * (index / count) * 1.6 + coarse * 0.3 * random.gaussian(), faces: grainFaces(random, { radius: own, count: 8 + random.integer(9), elongation: between(random, 1, 2) }), reach: own * 4, rounding: own * between(random, 0.08, 0.35), edge: between(random, 0.05, 0.35), material: material * between(random, 0.85, 1.15), roughness });
  }
  for (let dust = random.integer(2500); dust > 0; dust--) {
    const { x, y } = anywhere(grid, random, 0);
    const own = coarse * logBetween(random, 0.02, 0.12);
    drawEllipsoid(relief, { x, y, z: heightAt(relief, x, y), radius: own * between(random, 1, 1.7), radiusAcross: own, angle: between(random, 0, 3), material: material * between(random, 0.9, 1.3), roughness: 0.001 });
  }
  return develop(relief, random, { occlusionWidths: [coarse * 0.3, coarse], bump: noisePlane(grid, random, { cell: coarse * 0.5, octaves: 6, gain: 0.6 }), detector: between(random, 0.1, 0.45), tilt: between(random, 0.2, 0.5) });
}

/** Agglomerates of fine grains, bridging, as loose as snow. */
function loose(grid: Grid, random: Random): Float32Array {
  const relief = bed(grid, random);
  const lump = logBetween(random, 0.06, 0.3);
  const grain = lump * between(random, 0.05, 0.18);
  const material = between(random, 0.5, 0.85);
  const lumps = Math.max(1, Math.min(60, Math.round((between(random, 1.2, 4) * grid.aspect) / (lump * lump * 2))));
  for (let index = 0; index < lumps; index++) {
    const { x, y } = anywhere(grid, random, 0);
    for (let one = Math.min(700, Math.round((4 * lump * lump) / (grain * grain))); one > 0; one--) {
      const away = lump * Math.abs(random.gaussian()) * 0.6;
      const around = between(random, 0, 6.3);
      const own = logNormal(random, grain, 0.4);
      drawEllipsoid(relief, { x: x + away * Math.cos(around), y: y + away * Math.sin(around), z: Math.max(0, lump * 0.9 - away) * random.uniform(), radius: own * between(random, 1, 1.6), radiusAcross: own, angle: between(random, 0, 3), material: material * between(random, 0.88, 1.12), roughness: 0.001 });
    }
  }
  return develop(relief, random, { occlusionWidths: [grain, lump * 0.5], bump: noisePlane(grid, random, { cell: grain, octaves: 4 }) });
}

/** Powder, besides the renderer's: fine clusters, round grains, grown balls, mixed broken grains, loose agglomerates. */
export const POWDER = [fine, fine, fine, roundGrains, roundGrains, grownBalls, grownBalls, mixed, mixed, loose] as const;
