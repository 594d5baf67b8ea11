import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, logNormal, pick } from '../draws.ts';
import { noisePlane } from '../noise.ts';
import { createPlane, type Grid } from '../raster.ts';
import { addHeight, createRelief, inclineHeights } from '../relief.ts';
import { develop } from '../shade.ts';
import { drawEllipsoid, drawPolyhedron, drawTube } from '../solids.ts';
import { strand } from '../strands.ts';
import { anywhere, ground } from './ground.ts';
import { GROWN_WIRES } from './nanowires-grown.ts';

/** Thin walls or petals standing on edge, seen from above, with deep gaps between them. */
function petals(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: 0.12, roughness: 0.001, height: -0.05 });
  const length = logBetween(random, 0.02, 0.11);
  const thin = length * between(random, 0.025, 0.07);
  const count = Math.min(6000, Math.round((between(random, 0.8, 2.5) * grid.aspect) / (length * thin * 2)));
  const material = between(random, 0.55, 0.9);
  for (let index = 0; index < count; index++) {
    const points = strand(random, { ...anywhere(grid, random), z: -0.04 + length * between(random, -0.3, 0.6), angle: between(random, 0, 6.3), length: length * between(random, 0.5, 1.4), radius: logNormal(random, thin, 0.3), step: length * 0.2, curl: between(random, 0, 0.6) / length, rise: between(random, -0.5, 0.5), taper: between(random, 0.2, 1) });
    drawTube(relief, points, { material: material * between(random, 0.8, 1.1), roughness: 0.0004, flatness: between(random, 1.5, 4) });
  }
  return develop(relief, random, { occlusionWidths: [thin * 3, length * 0.7], occlusion: between(random, 0.8, 1.5) });
}

/** Hexagonal rods standing on end, seen nearly along their axis: flat tops of many sizes. */
function hexagonalRods(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: 0.15, roughness: 0.001, height: -0.1 });
  const radius = logBetween(random, 0.008, 0.04);
  const lean = between(random, 0.05, 0.9);
  const count = Math.min(2500, Math.round((between(random, 0.5, 1.6) * grid.aspect) / (Math.PI * radius * radius)));
  const material = between(random, 0.5, 0.8);
  const [mainX, mainY] = [lean * between(random, -1, 1), lean * between(random, -1, 1)];
  for (let index = 0; index < count; index++) {
    const own = logNormal(random, radius, 0.3);
    const [nx, ny] = [mainX + 0.3 * lean * random.gaussian(), mainY + 0.3 * lean * random.gaussian()];
    const norm = Math.sqrt(1 + nx * nx + ny * ny);
    const axis = [nx / norm, ny / norm, 1 / norm] as const;
    const turn = between(random, 0, 6.3);
    const u = [axis[2], 0, -axis[0]] as const;
    const v = [axis[1] * u[2] - axis[2] * u[1], axis[2] * u[0] - axis[0] * u[2], axis[0] * u[1] - axis[1] * u[0]] as const;
    const faces = Array.from({ length: 6 }, (_, side) => {
      const [c, s] = [Math.cos(turn + (side * Math.PI) / 3), Math.sin(turn + (side * Math.PI) / 3)];
      return [c * u[0] + s * v[0], c * u[1] + s * v[1], c * u[2] + s * v[2], own] as const;
    });
    const long = own * between(random, 2, 6);
    drawPolyhedron(relief, { ...anywhere(grid, random), z: between(random, -1, 1) * radius * 2, faces: [...faces, [...axis, long], [-axis[0], -axis[1], -axis[2], long]], reach: long * 1.3, rounding: own * 0.08, edge: between(random, 0.2, 0.6), material: material * between(random, 0.85, 1.1), roughness: 0.0004 });
  }
  return develop(relief, random, { occlusionWidths: [radius, radius * 3], occlusion: between(random, 0.8, 1.4) });
}

/** Wires standing on a surface that is tilted far over; grown straight, kinked, thick at the foot or stuck together at the top. */
function tiltedWires(grid: Grid, random: Random): Float32Array {
  const tilt = between(random, 0.4, 1.35);
  const [sine, cosine] = [Math.sin(tilt), Math.cos(tilt)];
  const relief = ground(grid, random, between(random, 0.1, 0.4));
  inclineHeights(relief, 0, Math.tan(tilt));
  const radius = logBetween(random, 0.0015, 0.012);
  const length = radius * logBetween(random, 12, 80);
  const count = Math.min(3500, Math.round(logBetween(random, 1, 15) + (between(random, 0.05, 1.2) * grid.aspect) / (radius * length * 2)));
  const kinked = chance(random, 0.3);
  const bunch = chance(random, 0.3) ? logBetween(random, 0.03, 0.15) : 0;
  const cap = chance(random, 0.4) ? between(random, 1.1, 1.8) : 0;
  const material = between(random, 0.5, 0.9);
  const lean = between(random, 0.02, 0.5);
  const project = ([x, base]: readonly [number, number], rise: number, thick: number) => ({ x, y: base * cosine - rise * sine, z: base * sine + rise * cosine, radius: thick });
  for (let index = 0; index < count; index++) {
    const x = between(random, -0.1, 1.1);
    const foot = between(random, -0.1, grid.aspect / cosine + length);
    const own = length * between(random, 0.6, 1.15);
    let [topX, topFoot] = [x + lean * own * random.gaussian() * 0.5, foot + lean * own * random.gaussian() * 0.5];
    if (bunch > 0) {
      topX = (Math.round(topX / bunch) * bunch + topX * 0.3) / 1.3;
      topFoot = (Math.round(topFoot / bunch) * bunch + topFoot * 0.3) / 1.3;
    }
    const thick = logNormal(random, radius, 0.2);
    const middle = kinked ? project([x + 0.3 * own * random.gaussian(), foot], own * between(random, 0.3, 0.7), thick) : project([(x + topX) / 2, (foot + topFoot) / 2], own * 0.5, thick);
    const head = project([topX, topFoot], own, thick * between(random, 0.5, 1));
    drawTube(relief, [project([x, foot], 0, thick * between(random, 1, 2)), middle, head], { material, roughness: 0.0003 });
    if (cap > 0) drawEllipsoid(relief, { ...head, radius: thick * cap, material: material * 1.2, roughness: 0 });
  }
  return develop(relief, random, { occlusionWidths: [radius * 2, length * 0.2], tilt: between(random, 0.3, 0.8) });
}

/** Some wires, straight or as long curls, on any ground; single ones close by as well as many thin ones. */
function lying(grid: Grid, random: Random): Float32Array {
  const relief = ground(grid, random);
  const radius = logBetween(random, 0.0015, 0.014);
  const count = Math.round(logBetween(random, 3, 90));
  const curl = pick(random, [0, 0, between(random, 1, 6)]);
  const along = chance(random, 0.3) ? between(random, 0, Math.PI) : undefined;
  const material = between(random, 0.5, 1);
  for (let index = 0; index < count; index++) {
    const angle = along === undefined ? between(random, 0, 6.3) : along + 0.1 * random.gaussian();
    const length = Math.min(1.6, radius * logBetween(random, 20, 150));
    const { x, y } = anywhere(grid, random, index < 3 ? -0.2 : 0.05);
    drawTube(relief, strand(random, { x: x - (length / 2) * Math.cos(angle), y: y - (length / 2) * Math.sin(angle), z: radius * (1 + random.uniform()), angle, length, radius: logNormal(random, radius, 0.2), step: 0.015, curl, taper: between(random, 0.4, 1) }), { material: material * between(random, 0.85, 1.1), roughness: 0 });
  }
  return develop(relief, random, { occlusionWidths: [radius * 4], bump: noisePlane(grid, random, { cell: 0.015, octaves: 3 }) });
}

/** Urchins and flowers of needles, alone or crowded, on any ground. */
function urchins(grid: Grid, random: Random): Float32Array {
  const relief = ground(grid, random);
  const size = logBetween(random, 0.05, 0.3);
  const count = Math.max(1, Math.round((between(random, 0.1, 0.8) * grid.aspect) / (size * size)));
  const thin = size * between(random, 0.015, 0.06);
  const material = between(random, 0.5, 0.85);
  const needles = Math.round(logBetween(random, 30, 220));
  for (let index = 0; index < Math.min(count, 60); index++) {
    const { x, y } = anywhere(grid, random, -0.05);
    for (let needle = 0; needle < needles; needle++) {
      const up = between(random, -0.1, 1);
      const around = between(random, 0, 6.3);
      const flat = Math.sqrt(Math.max(0, 1 - up * up));
      const own = size * between(random, 0.6, 1);
      drawTube(relief, [{ x, y, z: size * 0.3, radius: thin }, { x: x + own * flat * Math.cos(around), y: y + own * flat * Math.sin(around), z: size * 0.3 + own * up, radius: thin * 0.25 }], { material, roughness: 0.0003 });
    }
  }
  return develop(relief, random, { occlusionWidths: [thin * 4, size * 0.4], occlusion: between(random, 0.6, 1.3) });
}

/** A carpet of wires at right angles to the view, broken or cut: vertical fibres with a wavy top and a plane below. */
function carpet(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: between(random, 0.1, 0.3), roughness: 0.001 });
  const angle = Math.PI / 2 + 0.05 * random.gaussian();
  const cell = logBetween(random, 0.006, 0.02);
  const fibres = noisePlane(grid, random, { cell, octaves: 3, gain: 0.6, stretch: between(random, 8, 30), angle });
  const waves = noisePlane(grid, random, { cell: cell * 8, octaves: 3, stretch: 3, angle });
  const heights = createPlane(grid);
  for (let index = 0; index < heights.length; index++) heights[index] = cell * (0.7 * fibres[index]! + 0.8 * waves[index]!);
  relief.material.fill(between(random, 0.4, 0.7));
  addHeight(relief, heights, 1);
  const radius = cell * 0.3;
  for (let wire = random.integer(160); wire > 0; wire--) drawTube(relief, strand(random, { ...anywhere(grid, random), z: cell * 2, angle: angle + 0.12 * random.gaussian(), length: between(random, 0.1, 0.7), radius, step: 0.02, curl: 3 }), { material: 0.7, roughness: 0 });
  return develop(relief, random, { occlusionWidths: [cell, cell * 4], maxSecant: 2.6 });
}

/** Nanowires, besides the renderer's: petals, hexagonal rods, tilted and lying wires, urchins, carpets, grown ones. */
export const NANOWIRES = [petals, petals, hexagonalRods, tiltedWires, tiltedWires, lying, lying, urchins, carpet, ...GROWN_WIRES] as const;
