import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, logNormal, pick } from '../draws.ts';
import { grainFaces } from '../grains.ts';
import { createHeap } from '../heap.ts';
import { noisePlane } from '../noise.ts';
import type { Grid } from '../raster.ts';
import { addHeight, createRelief, type Relief } from '../relief.ts';
import { develop } from '../shade.ts';
import { drawEllipsoid, drawPolyhedron } from '../solids.ts';

function substrate(grid: Grid, random: Random, material: number): Relief {
  const relief = createRelief(grid, { material, roughness: 0.0005 });
  addHeight(relief, noisePlane(grid, random, { cell: 0.3, octaves: 5 }), 0.0008);
  return relief;
}

/** Spheres of one size or a spread of sizes, dropped on each other: the lower ones in shadow. */
function packed(grid: Grid, random: Random): Float32Array {
  const radius = logBetween(random, 0.014, 0.075);
  const sigma = pick(random, [0.02, 0.12, 0.35]);
  const layers = pick(random, [1, 2, 3.5]);
  const relief = substrate(grid, random, between(random, 0.12, 0.45));
  const material = between(random, 0.5, 0.8);
  const roughness = chance(random, 0.4) ? between(random, 0.0003, 0.0015) : 0;
  const heap = createHeap(grid, { largest: radius * Math.exp(2.5 * sigma), maxHeight: radius * 2 * layers, overlap: chance(random, 0.25) ? 0.08 : 0 });
  const gaps = noisePlane(grid, random, { cell: radius * 10, octaves: 2 });
  const fullness = pick(random, [-0.5, 0.3, 3]);
  const attempts = Math.min(9000, Math.round((layers * between(random, 0.6, 2) * grid.aspect) / (radius * radius * 2)));
  for (let attempt = 0; attempt < attempts; attempt++) {
    const x = between(random, -0.08, 1.08);
    const y = between(random, -0.08, grid.aspect + 0.08);
    const own = logNormal(random, radius, sigma);
    const tone = material * between(random, 0.93, 1.07);
    const column = Math.min(grid.widthPx - 1, Math.max(0, Math.floor(x * grid.widthPx)));
    const row = Math.min(grid.heightPx - 1, Math.max(0, Math.floor(y * grid.widthPx)));
    // A sample of particles shows some, however empty it is.
    const wanted = attempt < 8 && x > 0.1 && x < 0.9 && y > 0.1 && y < grid.aspect - 0.1;
    if (!wanted && gaps[row * grid.widthPx + column]! > fullness) continue;
    const sphere = heap.drop(x, y, own);
    if (sphere !== undefined) drawEllipsoid(relief, { ...sphere, material: tone, roughness });
  }
  const bump = noisePlane(grid, random, { cell: radius * 0.3, octaves: 3 });
  return develop(relief, random, { occlusionWidths: [radius * 0.5, radius * 1.6], bump, detector: between(random, 0.03, 0.25) });
}

/** Spheres of one size in a crystalline layer, with grains, vacancies and now and then a second layer. */
function crystalline(grid: Grid, random: Random): Float32Array {
  const radius = logBetween(random, 0.012, 0.05);
  const relief = substrate(grid, random, between(random, 0.12, 0.4));
  const material = between(random, 0.5, 0.8);
  const turn = between(random, 0, Math.PI);
  const layers = chance(random, 0.4) ? 2 : 1;
  const disorder = between(random, 0.01, 0.08) * radius;
  const holes = between(random, -0.2, 1.6);
  const rows = Math.ceil(0.9 / radius);
  for (let layer = 0; layer < layers; layer++) {
    const gaps = noisePlane(grid, random, { cell: radius * 14, octaves: 3 });
    for (let j = -rows; j < rows; j++) {
      for (let i = -rows; i < rows; i++) {
        const u = (2 * i + (j & 1) + layer) * radius + disorder * random.gaussian();
        const v = (j + layer * 0.67) * radius * 1.732 + disorder * random.gaussian();
        const vacant = chance(random, 0.02);
        const x = 0.5 + u * Math.cos(turn) - v * Math.sin(turn);
        const y = grid.aspect / 2 + u * Math.sin(turn) + v * Math.cos(turn);
        if (vacant || x < -radius || x > 1 + radius || y < -radius || y > grid.aspect + radius) continue;
        const column = Math.min(grid.widthPx - 1, Math.max(0, Math.floor(x * grid.widthPx)));
        const row = Math.min(grid.heightPx - 1, Math.max(0, Math.floor(y * grid.widthPx)));
        if (gaps[row * grid.widthPx + column]! > (layer === 0 ? holes + 0.6 : holes - 1)) continue;
        drawEllipsoid(relief, { x, y, z: radius * (1 + 1.63 * layer), radius: radius * 0.99, material, roughness: 0 });
      }
    }
  }
  return develop(relief, random, { occlusionWidths: [radius * 0.5, radius * 1.6], detector: between(random, 0.03, 0.25) });
}

/** Small particles scattered on a flat substrate, alone and in clusters. */
function scattered(grid: Grid, random: Random): Float32Array {
  const radius = logBetween(random, 0.005, 0.028);
  const sigma = between(random, 0.05, 0.35);
  const relief = substrate(grid, random, between(random, 0.12, 0.45));
  const material = between(random, 0.6, 1);
  const clusters = 7 + random.integer(45);
  const clustered = chance(random, 0.7);
  const faceted = chance(random, 0.25);
  const elongation = chance(random, 0.25) ? between(random, 1.4, 2.6) : 1;
  for (let cluster = 0; cluster < clusters; cluster++) {
    const members = clustered ? 1 + Math.floor(logBetween(random, 1, 25)) : 1 + random.integer(2);
    let x = random.uniform();
    let y = random.uniform() * grid.aspect;
    const placed: { x: number; y: number; radius: number }[] = [];
    for (let member = 0; member < members; member++) {
      const own = logNormal(random, radius, sigma);
      if (placed.length > 0) {
        const host = placed[random.integer(placed.length)]!;
        const angle = between(random, 0, 2 * Math.PI);
        x = host.x + (host.radius + own) * 0.97 * Math.cos(angle);
        y = host.y + (host.radius + own) * 0.97 * Math.sin(angle);
      }
      placed.push({ x, y, radius: own });
      if (faceted) {
        drawPolyhedron(relief, { x, y, z: own * 0.6, faces: grainFaces(random, { radius: own * 0.95, count: 10, elongation }), reach: own * 2 * elongation, rounding: own * 0.1, edge: 0.4, material, roughness: 0 });
      } else {
        drawEllipsoid(relief, { x, y, z: own * 0.8, radius: own * elongation, radiusAcross: own, angle: between(random, 0, Math.PI), material, roughness: 0 });
      }
    }
  }
  return develop(relief, random, { occlusionWidths: [radius * 2], bump: noisePlane(grid, random, { cell: 0.008, octaves: 2 }) });
}

/** Crystals with flat faces: cubes, octahedra, plates and rods, heaped or lying apart. */
function crystals(grid: Grid, random: Random): Float32Array {
  const radius = logBetween(random, 0.02, 0.09);
  const relief = substrate(grid, random, between(random, 0.15, 0.4));
  const coverage = between(random, 0.4, 2.2);
  const count = Math.round((coverage * grid.aspect) / (Math.PI * radius * radius));
  const form = pick(random, ['cube', 'octahedron', 'grain', 'rod'] as const);
  const sigma = between(random, 0.08, 0.4);
  const material = between(random, 0.5, 0.8);
  for (let index = 0; index < count; index++) {
    const own = logNormal(random, radius, sigma);
    drawPolyhedron(relief, {
      x: between(random, -0.05, 1.05),
      y: between(random, -0.05, grid.aspect + 0.05),
      z: own * 0.7 + (index / count) * radius * Math.min(2.5, coverage),
      faces: grainFaces(random, { radius: own * 0.75, count: 12, form }),
      reach: own * 2.4,
      rounding: own * between(random, 0.03, 0.12),
      edge: between(random, 0.2, 0.5),
      material: material * between(random, 0.9, 1.1),
      roughness: 0.0008,
    });
  }
  return develop(relief, random, { occlusionWidths: [radius * 0.5, radius * 1.8], bump: noisePlane(grid, random, { cell: radius * 0.4 }), detector: between(random, 0.2, 0.5), tilt: between(random, 0.2, 0.5) });
}

/** One to three large particles, their skin wrinkled or beaded. */
function large(grid: Grid, random: Random): Float32Array {
  const relief = substrate(grid, random, between(random, 0.2, 0.5));
  const count = pick(random, [1, 1, 2, 3]);
  const material = between(random, 0.45, 0.75);
  const beaded = chance(random, 0.4);
  let largest = 0;
  for (let index = 0; index < count; index++) {
    const radius = between(random, 0.1, 0.34) / Math.sqrt(count);
    largest = Math.max(largest, radius);
    const x = between(random, 0.2, 0.8);
    const y = between(random, 0.2, 0.8) * grid.aspect;
    const squash = between(random, 0.88, 1);
    drawEllipsoid(relief, { x, y, z: radius * 0.7, radius, radiusAcross: radius * squash, angle: between(random, 0, Math.PI), material, roughness: beaded ? 0.0008 : pick(random, [0.0006, 0.002, 0.006]) });
    const beads = beaded ? 900 : 0;
    for (let bead = 0; bead < beads; bead++) {
      // Equal areas on the upper half of the sphere.
      const up = Math.sqrt(between(random, 0, 1));
      const around = between(random, 0, 2 * Math.PI);
      const across = Math.sqrt(1 - up * up) * radius * Math.min(1, squash);
      drawEllipsoid(relief, { x: x + across * Math.cos(around), y: y + across * Math.sin(around), z: radius * 0.7 + up * radius, radius: radius * between(random, 0.035, 0.06), material, roughness: 0 });
    }
  }
  for (let index = random.integer(60); index > 0; index--) {
    drawEllipsoid(relief, { x: random.uniform(), y: random.uniform() * grid.aspect, z: 0, radius: logBetween(random, 0.002, 0.01), material, roughness: 0 });
  }
  const bump = noisePlane(grid, random, { cell: largest * between(random, 0.1, 0.5), octaves: 5, gain: 0.6 });
  return develop(relief, random, { occlusionWidths: [0.01, 0.03], occlusion: between(random, 0.15, 0.5), bump });
}

/** Particles: packed or scattered spheres, crystals, large single ones; size distributions and shadowing by seed. */
export function renderParticles(grid: Grid, random: Random): Float32Array {
  return pick(random, [packed, crystalline, scattered, crystals, large], [2.6, 1, 3, 2, 2])(grid, random);
}
