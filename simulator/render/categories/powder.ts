import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, logNormal, pick } from '../draws.ts';
import { grainFaces } from '../grains.ts';
import { createHeap } from '../heap.ts';
import { noisePlane } from '../noise.ts';
import type { Grid } from '../raster.ts';
import { createRelief, type Relief } from '../relief.ts';
import { develop } from '../shade.ts';
import { drawEllipsoid, drawPolyhedron } from '../solids.ts';

/** A heavy-tailed size: most grains are fine, a few are large. */
function grainSize(random: Random, median: number, sigma: number): number {
  return logNormal(random, median, sigma);
}

/** An irregular lump: overlapping bodies grown from a middle one. */
function drawLump(relief: Relief, random: Random, lump: { x: number; y: number; z: number; radius: number; material: number; roughness: number }): void {
  const parts = 3 + random.integer(5);
  for (let part = 0; part < parts; part++) {
    const size = lump.radius * between(random, 0.4, 0.8);
    const away = part === 0 ? 0 : lump.radius * between(random, 0.2, 0.6);
    const around = between(random, 0, 2 * Math.PI);
    drawEllipsoid(relief, { ...lump, x: lump.x + away * Math.cos(around), y: lump.y + away * Math.sin(around), z: lump.z + between(random, -0.3, 0.2) * size, radius: size * between(random, 1, 1.35), radiusAcross: size, angle: between(random, 0, Math.PI) });
  }
}

/** Atomised metal powder: round grains of a wide size range with satellites, lying apart on dark tape. */
function atomised(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: between(random, 0.06, 0.2), roughness: 0.002 });
  const median = logBetween(random, 0.009, 0.03);
  const sigma = between(random, 0.35, 0.65);
  const coverage = between(random, 0.5, 1.3);
  const material = between(random, 0.5, 0.75);
  const area = Math.PI * median * median * Math.exp(2 * sigma * sigma);
  const count = Math.min(5000, Math.round((coverage * grid.aspect) / area));
  const satellites = between(random, 0.1, 0.7);
  const rough = between(random, 0.0004, 0.0022);
  const heap = createHeap(grid, { largest: median * Math.exp(2.5 * sigma), maxHeight: median * between(random, 3, 9) });
  for (let index = 0; index < count; index++) {
    const own = grainSize(random, median, sigma);
    const tone = material * between(random, 0.85, 1.15);
    const shape = chance(random, 0.12) ? between(random, 1.15, 1.6) : between(random, 1, 1.05);
    const angle = between(random, 0, Math.PI);
    const sphere = heap.drop(between(random, -0.08, 1.08), between(random, -0.08, grid.aspect + 0.08), own);
    if (sphere === undefined) continue;
    drawEllipsoid(relief, { ...sphere, radius: own, radiusAcross: own / shape, angle, material: tone, roughness: rough });
    if (!chance(random, satellites)) continue;
    for (let satellite = random.integer(5); satellite >= 0; satellite--) {
      const up = between(random, 0, 0.95);
      const around = between(random, 0, 2 * Math.PI);
      const across = (own / shape) * Math.sqrt(1 - up * up);
      drawEllipsoid(relief, { x: sphere.x + across * Math.cos(around), y: sphere.y + across * Math.sin(around), z: sphere.z + up * own, radius: own * between(random, 0.08, 0.22), material: tone, roughness: 0.0006 });
    }
  }
  return develop(relief, random, { occlusionWidths: [median, median * 4], bump: noisePlane(grid, random, { cell: 0.008, octaves: 3, gain: 0.7 }), detector: between(random, 0.1, 0.35) });
}

/** Crushed grains with broken faces: sand, abrasives, minerals. */
function crushed(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: between(random, 0.06, 0.25), roughness: 0.002 });
  const median = logBetween(random, 0.012, 0.05);
  const sigma = between(random, 0.2, 0.55);
  const coverage = between(random, 0.8, 2.6);
  const count = Math.min(3500, Math.round((coverage * grid.aspect) / (Math.PI * median * median * Math.exp(2 * sigma * sigma))));
  const material = between(random, 0.45, 0.7);
  const roughness = between(random, 0.0006, 0.0025);
  const heap = createHeap(grid, { largest: median * Math.exp(2.5 * sigma), maxHeight: median * between(random, 3, 7), overlap: 0.12 });
  for (let index = 0; index < count; index++) {
    const own = grainSize(random, median, sigma);
    const elongation = between(random, 1, 1.9);
    const place = heap.drop(between(random, -0.08, 1.08), between(random, -0.08, grid.aspect + 0.08), own * Math.sqrt(elongation));
    if (place === undefined) continue;
    drawPolyhedron(relief, {
      x: place.x,
      y: place.y,
      z: place.z,
      faces: grainFaces(random, { radius: own, count: 9 + random.integer(9), elongation }),
      reach: own * 2.2 * elongation,
      rounding: own * between(random, 0.08, 0.25),
      edge: between(random, 0.05, 0.35),
      material: material * between(random, 0.88, 1.12),
      roughness,
    });
  }
  return develop(relief, random, { occlusionWidths: [median * 0.8, median * 3], bump: noisePlane(grid, random, { cell: median * 0.6, octaves: 5, gain: 0.6 }), detector: between(random, 0.15, 0.5), tilt: between(random, 0.2, 0.5) });
}

/** Primary particles grown together to branched agglomerates, as of flame soot, oxides and precipitates. */
function agglomerated(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: between(random, 0.05, 0.2), roughness: 0.0005, height: -0.02 });
  const radius = logBetween(random, 0.006, 0.022);
  const material = between(random, 0.5, 0.8);
  const clusters = 3 + random.integer(12);
  const density = between(random, 0.3, 1.6);
  const total = Math.min(7000, Math.round((density * 2.2 * grid.aspect) / (Math.PI * radius * radius)));
  const sigma = between(random, 0.1, 0.35);
  const elongation = chance(random, 0.3) ? between(random, 1.3, 2.2) : 1;
  for (let cluster = 0; cluster < clusters; cluster++) {
    const placed: [number, number, number][] = [[random.uniform(), random.uniform() * grid.aspect, 0.02]];
    const members = Math.round((total / clusters) * between(random, 0.5, 1.5));
    for (let member = 0; member < members; member++) {
      // Young members are more likely hosts: arms instead of a ball.
      const host = placed[Math.floor(placed.length * Math.sqrt(random.uniform()))]!;
      const around = between(random, 0, 2 * Math.PI);
      const up = between(random, -0.55, 0.6);
      const across = Math.sqrt(1 - up * up) * radius * 1.75;
      const x = host[0] + across * Math.cos(around);
      const y = host[1] + across * Math.sin(around);
      const z = Math.max(0, host[2] + up * radius * 1.75);
      if (x < -0.15 || x > 1.15 || y < -0.15 || y > grid.aspect + 0.15) continue;
      placed.push([x, y, z]);
      const own = logNormal(random, radius, sigma);
      drawEllipsoid(relief, { x, y, z, radius: own * elongation, radiusAcross: own, angle: between(random, 0, Math.PI), material: material * between(random, 0.92, 1.08), roughness: 0.0006 });
    }
  }
  return develop(relief, random, { occlusionWidths: [radius * 1.5, radius * 7], bump: noisePlane(grid, random, { cell: radius * 0.8 }), tilt: between(random, 0.25, 0.6) });
}

/** A closed heap of lumps that are themselves heaps of fine grains. */
function heaped(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: 0.25, roughness: 0.002, height: -0.05 });
  const coarse = logBetween(random, 0.05, 0.14);
  const fine = coarse * between(random, 0.06, 0.2);
  const material = between(random, 0.45, 0.7);
  const lumps = Math.round((3 * grid.aspect) / (coarse * coarse));
  for (let index = 0; index < Math.min(900, lumps); index++) {
    drawLump(relief, random, { x: between(random, -0.05, 1.05), y: between(random, -0.05, grid.aspect + 0.05), z: coarse * 0.9 * random.gaussian() * 0.6, radius: logNormal(random, coarse * 0.7, 0.35), material: material * between(random, 0.9, 1.1), roughness: fine * 0.25 });
  }
  const dust = chance(random, 0.75) ? Math.min(7000, Math.round((between(random, 0.3, 1.4) * grid.aspect) / (Math.PI * fine * fine))) : 0;
  for (let index = 0; index < dust; index++) {
    const x = random.uniform();
    const y = random.uniform() * grid.aspect;
    const at = Math.min(grid.heightPx - 1, Math.floor(y * grid.widthPx)) * grid.widthPx + Math.floor(x * grid.widthPx);
    const own = logNormal(random, fine, 0.45);
    drawEllipsoid(relief, { x, y, z: relief.height[at]! + own * 0.25, radius: own * between(random, 1, 1.6), radiusAcross: own, angle: between(random, 0, Math.PI), material: material * between(random, 0.9, 1.15), roughness: 0.0008 });
  }
  return develop(relief, random, { occlusionWidths: [fine * 1.5, coarse * 0.7], bump: noisePlane(grid, random, { cell: fine * 2.5, octaves: 4, gain: 0.65 }) });
}

/** Flaky powder: thin plates lying at all angles. */
function flakes(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: 0.15, roughness: 0.001 });
  const median = logBetween(random, 0.025, 0.08);
  const count = Math.min(2500, Math.round((between(random, 1.2, 3) * grid.aspect) / (median * median * 1.5)));
  const material = between(random, 0.45, 0.75);
  for (let index = 0; index < count; index++) {
    const own = logNormal(random, median, 0.4);
    const thin = own * between(random, 0.06, 0.2);
    const faces = grainFaces(random, { radius: own, count: 8, form: 'rod' }).map(([nx, ny, nz, distance], face) => [nx, ny, nz, face >= 6 ? thin : distance * between(random, 0.8, 1.3)] as const);
    drawPolyhedron(relief, { x: between(random, -0.05, 1.05), y: between(random, -0.05, grid.aspect + 0.05), z: own * 0.4 + (index / count) * median * 2.2, faces, reach: own * 1.8, rounding: thin * 0.3, edge: between(random, 0.15, 0.5), material: material * between(random, 0.85, 1.15), roughness: 0.0012 });
  }
  return develop(relief, random, { occlusionWidths: [median * 0.4, median * 1.5], bump: noisePlane(grid, random, { cell: median * 0.3 }), tilt: between(random, 0.2, 0.5) });
}

/** Powder: atomised, crushed, agglomerated, heaped, flaky. */
export function renderPowder(grid: Grid, random: Random): Float32Array {
  return pick(random, [atomised, crushed, agglomerated, heaped, flakes], [3, 2.5, 2.5, 2, 1])(grid, random);
}
