import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, logNormal, pick } from '../draws.ts';
import { noisePlane } from '../noise.ts';
import { blurPlane, createPlane, type Grid } from '../raster.ts';
import { addHeight, createRelief, type Relief } from '../relief.ts';
import { develop } from '../shade.ts';
import { drawEllipsoid, drawTube, type TubePoint } from '../solids.ts';
import { strand } from '../strands.ts';
import { cellPlanes } from '../voronoi.ts';
import { bloodCells, histology, microbes } from './biological-cells.ts';
import { bodies, leaf, pollen } from './biological-surfaces.ts';
import { stemCut, woodCut } from './stems.ts';
import { anywhere, at, ground, heightAt, resettle, smoothStep } from './ground.ts';

interface Bristles {
  readonly limb: readonly TubePoint[];
  readonly count: number;
  readonly length: number;
  readonly thick: number;
  readonly material: number;
}

/** Hairs that stand off a limb to both sides and towards the viewer. */
function bristle(relief: Relief, random: Random, { limb, count, length, thick, material }: Bristles): void {
  for (let index = 0; index < count; index++) {
    const joint = 1 + random.integer(limb.length - 1);
    const [from, to] = [limb[joint - 1]!, limb[joint]!];
    const along = Math.atan2(to.y - from.y, to.x - from.x);
    const across = between(random, -0.95, 0.95);
    const angle = along + Math.sign(across) * between(random, 0.3, 1.3);
    const root = { x: to.x - across * to.radius * Math.sin(along), y: to.y + across * to.radius * Math.cos(along), z: to.z + to.radius * Math.sqrt(1 - across * across) };
    drawTube(relief, strand(random, { ...root, angle, length: length * between(random, 0.5, 1.3), radius: thick, step: 0.015, curl: 3, rise: 0.2, taper: 0.15 }), { material, roughness: 0.0003 });
  }
}

/** Parts of an insect or a worm: segmented, hairy limbs and bodies that reach into the picture. */
function limbs(grid: Grid, random: Random): Float32Array {
  const relief = chance(random, 0.6) ? createRelief(grid, { material: between(random, 0.03, 0.35), roughness: 0, height: -0.4 }) : ground(grid, random);
  const count = pick(random, [1, 1, 2, 3]);
  const material = between(random, 0.4, 0.7);
  for (let limb = 0; limb < count; limb++) {
    const angle = between(random, 0, 2 * Math.PI);
    const radius = between(random, 0.06, 0.3) / Math.sqrt(count);
    const segment = radius * between(random, 0.5, 2.5);
    const waist = between(random, 0, 0.25);
    const taper = between(random, 0.1, 0.9);
    const length = between(random, 0.7, 1.3);
    const points = strand(random, { x: 0.5 + between(random, 0, 0.3) * Math.cos(angle + Math.PI) + 0.6 * Math.cos(angle), y: grid.aspect / 2 + between(random, 0, 0.2) * Math.sin(angle + Math.PI) + 0.6 * Math.sin(angle), z: 0.1, angle: angle + Math.PI, length, radius, step: 0.012, curl: between(random, 0, 2.5), persistence: 0.4, taper })
      .map((point, index) => ({ ...point, radius: point.radius * (1 - waist * Math.abs(Math.cos((Math.PI * index * 0.012) / segment)) ** 6) }));
    drawTube(relief, points, { material, roughness: between(random, 0.0005, 0.004) });
    if (chance(random, 0.8)) bristle(relief, random, { limb: points, count: 10 + random.integer(180), length: radius * between(random, 0.4, 2), thick: logBetween(random, 0.0015, 0.006), material: material * 1.15 });
  }
  return develop(relief, random, { occlusion: 0.2, bump: noisePlane(grid, random, { cell: logBetween(random, 0.01, 0.06), octaves: 5, gain: 0.6, stretch: between(random, 1, 3) }), maxSecant: 3 });
}

/** A stem or wood cut across: round openings of two or more sizes in thick walls, torn here and there. */
function stem(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: between(random, 0.45, 0.7), roughness: 0.0012 });
  const small = logBetween(random, 0.015, 0.05);
  const slope = between(random, 0, 3);
  const turn = between(random, 0, 2 * Math.PI);
  const wall = between(random, 0.1, 0.4);
  const placed: { x: number; y: number; radius: number; deep: number }[] = [];
  for (let trial = 0; trial < 5000; trial++) {
    const { x, y } = anywhere(grid, random, 0.1);
    const along = 0.5 + (x - 0.5) * Math.cos(turn) + (y - 0.4) * Math.sin(turn);
    const radius = chance(random, trial < 12 ? 0.5 : 0) ? small * between(random, 3, 5) : logNormal(random, small * (1 + slope * Math.max(0, along)), 0.2) * (trial < 2000 ? 1 : 0.6);
    if (placed.every((other) => (other.x - x) ** 2 + (other.y - y) ** 2 > ((other.radius + radius) * (1 + wall * 0.5)) ** 2)) placed.push({ x, y, radius, deep: between(random, 0.6, 1.6) });
  }
  const heights = noisePlane(grid, random, { cell: 0.05, octaves: 5 }).map((value) => value * 0.0012);
  const { widthPx: width } = grid;
  for (const { x, y, radius, deep } of placed) {
    const lobes = 2 + random.integer(5);
    const phase = between(random, 0, 6.3);
    for (let py = Math.max(0, Math.floor((y - 1.2 * radius) * width)); py <= Math.min(grid.heightPx - 1, (y + 1.2 * radius) * width); py++) {
      for (let px = Math.max(0, Math.floor((x - 1.2 * radius) * width)); px <= Math.min(width - 1, (x + 1.2 * radius) * width); px++) {
        const [dx, dy] = [(px + 0.5) / width - x, (py + 0.5) / width - y];
        const r = Math.sqrt(dx * dx + dy * dy) / (radius * (1 + 0.05 * Math.cos(lobes * Math.atan2(dy, dx) + phase)));
        if (r > 1.15) continue;
        const index = py * width + px;
        heights[index]! -= radius * deep * smoothStep((1.08 - r) / 0.3);
        relief.material[index]! *= 1 + 0.25 * Math.exp(-(((r - 1) / 0.08) ** 2)) - 0.35 * smoothStep((0.95 - r) / 0.2);
      }
    }
  }
  const edge = chance(random, 0.4) ? between(random, 0.08, 0.3) : -9;
  const [lean, outside] = [between(random, -0.7, 0.7), between(random, 0.1, 0.4)];
  for (let index = 0; index < heights.length; index++) {
    const { x, y } = at(grid, index);
    if (y - edge - lean * (x - 0.5) < 0) {
      heights[index] = -small * 2;
      relief.material[index] = outside;
    }
  }
  addHeight(relief, heights, 1);
  for (let shred = chance(random, 0.6) ? random.integer(140) : 0; shred > 0; shred--) {
    const cell = pick(random, placed);
    const around = between(random, 0, 2 * Math.PI);
    drawTube(relief, strand(random, { x: cell.x + cell.radius * Math.cos(around), y: cell.y + cell.radius * Math.sin(around), z: 0.003, angle: between(random, 0, 6.3), length: small * between(random, 0.3, 1.5), radius: small * between(random, 0.04, 0.12), step: 0.008, curl: 20, taper: 0.4 }), { material: 0.9, roughness: 0.001, flatness: 0.4 });
  }
  return develop(relief, random, { occlusionWidths: [small * 0.5, small * 1.5], maxSecant: 2.6, bump: noisePlane(grid, random, { cell: 0.02, octaves: 5 }) });
}

/** Wood or a stalk cut across: rounded cells close together, larger towards one side, their inner walls seen. */
function cutCells(grid: Grid, random: Random): Float32Array {
  const cell = logBetween(random, 0.04, 0.17);
  const gradient = between(random, 0, 0.5);
  const warp = { x: noisePlane(grid, random, { cell: cell * 2.5, octaves: 2 }), y: createPlane(grid), amplitude: cell * 0.2 };
  for (let index = 0; index < warp.y.length; index++) warp.y[index] = warp.x[index]! * 0.6 - (gradient * at(grid, index).y ** 2) / warp.amplitude;
  const { border, identity } = cellPlanes(grid, random, { cell, jitter: between(random, 0.4, 0.8), hexagonal: true, stretch: between(random, 1, 1.6), angle: between(random, 0, Math.PI), warp });
  // Corners are filled: the opening of a cell is round.
  const rounded = blurPlane(grid, border, Math.max(1, cell * between(random, 0.1, 0.16) * grid.widthPx));
  const wall = between(random, 0.1, 0.26);
  const [viewX, viewY] = [between(random, -0.5, 0.5), between(random, -0.5, 0.5)];
  const streaks = noisePlane(grid, random, { cell: cell * 0.3, octaves: 3, stretch: 3, angle: Math.atan2(viewY, viewX) });
  const [inner, bright] = [between(random, 0.35, 0.8), between(random, 0, 0.7)];
  const edge = chance(random, 0.5) ? between(random, 0.05, 0.35) * grid.aspect : -9;
  const [lean, outside] = [between(random, -0.9, 0.9), between(random, 0.1, 0.4)];
  const relief = createRelief(grid, { material: between(random, 0.45, 0.65), roughness: 0.001 });
  const heights = createPlane(grid);
  for (let index = 0; index < heights.length; index++) {
    const { x, y } = at(grid, index);
    const from = y - edge - lean * (x - 0.5);
    if (from < 0) {
      heights[index] = -cell;
      relief.material[index] = outside;
      continue;
    }
    const own = from < cell * 0.3 ? 0 : rounded[index]! - wall * (identity[index]! < 0.25 ? 1.5 : 1);
    const open = smoothStep(own / 0.08);
    heights[index] = -cell * open * (0.4 + 0.8 * smoothStep(own / 0.3));
    relief.material[index]! *= (1 - open) * (1 + bright * Math.exp(-Math.abs(own) / 0.03)) + open * inner * (1 + 0.12 * streaks[index]! - 0.5 * smoothStep((own - 0.1) / 0.25));
  }
  addHeight(relief, heights, 1);
  for (let index = 0; index < heights.length; index++) {
    relief.slopeX[index]! += viewX * 0.4;
    relief.slopeY[index]! += viewY * 0.4;
  }
  return develop(relief, random, { occlusionWidths: [cell * 0.3, cell * 0.8], occlusion: between(random, 0.3, 0.8), maxSecant: 2.4, bump: noisePlane(grid, random, { cell: 0.02, octaves: 5 }) });
}

/** Cell bodies with branching processes on a net of fine threads. */
function neurons(grid: Grid, random: Random): Float32Array {
  const relief = ground(grid, random);
  const material = between(random, 0.45, 0.75);
  const thin = logBetween(random, 0.0015, 0.005);
  for (let index = random.integer(260); index > 0; index--) drawTube(relief, strand(random, { ...anywhere(grid, random), z: 0, angle: between(random, 0, 6.3), length: between(random, 0.1, 0.6), radius: logNormal(random, thin, 0.4), step: 0.015, curl: between(random, 2, 12), unevenness: 0.1 }), { material: material * 0.8, roughness: 0.001 });
  for (let body = 1 + random.integer(3); body > 0; body--) {
    const { x, y } = { x: between(random, 0.2, 0.8), y: between(random, 0.2, 0.8) * grid.aspect };
    const size = between(random, 0.05, 0.16);
    const main = between(random, 0, Math.PI);
    for (let arm = 2 + random.integer(5); arm > 0; arm--) {
      const angle = arm < 3 ? main + arm * Math.PI : between(random, 0, 6.3);
      const points = strand(random, { x, y, z: size * 0.3, angle, length: between(random, 0.3, 0.9), radius: size * between(random, 0.2, 0.4), step: 0.012, curl: 4, taper: 0.08, rise: -0.08 });
      drawTube(relief, points, { material, roughness: 0.002 });
      const fork = points[Math.floor(points.length * between(random, 0.2, 0.6))]!;
      drawTube(relief, strand(random, { ...fork, angle: angle + between(random, -1, 1), length: between(random, 0.1, 0.4), radius: fork.radius * 0.7, step: 0.012, curl: 5, taper: 0.1 }), { material, roughness: 0.002 });
    }
    drawEllipsoid(relief, { x, y, z: size * 0.4, radius: size, radiusAcross: size * between(random, 0.6, 0.9), angle: main, material, roughness: between(random, 0.001, 0.006) });
  }
  return develop(relief, random, { occlusionWidths: [0.01, 0.05], bump: noisePlane(grid, random, { cell: 0.02, octaves: 5, gain: 0.6 }) });
}

/** A few long cells, hyphae or worms with a rough skin, close by, on any ground. */
function longCells(grid: Grid, random: Random): Float32Array {
  const relief = ground(grid, random);
  const radius = logBetween(random, 0.025, 0.11);
  const material = between(random, 0.45, 0.7);
  for (let index = 1 + random.integer(7); index > 0; index--) {
    const points = strand(random, { ...anywhere(grid, random, -0.15), z: radius * (0.5 + 0.3 * index), angle: between(random, 0, 6.3), length: radius * between(random, 4, 16), radius: logNormal(random, radius, 0.12), step: radius * 0.25, curl: between(random, 0.1, 0.5) / radius, persistence: radius * 8, unevenness: between(random, 0, 0.06) });
    drawTube(relief, points, { material, roughness: logBetween(random, 0.0006, 0.006) });
  }
  for (let index = random.integer(60); index > 0; index--) {
    const { x, y } = anywhere(grid, random);
    const own = logBetween(random, 0.003, 0.02);
    drawEllipsoid(relief, { x, y, z: heightAt(relief, x, y), radius: own * between(random, 1, 2), radiusAcross: own, angle: between(random, 0, 3), material, roughness: 0.002 });
  }
  return develop(relief, random, { occlusionWidths: [radius * 0.4, radius * 1.5], bump: noisePlane(grid, random, { cell: radius * between(random, 0.15, 0.8), octaves: 5, gain: 0.6 }), tilt: between(random, 0.25, 0.6) });
}

/** Folded skin or mucosa: ridges one after another, covered with small cells. */
function folds(grid: Grid, random: Random): Float32Array {
  const cell = logBetween(random, 0.06, 0.3);
  const ridges = noisePlane(grid, random, { cell, octaves: 3, gain: 0.5, stretch: between(random, 1, 4), angle: between(random, 0, Math.PI) });
  const size = cell * between(random, 0.06, 0.25);
  const cells = cellPlanes(grid, random, { cell: size, jitter: between(random, 0.4, 1), hexagonal: true });
  const relief = createRelief(grid, { material: between(random, 0.4, 0.65), roughness: 0.0015 });
  const [deep, bumps] = [cell * between(random, 0.15, 0.4), size * between(random, 0.1, 0.6)];
  const heights = createPlane(grid);
  for (let index = 0; index < heights.length; index++) heights[index] = -deep * Math.abs(ridges[index]!) + bumps * Math.sqrt(Math.min(0.5, cells.border[index]!));
  addHeight(relief, heights, 1);
  return develop(relief, random, { occlusionWidths: [size * 0.5, cell * 0.3], bump: noisePlane(grid, random, { cell: size, octaves: 4 }), maxSecant: 2.8 });
}

/** Overlapping scales in rows, ribbed along: wings, skins, seed coats. */
function scales(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: 0.3, roughness: 0.001, height: -1 });
  const size = logBetween(random, 0.06, 0.22);
  const wide = size * between(random, 0.45, 0.8);
  const turn = between(random, 0, 2 * Math.PI);
  const material = between(random, 0.45, 0.7);
  const rows = Math.ceil(1.4 / size);
  for (let row = -rows; row <= rows; row++) {
    for (let column = -Math.ceil(1.4 / wide); column <= 1.4 / wide; column++) {
      const u = row * size * 0.8 + 0.06 * size * random.gaussian();
      const v = (column + (row & 1) / 2) * wide * 1.15 + 0.05 * size * random.gaussian();
      const x = 0.5 + u * Math.cos(turn) - v * Math.sin(turn);
      const y = grid.aspect / 2 + u * Math.sin(turn) + v * Math.cos(turn);
      drawEllipsoid(relief, { x, y, z: -0.01 * row, radius: size * 0.75, radiusAcross: wide * 0.62, radiusUp: size * 0.1, angle: turn + 0.06 * random.gaussian(), material: material * between(random, 0.92, 1.08), roughness: size * between(random, 0.005, 0.02) });
    }
  }
  resettle(relief, 3);
  return develop(relief, random, { occlusionWidths: [size * 0.1, size * 0.4], bump: noisePlane(grid, random, { cell: size * 0.06, octaves: 2, stretch: between(random, 4, 14), angle: turn }) });
}

/** Cells in a closed layer, round or shrivelled, pressed against each other. */
function packedCells(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: 0.2, roughness: 0.001 });
  const radius = logBetween(random, 0.035, 0.14);
  const material = between(random, 0.5, 0.75);
  const shrivelled = between(random, 0, 0.35);
  for (let index = 0; index < (1.3 * grid.aspect) / (radius * radius); index++) {
    const { x, y } = anywhere(grid, random, 0.1);
    const own = logNormal(random, radius, 0.12);
    drawEllipsoid(relief, { x, y, z: own * between(random, 0.2, 0.5), radius: own, radiusAcross: own * between(random, 1 - shrivelled, 1), angle: between(random, 0, 3), material: material * between(random, 0.92, 1.08), roughness: own * shrivelled * 0.12 });
  }
  return develop(relief, random, { occlusionWidths: [radius * 0.3, radius], bump: noisePlane(grid, random, { cell: radius * 0.7, octaves: 3 }), tilt: between(random, 0.2, 0.5) });
}

/** Biological, besides the renderer's: limbs, cut tissue, stems, nerve cells, long cells, folds, stained sections, scales, packed cells, microbes, blood, bodies, leaves, pollen. */
export const BIOLOGICAL = [limbs, limbs, limbs, cutCells, stem, neurons, longCells, folds, scales, packedCells, stemCut, stemCut, stemCut, stemCut, woodCut, microbes, microbes, bloodCells, histology, histology, bodies, bodies, leaf, pollen, pollen] as const;
