import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, logNormal, pick } from '../draws.ts';
import { noisePlane } from '../noise.ts';
import { createPlane, type Grid } from '../raster.ts';
import { addHeight, createRelief, type Relief } from '../relief.ts';
import { develop } from '../shade.ts';
import { drawEllipsoid, drawTube } from '../solids.ts';
import { strand } from '../strands.ts';
import { cellPlanes } from '../voronoi.ts';
import { anywhere, ground, heightAt, resettle, smoothStep } from './ground.ts';

interface Body {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  /** Half axes across and up over `radius`. */
  readonly across: number;
  readonly up: number;
  readonly angle: number;
}

/** A skin: what it adds to the height (widths) and by what it multiplies the material, for every pixel. */
interface Skin {
  readonly height: Float32Array;
  readonly tone: Float32Array;
}

/** Lays a rounded body with its skin over the relief; towards the limb the skin fades, as it is seen from the side. */
function drawBody(relief: Relief, body: Body, options: { skin: Skin; material: number; roughness: number }): void {
  const { x, y, radius, across, up, angle } = body;
  const { widthPx: width } = relief;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  for (let py = Math.max(0, Math.floor((y - radius) * width)); py <= Math.min(relief.heightPx - 1, (y + radius) * width); py++) {
    for (let px = Math.max(0, Math.floor((x - radius) * width)); px <= Math.min(width - 1, (x + radius) * width); px++) {
      const [dx, dy] = [(px + 0.5) / width - x, (py + 0.5) / width - y];
      const rest = 1 - ((dx * cos + dy * sin) / radius) ** 2 - ((dy * cos - dx * sin) / (radius * across)) ** 2;
      if (rest <= 0) continue;
      const index = py * width + px;
      const root = Math.sqrt(rest);
      const z = radius * up * root + options.skin.height[index]! * Math.min(1, 0.2 + root);
      if (z <= relief.height[index]!) continue;
      relief.height[index] = z;
      relief.material[index] = options.material * (1 + (options.skin.tone[index]! - 1) * Math.min(1, 2 * root));
      relief.roughness[index] = options.roughness;
    }
  }
}

/** Skins of living things: grains, pits in a net, wrinkles, plates with seams. */
function drawSkin(grid: Grid, random: Random, size: number): Skin {
  const height = createPlane(grid);
  const tone = createPlane(grid, 1);
  const kind = pick(random, ['grains', 'pits', 'wrinkles', 'plates', 'threads'] as const);
  const warp = { x: noisePlane(grid, random, { cell: size * 2, octaves: 3 }), y: noisePlane(grid, random, { cell: size * 2, octaves: 3 }), amplitude: size * between(random, 0.1, 0.5) };
  const cells = cellPlanes(grid, random, { cell: size, jitter: between(random, 0.4, 1), hexagonal: true, stretch: between(random, 1, 2), angle: between(random, 0, Math.PI), warp });
  const wave = noisePlane(grid, random, { cell: size * 2, octaves: 4, gain: 0.55, stretch: between(random, 1.5, 5), angle: between(random, 0, Math.PI) });
  const [strength, hole, share] = [between(random, 0.15, 0.6), between(random, 0.08, 0.3), between(random, 0.2, 1)];
  for (let index = 0; index < height.length; index++) {
    const own = cells.border[index]!;
    const there = cells.identity[index]! < share ? 1 : 0;
    if (kind === 'grains') height[index] = size * strength * (Math.sqrt(own) + 0.3 * cells.identity[index]! + 0.2 * wave[index]!);
    if (kind === 'pits') {
      const pit = there * smoothStep((own - hole) / 0.1 + 0.5);
      height[index] = size * strength * (0.5 * Math.exp(-((own - hole) ** 2) / 0.01) + 0.2 * wave[index]! - 1.2 * pit);
      tone[index] = 1 - 0.65 * pit;
    }
    if (kind === 'wrinkles') height[index] = -size * strength * Math.abs(wave[index]!);
    if (kind === 'plates') height[index] = size * strength * smoothStep(own / 0.15) * (0.6 + 0.4 * cells.identity[index]!) + size * 0.05 * wave[index]!;
    if (kind === 'threads') height[index] = size * strength * (Math.exp(-((own / 0.1) ** 2)) + 0.4 * Math.exp(-((wave[index]! / 0.2) ** 2)));
  }
  return { height, tone };
}

/** A spore, an egg, a bud, a head: one or two large rounded bodies that fill much of the picture, with the skin of something grown. */
export function bodies(grid: Grid, random: Random): Float32Array {
  const relief = chance(random, 0.6) ? createRelief(grid, { material: between(random, 0.02, 0.3), roughness: 0.0005, height: -0.05 }) : ground(grid, random);
  const size = logBetween(random, 0.008, 0.06);
  const skin = drawSkin(grid, random, size);
  const material = between(random, 0.4, 0.7);
  for (let count = pick(random, [1, 1, 2, 3]); count > 0; count--) {
    const radius = logBetween(random, 0.25, 0.75) / Math.sqrt(count);
    drawBody(relief, { ...anywhere(grid, random, -0.08), radius, across: between(random, 0.4, 1), up: between(random, 0.35, 0.8), angle: between(random, 0, Math.PI) }, { skin, material, roughness: logBetween(random, 0.0005, 0.004) });
  }
  resettle(relief, 3);
  for (let crumb = random.integer(30); crumb > 0; crumb--) {
    const { x, y } = anywhere(grid, random);
    const own = logBetween(random, 0.003, 0.012);
    drawEllipsoid(relief, { x, y, z: heightAt(relief, x, y), radius: own * between(random, 1, 3), radiusAcross: own, angle: between(random, 0, 3), material: 0.8, roughness: 0.001 });
  }
  for (let hair = chance(random, 0.4) ? random.integer(14) : 0; hair > 0; hair--) {
    const { x, y } = anywhere(grid, random);
    drawTube(relief, strand(random, { x, y, z: heightAt(relief, x, y), angle: between(random, 0, 6.3), length: between(random, 0.05, 0.3), radius: logBetween(random, 0.002, 0.008), step: 0.015, curl: 4, rise: 0.3, taper: 0.4 }), { material: material * 1.1, roughness: 0.001 });
  }
  return develop(relief, random, { occlusionWidths: [size * 0.6, size * 3], occlusion: between(random, 0.3, 0.9), maxSecant: 2.8, bump: noisePlane(grid, random, { cell: logBetween(random, 0.006, 0.03), octaves: 5, gain: 0.6 }) });
}

/** A leaf or a petal from above: bulging or interlocked cells, stomata, hairs, wax. */
export function leaf(grid: Grid, random: Random): Float32Array {
  const cell = logBetween(random, 0.06, 0.25);
  const jigsaw = pick(random, [0.03, between(random, 0.05, 0.22)]);
  const warp = { x: noisePlane(grid, random, { cell: cell * 0.55, octaves: 1 }), y: noisePlane(grid, random, { cell: cell * 0.55, octaves: 1 }), amplitude: cell * jigsaw };
  const cells = cellPlanes(grid, random, { cell, jitter: between(random, 0.4, 1), hexagonal: true, stretch: pick(random, [1, between(random, 1, 5)]), angle: between(random, 0, Math.PI), warp });
  const ripples = noisePlane(grid, random, { cell: cell * 0.12, octaves: 2, stretch: between(random, 1, 6), angle: between(random, 0, Math.PI) });
  const sag = noisePlane(grid, random, { cell: cell * 3, octaves: 3 });
  const [bulge, furrow, ripple] = [cell * between(random, 0.08, 0.5), between(random, 0.05, 0.25), cell * pick(random, [0, between(random, 0.002, 0.02)])];
  const relief = createRelief(grid, { material: between(random, 0.4, 0.6), roughness: logBetween(random, 0.0005, 0.003) });
  const heights = createPlane(grid);
  for (let index = 0; index < heights.length; index++) heights[index] = bulge * Math.sqrt(smoothStep(cells.border[index]! / (furrow + 0.25))) + ripple * ripples[index]! + cell * 0.12 * sag[index]!;
  addHeight(relief, heights, 1);
  resettle(relief, 2.5);
  const stoma = cell * between(random, 0.25, 0.5);
  const along = between(random, 0, Math.PI);
  const spread = pick(random, [0.15, 3]);
  for (let index = chance(random, 0.6) ? Math.round(between(random, 0.05, 0.5) / (cell * cell * 6)) : 0; index > 0; index--) {
    const { x, y } = anywhere(grid, random);
    const angle = along + spread * random.gaussian();
    const z = heightAt(relief, x, y) - stoma * 0.2;
    for (const side of [-1, 1]) drawEllipsoid(relief, { x: x - side * stoma * 0.28 * Math.sin(angle), y: y + side * stoma * 0.28 * Math.cos(angle), z, radius: stoma, radiusAcross: stoma * 0.36, radiusUp: stoma * 0.35, angle, material: 0.55, roughness: 0.001 });
    drawEllipsoid(relief, { x, y, z: z + stoma * 0.3, radius: stoma * 0.6, radiusAcross: stoma * 0.08, radiusUp: stoma * 0.1, angle, material: 0.08, roughness: 0 });
  }
  for (let hair = chance(random, 0.35) ? 1 + random.integer(25) : 0; hair > 0; hair--) {
    const { x, y } = anywhere(grid, random);
    drawTube(relief, strand(random, { x, y, z: heightAt(relief, x, y), angle: along + 0.6 * random.gaussian(), length: cell * between(random, 1, 5), radius: cell * between(random, 0.06, 0.18), step: 0.012, curl: 4, rise: 0.4, taper: 0.1 }), { material: 0.6, roughness: 0.002 });
  }
  const wax = logBetween(random, 0.002, 0.007);
  for (let crystal = chance(random, 0.35) ? 400 + random.integer(3000) : 0; crystal > 0; crystal--) {
    const { x, y } = anywhere(grid, random);
    drawEllipsoid(relief, { x, y, z: heightAt(relief, x, y), radius: wax * between(random, 1, 3), radiusAcross: wax * 0.5, angle: between(random, 0, 3), material: 0.75, roughness: 0 });
  }
  return develop(relief, random, { occlusionWidths: [cell * 0.15, cell * 0.6], occlusion: between(random, 0.3, 0.9), maxSecant: 2.6, bump: noisePlane(grid, random, { cell: cell * 0.15, octaves: 4 }) });
}

/** Directions spread evenly over a sphere (a golden spiral). */
const spread = (count: number): (readonly [number, number, number])[] => Array.from({ length: count }, (_, index) => {
  const z = 1 - (2 * index + 1) / count;
  const across = Math.sqrt(1 - z * z);
  return [across * Math.cos(index * 2.39996), across * Math.sin(index * 2.39996), z] as const;
});

/** Pollen on what it fell on: grains with broad spines or smooth with furrows, one that fills the picture up to many, on tissue or on tape. */
export function pollen(grid: Grid, random: Random): Float32Array {
  const relief = ground(grid, random, between(random, 0.1, 0.45));
  if (chance(random, 0.5)) {
    const folds = noisePlane(grid, random, { cell: logBetween(random, 0.05, 0.2), octaves: 4 });
    addHeight(relief, folds.map((value) => -Math.abs(value)), between(random, 0.01, 0.04));
  }
  const radius = logBetween(random, 0.035, 0.28);
  const material = between(random, 0.45, 0.7);
  const count = 1 + random.integer(Math.min(40, Math.ceil(0.25 / (radius * radius))));
  const spines = chance(random, 0.7) ? pick(random, [30, 60, 110, 200]) : 0;
  const [tall, broad] = [between(random, 0.12, 0.4), between(random, 0.5, 1.1)];
  const squash = pick(random, [1, between(random, 0.5, 0.9)]);
  for (let grain = 0; grain < count; grain++) {
    const { x, y } = anywhere(grid, random, grain === 0 ? -0.2 : 0.05);
    const own = logNormal(random, radius, 0.08);
    const angle = between(random, 0, 6.3);
    const z = heightAt(relief, x, y) + own * 0.6;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    drawEllipsoid(relief, { x, y, z, radius: own, radiusAcross: own * squash, radiusUp: own * squash, angle, material, roughness: logBetween(random, 0.0005, 0.004) });
    for (const [nx, ny, nz] of spread(spines)) {
      if (nz < -0.2) continue;
      const [u, v] = [nx * cos - ny * squash * sin, nx * sin + ny * squash * cos];
      const base = own * broad * Math.sqrt(2 / spines);
      const spine = Array.from({ length: 6 }, (_, step) => ({ x: x + u * own * (0.95 + (tall * step) / 5), y: y + v * own * (0.95 + (tall * step) / 5), z: z + nz * squash * own * (0.95 + (tall * step) / 5), radius: base * (1 - step / 5.5) ** 1.6 }));
      drawTube(relief, spine, { material: material * 1.05, roughness: 0.001 });
    }
    for (let furrow = spines === 0 ? 1 + random.integer(3) : 0; furrow > 0; furrow--) drawEllipsoid(relief, { x: x - own * 0.35 * (furrow - 1.5) * squash * sin, y: y + own * 0.35 * (furrow - 1.5) * squash * cos, z: z + own * squash * 0.93, radius: own * 0.8, radiusAcross: own * 0.045, radiusUp: own * 0.05, angle, material: material * 0.4, roughness: 0 });
  }
  return develop(relief, random, { occlusionWidths: [radius * 0.2, radius * 0.8], occlusion: between(random, 0.4, 1), bump: noisePlane(grid, random, { cell: logBetween(random, 0.006, 0.03), octaves: 4, gain: 0.6 }) });
}
