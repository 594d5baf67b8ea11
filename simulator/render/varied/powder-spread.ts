import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, logNormal, pick } from '../draws.ts';
import { grainFaces } from '../grains.ts';
import { noisePlane } from '../noise.ts';
import type { Grid } from '../raster.ts';
import { createRelief, type Relief } from '../relief.ts';
import { develop } from '../shade.ts';
import { drawEllipsoid, drawPolyhedron } from '../solids.ts';
import { anywhere, heightAt } from './ground.ts';

/** An atomised grain: nearly round, drop-shaped or grown together, with satellites, a splash cap, or a torn skin. */
function drawGrain(relief: Relief, random: Random, grain: { x: number; y: number; radius: number; material: number; roughness: number; satellites: number }): void {
  const { x, y, radius, material, roughness } = grain;
  const z = radius * 0.9;
  const angle = between(random, 0, 6.3);
  const long = chance(random, 0.18) ? between(random, 1.15, 1.9) : 1;
  drawEllipsoid(relief, { x, y, z, radius: radius * long, radiusAcross: radius, angle, material, roughness });
  for (let satellite = chance(random, grain.satellites) ? 1 + random.integer(5) : 0; satellite > 0; satellite--) {
    const [up, around, own] = [between(random, 0, 0.9), between(random, 0, 6.3), radius * logBetween(random, 0.08, 0.4)];
    const away = radius * Math.sqrt(1 - up * up);
    drawEllipsoid(relief, { x: x + away * Math.cos(around), y: y + away * Math.sin(around), z: z + up * radius, radius: own, material: material * between(random, 0.95, 1.2), roughness });
  }
  if (chance(random, 0.08)) drawEllipsoid(relief, { x: x + 0.2 * radius * Math.cos(angle), y: y + 0.2 * radius * Math.sin(angle), z: z + radius * 0.8, radius: radius * 0.7, radiusAcross: radius * 0.55, radiusUp: radius * 0.25, angle, material: material * 1.15, roughness: roughness * 1.5 });
}

/** Atomised powder spread on dark tape: hundreds of grains of all sizes in one layer, fines in the gaps, odd lumps. */
function spread(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: between(random, 0.015, 0.12), roughness: 0.001 });
  const median = logBetween(random, 0.01, 0.035);
  const sigma = between(random, 0.35, 0.75);
  const material = between(random, 0.4, 0.75);
  const roughness = logBetween(random, 0.0008, 0.006);
  const satellites = between(random, 0.1, 0.7);
  const count = Math.min(2500, Math.round((between(random, 2, 5) * grid.aspect) / (Math.PI * median * median * Math.exp(2 * sigma * sigma))));
  const taken: { x: number; y: number; radius: number }[] = [];
  for (let index = 0; index < count; index++) {
    const radius = logNormal(random, median, sigma);
    const { x, y } = anywhere(grid, random);
    // One layer: a grain finds a place of its own, or nearly.
    if (taken.some((other) => (other.x - x) ** 2 + (other.y - y) ** 2 < (0.85 * (other.radius + radius)) ** 2)) continue;
    taken.push({ x, y, radius });
    const tone = material * between(random, 0.75, 1.2);
    if (!chance(random, 0.04)) {
      drawGrain(relief, random, { x, y, radius, material: tone, roughness, satellites });
      continue;
    }
    for (let part = 0; part < 14; part++) drawEllipsoid(relief, { x: x + radius * 0.6 * random.gaussian(), y: y + radius * 0.6 * random.gaussian(), z: radius * 0.6, radius: radius * between(random, 0.2, 0.6), radiusAcross: radius * between(random, 0.2, 0.5), angle: between(random, 0, 3), material: tone * between(random, 0.8, 1.2), roughness: roughness * 1.6 });
  }
  return develop(relief, random, { occlusionWidths: [median * 0.8, median * 3], occlusion: between(random, 0.3, 0.8), bump: noisePlane(grid, random, { cell: median * between(random, 0.4, 1), octaves: 4, gain: 0.65 }), detector: between(random, 0.05, 0.35), tilt: between(random, 0.2, 0.5) });
}

/** Rods, needles, prisms and blocks of all sizes tumbled over each other: crystallised or milled substances, with fines on them. */
function tumbled(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: between(random, 0.04, 0.2), roughness: 0.001, height: -0.1 });
  const thick = logBetween(random, 0.008, 0.04);
  const long = between(random, 1.2, 5);
  const material = between(random, 0.45, 0.8);
  const count = Math.min(1500, Math.round((between(random, 1.5, 3.5) * grid.aspect) / (thick * thick * long * 4)));
  const sizes = between(random, 0.3, 0.7);
  for (let index = 0; index < count; index++) {
    const own = logNormal(random, thick, sizes);
    const half = own * long * between(random, 0.5, 1.5);
    const turn = between(random, 0, 6.3);
    const dive = 0.5 * random.gaussian();
    const axis = [Math.cos(turn) * Math.cos(dive), Math.sin(turn) * Math.cos(dive), Math.sin(dive)] as const;
    const u = [-Math.sin(turn), Math.cos(turn), 0] as const;
    const v = [-Math.cos(turn) * Math.sin(dive), -Math.sin(turn) * Math.sin(dive), Math.cos(dive)] as const;
    const sides = pick(random, [4, 4, 6]);
    const roll = between(random, 0, 6.3);
    const walls = Array.from({ length: sides }, (_, side) => {
      const [c, s] = [Math.cos(roll + (2 * Math.PI * side) / sides), Math.sin(roll + (2 * Math.PI * side) / sides)];
      return [c * u[0] + s * v[0], c * u[1] + s * v[1], c * u[2] + s * v[2], own * (side % 2 === 0 ? 1 : between(random, 0.5, 1))] as const;
    });
    drawPolyhedron(relief, { ...anywhere(grid, random), z: thick * 5 * (index / count) + thick * random.gaussian(), faces: [...walls, [...axis, half], [-axis[0], -axis[1], -axis[2], half]], reach: half + own * 1.6, rounding: own * between(random, 0.08, 0.25), edge: between(random, 0.1, 0.4), material: material * between(random, 0.85, 1.12), roughness: 0.0012 });
  }
  for (let fine = random.integer(900); fine > 0; fine--) {
    const { x, y } = anywhere(grid, random, 0);
    const own = thick * logBetween(random, 0.06, 0.3);
    drawEllipsoid(relief, { x, y, z: heightAt(relief, x, y), radius: own * between(random, 1, 1.8), radiusAcross: own, angle: between(random, 0, 3), material: material * 1.1, roughness: 0.001 });
  }
  return develop(relief, random, { occlusionWidths: [thick, thick * 4], occlusion: between(random, 0.5, 1.1), bump: noisePlane(grid, random, { cell: thick, octaves: 5 }) });
}

/** Seen from afar: thousands of broken grains, a few pixels wide or many, thinly on tape or all over it. */
function afar(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: between(random, 0.03, 0.25), roughness: 0.001 });
  const grain = logBetween(random, 0.003, 0.012);
  const sizes = between(random, 0.5, 0.9);
  const material = between(random, 0.45, 0.85);
  const count = Math.min(5000, Math.round((between(random, 0.4, 1.8) * grid.aspect) / (3 * grain * grain * Math.exp(2 * sizes * sizes))));
  const clumped = noisePlane(grid, random, { cell: between(random, 0.08, 0.4), octaves: 3 });
  const gaps = between(random, 0.4, 2.5);
  for (let index = 0; index < count; index++) {
    const { x, y } = anywhere(grid, random, 0);
    if (clumped[Math.min(grid.heightPx - 1, Math.floor(y * grid.widthPx)) * grid.widthPx + Math.min(grid.widthPx - 1, Math.floor(x * grid.widthPx))]! < -gaps) continue;
    const own = logNormal(random, grain, sizes);
    const common = { x, y, z: heightAt(relief, x, y) + own * between(random, 0, 0.5), material: material * between(random, 0.75, 1.2), roughness: 0.002 };
    if (own > grain * 1.3) drawPolyhedron(relief, { ...common, faces: grainFaces(random, { radius: own, count: 9, elongation: between(random, 1, 2) }), reach: own * 3, rounding: own * 0.2, edge: 0.2 });
    else drawEllipsoid(relief, { ...common, radius: own * between(random, 1, 1.8), radiusAcross: own, angle: between(random, 0, 3) });
  }
  return develop(relief, random, { occlusionWidths: [grain * 1.5, grain * 6], occlusion: between(random, 0.5, 1.1), bump: noisePlane(grid, random, { cell: grain * 2, octaves: 4, gain: 0.6 }) });
}

/** Powder in a thin or open layer: atomised grains on tape, tumbled crystals, broken grains from afar. */
export const SPREAD_POWDER = [spread, spread, tumbled, afar] as const;
