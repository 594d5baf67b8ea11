import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, logNormal, pick } from '../draws.ts';
import { noisePlane } from '../noise.ts';
import type { Grid } from '../raster.ts';
import { addHeight, createRelief, inclineHeights, type Relief } from '../relief.ts';
import { develop } from '../shade.ts';
import { drawEllipsoid, drawTube } from '../solids.ts';
import { strand } from '../strands.ts';

function substrate(grid: Grid, random: Random, options: { material: number; waviness?: number }): Relief {
  const relief = createRelief(grid, { material: options.material, roughness: 0.0006 });
  addHeight(relief, noisePlane(grid, random, { cell: 0.2, octaves: 5 }), options.waviness ?? 0.001);
  return relief;
}

/** Wires standing on a substrate that is tilted to the beam, in rows or at random, often with a catalyst on top. */
function forest(grid: Grid, random: Random): Float32Array {
  const tilt = between(random, 0.25, 1);
  const pitch = logBetween(random, 0.025, 0.13);
  const radius = pitch * between(random, 0.07, 0.22);
  const length = pitch * logBetween(random, 1.2, 6) + 2 * radius;
  const regular = chance(random, 0.6);
  const lean = chance(random, 0.5) ? between(random, 0.02, 0.12) : between(random, 0.15, 0.5);
  const cap = chance(random, 0.65) ? between(random, 1.05, 1.5) : 0;
  const taper = between(random, 0.5, 1);
  const missing = chance(random, 0.5) ? between(random, 0, 0.15) : 0;
  const lattice = between(random, 0, Math.PI);
  const relief = substrate(grid, random, { material: between(random, 0.25, 0.5) });
  inclineHeights(relief, 0, Math.tan(tilt));
  const material = between(random, 0.5, 0.9);
  const capMaterial = material * between(random, 0.8, 1.5);
  const reach = 1.2 + length;
  const rows = Math.ceil((2 * reach) / pitch);
  const spreadLength = chance(random, 0.5) ? 0.04 : 0.25;
  for (let row = -rows / 2; row < rows / 2; row++) {
    for (let column = -rows / 2; column < rows / 2; column++) {
      const jitter = regular ? 0.03 : 0.6;
      const u = (column + (row % 2 === 0 ? 0.5 : 0) + jitter * random.gaussian()) * pitch;
      const v = (row * 0.87 + jitter * random.gaussian()) * pitch;
      const groundX = 0.5 + u * Math.cos(lattice) - v * Math.sin(lattice);
      const groundY = grid.aspect / 2 / Math.cos(tilt) + u * Math.sin(lattice) + v * Math.cos(lattice);
      const skip = chance(random, missing);
      const own = length * Math.max(0.2, 1 + spreadLength * random.gaussian());
      const direction = between(random, 0, 2 * Math.PI);
      const angle = lean * Math.abs(random.gaussian());
      const thick = radius * Math.max(0.5, 1 + 0.12 * random.gaussian());
      if (skip) continue;
      const topX = groundX + own * Math.sin(angle) * Math.cos(direction);
      const topGroundY = groundY + own * Math.sin(angle) * Math.sin(direction);
      const rise = own * Math.cos(angle);
      const foot = { x: groundX, y: groundY * Math.cos(tilt), z: groundY * Math.sin(tilt), radius: thick };
      const head = { x: topX, y: topGroundY * Math.cos(tilt) - rise * Math.sin(tilt), z: topGroundY * Math.sin(tilt) + rise * Math.cos(tilt), radius: thick * taper };
      if (head.y > grid.aspect + 0.1 || foot.y < -0.1 || head.x < -0.1 || head.x > 1.1) continue;
      drawTube(relief, [foot, head], { material, roughness: 0.0004 });
      if (cap > 0) drawEllipsoid(relief, { ...head, radius: thick * cap, material: capMaterial, roughness: 0 });
    }
  }
  return develop(relief, random, { occlusionWidths: [radius * 1.5, pitch * 0.5], tilt: between(random, 0.4, 0.8) });
}

/** Wires lying over each other: a random mat, or combed along one direction. */
function mat(grid: Grid, random: Random): Float32Array {
  const radius = logBetween(random, 0.0011, 0.007);
  const length = radius * logBetween(random, 30, 150);
  const coverage = between(random, 1.2, 3.5);
  const spread = chance(random, 0.4) ? between(random, 0.08, 0.35) : 4;
  const main = between(random, 0, Math.PI);
  const curl = chance(random, 0.6) ? 0 : between(random, 1, 5);
  const sigma = between(random, 0.1, 0.4);
  const taper = chance(random, 0.3) ? between(random, 0.2, 0.6) : 1;
  const relief = substrate(grid, random, { material: between(random, 0.15, 0.4) });
  const count = Math.min(9000, Math.round((coverage * (grid.aspect + length)) / (length * 2 * radius)));
  const depth = radius * between(random, 6, 16);
  const material = between(random, 0.5, 0.9);
  for (let index = 0; index < count; index++) {
    const own = length * between(random, 0.4, 1.3);
    const angle = main + spread * random.gaussian();
    // Later wires lie higher.
    const z = depth * (index / count) + radius;
    const points = strand(random, {
      x: between(random, -0.1, 1.1) - (own / 2) * Math.cos(angle),
      y: between(random, -0.1, grid.aspect + 0.1) - (own / 2) * Math.sin(angle),
      z,
      angle,
      length: own,
      radius: logNormal(random, radius, sigma),
      step: 0.015,
      curl,
      rise: ((depth * 0.4) / own) * random.gaussian(),
      taper,
    });
    drawTube(relief, points, { material: material * between(random, 0.85, 1.15), roughness: 0.0003 });
  }
  return develop(relief, random, { occlusionWidths: [radius * 3, radius * 12], occlusion: between(random, 0.6, 1.3) });
}

/** A few wires that fell on a flat substrate. */
function sparse(grid: Grid, random: Random): Float32Array {
  const relief = substrate(grid, random, { material: between(random, 0.25, 0.5), waviness: 0.0003 });
  const radius = logBetween(random, 0.0018, 0.008);
  const count = 4 + random.integer(28);
  const material = between(random, 0.6, 1);
  const bundles = chance(random, 0.4);
  for (let index = 0; index < count; index++) {
    const angle = between(random, 0, 2 * Math.PI);
    const length = between(random, 0.08, 0.4);
    const x = random.uniform();
    const y = random.uniform() * grid.aspect;
    const members = bundles ? 1 + random.integer(4) : 1;
    for (let member = 0; member < members; member++) {
      const points = strand(random, {
        x: x + 2 * radius * random.gaussian(),
        y: y + 2 * radius * random.gaussian(),
        z: radius * (1 + member),
        angle: angle + 0.08 * random.gaussian(),
        length: length * between(random, 0.7, 1.1),
        radius: logNormal(random, radius, 0.25),
        step: 0.02,
        curl: chance(random, 0.7) ? 0 : 2,
        taper: between(random, 0.5, 1),
      });
      drawTube(relief, points, { material, roughness: 0 });
    }
  }
  for (let index = random.integer(40); index > 0; index--) {
    drawEllipsoid(relief, { x: random.uniform(), y: random.uniform() * grid.aspect, z: 0, radius: logBetween(random, 0.001, 0.005), material, roughness: 0 });
  }
  return develop(relief, random, { occlusionWidths: [radius * 4], tilt: between(random, 0.3, 0.7), bump: noisePlane(grid, random, { cell: 0.01, octaves: 2 }) });
}

/** Needles growing from centres in all directions, seen from above: urchins, tetrapods, a lawn of tapered rods. */
function needles(grid: Grid, random: Random): Float32Array {
  const relief = substrate(grid, random, { material: 0.2 });
  const length = logBetween(random, 0.05, 0.22);
  const radius = length * between(random, 0.03, 0.08);
  const lawn = chance(random, 0.6);
  const centres = lawn ? Math.min(2500, Math.round((3.2 * grid.aspect) / (length * length))) : Math.max(3, Math.round((0.5 * grid.aspect) / (length * length)));
  const perCentre = lawn ? 3 : pick(random, [4, 30, 60]);
  const material = between(random, 0.55, 0.9);
  const taper = pick(random, [0.15, 0.4, 0.9]);
  for (let centre = 0; centre < centres; centre++) {
    const x = between(random, -0.1, 1.1);
    const y = between(random, -0.1, grid.aspect + 0.1);
    const base = lawn ? 0 : length * 0.4 * random.uniform();
    for (let index = 0; index < perCentre; index++) {
      const direction = between(random, 0, 2 * Math.PI);
      const lift = Math.asin(between(random, 0.05, 1));
      const own = length * between(random, 0.6, 1.2);
      drawTube(
        relief,
        [
          { x, y, z: base, radius: logNormal(random, radius, 0.2) },
          { x: x + own * Math.cos(lift) * Math.cos(direction), y: y + own * Math.cos(lift) * Math.sin(direction), z: base + own * Math.sin(lift), radius: radius * taper },
        ],
        { material, roughness: 0.0003 },
      );
    }
  }
  return develop(relief, random, { occlusionWidths: [radius * 3, length * 0.4], occlusion: between(random, 0.8, 1.4) });
}

/** A forest seen from the side: long parallel wires rising from a cleaved edge. */
function side(grid: Grid, random: Random): Float32Array {
  const relief = substrate(grid, random, { material: 0.12 });
  const radius = logBetween(random, 0.0015, 0.006);
  const foot = grid.aspect * between(random, 0.7, 1.15);
  const length = grid.aspect * between(random, 0.5, 1.1);
  const count = Math.round(between(random, 1.5, 4) / (2 * radius));
  const curl = pick(random, [0, 0.6, 3]);
  const material = between(random, 0.5, 0.8);
  for (let index = 0; index < count; index++) {
    const points = strand(random, {
      x: between(random, -0.05, 1.05),
      y: foot + 0.02 * random.gaussian(),
      z: (0.15 * index) / count,
      angle: -Math.PI / 2 + 0.06 * random.gaussian(),
      length: length * between(random, 0.6, 1.1),
      radius: logNormal(random, radius, 0.3),
      step: 0.03,
      curl,
      taper: between(random, 0.6, 1),
    });
    drawTube(relief, points, { material: material * (0.6 + (0.4 * index) / count), roughness: 0.0003 });
  }
  const rows = relief.heightPx;
  for (let y = Math.max(0, Math.round(foot * relief.widthPx)); y < rows; y++) {
    for (let x = 0; x < relief.widthPx; x++) {
      const at = y * relief.widthPx + x;
      relief.height[at] = 0.2;
      relief.slopeX[at] = 0;
      relief.slopeY[at] = 0;
      relief.material[at] = 0.4;
      relief.roughness[at] = 0.003;
    }
  }
  return develop(relief, random, { occlusionWidths: [radius * 3, 0.03], bump: noisePlane(grid, random, { cell: 0.04, stretch: 4, angle: Math.PI / 2 }) });
}

/** Nanowires: standing in arrays, lying in mats or bundles, sparse on a substrate, growing from centres, in cross-section. */
export function renderNanowires(grid: Grid, random: Random): Float32Array {
  return pick(random, [forest, mat, sparse, needles, side], [3, 3, 2, 1.5, 1])(grid, random);
}
