import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, logNormal, pick } from '../draws.ts';
import { noisePlane } from '../noise.ts';
import type { Grid } from '../raster.ts';
import { addHeight, createRelief, type Relief } from '../relief.ts';
import { develop } from '../shade.ts';
import { drawEllipsoid, drawTube, type TubePoint } from '../solids.ts';
import { strand } from '../strands.ts';
import { anywhere, ground, heightAt, smoothStep } from './ground.ts';

/** Specks, droplets and crumbs on the ground about a fibre. */
function specks(grid: Grid, random: Random, relief: Relief): void {
  const size = logBetween(random, 0.001, 0.004);
  for (let speck = random.integer(40); speck > 0; speck--) {
    const [{ x, y }, own] = [anywhere(grid, random, 0), logNormal(random, size, 0.5)];
    drawEllipsoid(relief, { x, y, z: heightAt(relief, x, y), radius: own * between(random, 1, 1.6), radiusAcross: own, radiusUp: own * between(random, 0.2, 1), angle: between(random, 0, 3), material: relief.material[0]! * between(random, 0.7, 2.2), roughness: 0.001 });
  }
}

interface Ribbon {
  readonly points: readonly TubePoint[];
  readonly radius: number;
  readonly material: number;
  /** Thickness over width. */
  readonly flatness: number;
  /** Share of the width that has sunk in, between two edges; 0 a full fibre. */
  readonly hollow: number;
  readonly end: 'cut' | 'frayed' | 'bulb' | 'tapered';
}

function drawEnd(relief: Relief, random: Random, fibre: Ribbon & { readonly tip: TubePoint; readonly angle: number }): void {
  const { radius, material, tip, angle } = fibre;
  if (fibre.end === 'bulb') drawEllipsoid(relief, { ...tip, radius: radius * between(random, 1.4, 2.6), radiusAcross: radius * between(random, 1.2, 1.9), angle, material: material * 1.1, roughness: 0.0008 });
  if (fibre.end !== 'frayed') return;
  for (let hair = 2 + random.integer(6); hair > 0; hair--) drawTube(relief, strand(random, { x: tip.x, y: tip.y + radius * 0.4 * random.gaussian(), z: tip.z, angle: angle + 0.5 * random.gaussian(), length: radius * between(random, 2, 9), radius: radius * between(random, 0.15, 0.4), step: radius, curl: 0.4 / radius, taper: 0.5 }), { material: material * between(random, 0.9, 1.2), roughness: 0.001 });
}

/** A flattened fibre that twists: its width comes and goes, its middle lies lower than its edges. */
function drawRibbon(relief: Relief, random: Random, fibre: Ribbon): void {
  const { points } = fibre;
  const twist = between(random, 0, 0.35);
  const start = between(random, 0, 6.3);
  const twisted = points.map((point, index) => ({ ...point, radius: point.radius * (1 - (1 - fibre.flatness) * 0.7 * Math.max(0, Math.sin(start + twist * index)) ** 3) }));
  drawTube(relief, twisted, { material: fibre.material, roughness: 0.0012, flatness: fibre.flatness });
  // The sunken middle wins over the fibre by a hair's height and is flat, so that only the edges stay bright.
  if (fibre.hollow > 0) drawTube(relief, twisted.map((point) => ({ ...point, z: point.z + point.radius * fibre.flatness * 0.75, radius: point.radius * fibre.hollow })), { material: fibre.material * between(random, 0.5, 0.8), roughness: 0.0015, flatness: fibre.flatness * 0.3 });
  for (const [tip, before] of [[points.at(-1)!, points.at(-2)!], [points[0]!, points[1]!]] as const) drawEnd(relief, random, { ...fibre, tip, angle: Math.atan2(tip.y - before.y, tip.x - before.x) });
}

/** One to eight single fibres on an even ground with specks: short and long, straight and bent, flat and round. */
function few(grid: Grid, random: Random): Float32Array {
  const tone = between(random, 0.15, 0.5);
  const relief = chance(random, 0.7) ? createRelief(grid, { material: tone, roughness: between(random, 0.0001, 0.0008) }) : ground(grid, random, tone);
  specks(grid, random, relief);
  const radius = logBetween(random, 0.004, 0.018);
  const material = tone * logBetween(random, 1.1, 4);
  const flatness = pick(random, [1, between(random, 0.25, 0.7)]);
  const hollow = chance(random, 0.65) ? between(random, 0.45, 0.8) : 0;
  const end = pick(random, ['cut', 'cut', 'frayed', 'bulb', 'tapered'] as const);
  const count = 1 + random.integer(pick(random, [2, 8]));
  for (let index = 0; index < count; index++) {
    const angle = between(random, 0, 6.3);
    const { x, y } = anywhere(grid, random, count < 3 ? -0.25 : 0);
    const own = logNormal(random, radius, 0.35);
    const long = Math.max(14 * own, pick(random, [between(random, 0.1, 0.45), between(random, 0.4, 1.4)]));
    const points = strand(random, { x: x - (long / 2) * Math.cos(angle), y: y - (long / 2) * Math.sin(angle), z: own, angle, length: long, radius: own, step: 0.012, curl: pick(random, [between(random, 0.3, 1.5), between(random, 1, 6)]), persistence: between(random, 0.1, 0.6), taper: end === 'tapered' ? between(random, 0.15, 0.6) : 1, unevenness: between(random, 0, 0.12) });
    drawRibbon(relief, random, { points, radius: own, material: material * between(random, 0.85, 1.15), flatness, hollow, end: chance(random, 0.7) ? end : 'cut' });
  }
  // So few fibres leave the ground among the brightest hundredth: a low white keeps it dark.
  return develop(relief, random, { occlusionWidths: [radius * 2, radius * 6], occlusion: between(random, 0.1, 0.7), bump: noisePlane(grid, random, { cell: 0.012, octaves: 4 }), detector: between(random, 0.03, 0.25), white: pick(random, [between(random, 0.2, 0.4), between(random, 0.4, 0.95)]) });
}

/** Fibres half sunk in a skin, a binder or a melt that drapes over them and spans between them, with holes in it. */
function swallowed(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: between(random, 0.4, 0.6), roughness: between(random, 0.0004, 0.003) });
  const skin = noisePlane(grid, random, { cell: between(random, 0.15, 0.5), octaves: 3 });
  const radius = logBetween(random, 0.007, 0.03);
  addHeight(relief, skin, radius * between(random, 0.3, 1.5));
  const main = between(random, 0, Math.PI);
  const along = pick(random, [0.3, 3]);
  for (let index = Math.round(between(random, 0.15, 0.6) / radius); index > 0; index--) {
    const angle = main + along * random.gaussian();
    const { x, y } = anywhere(grid, random, 0.2);
    const points = strand(random, { x, y, z: radius * between(random, -1, 1), angle, length: between(random, 0.3, 1.6), radius: logNormal(random, radius, 0.25), step: 0.02, curl: between(random, 0.5, 4), persistence: 0.3, taper: between(random, 0.5, 1) });
    drawTube(relief, points.map((point, at) => ({ ...point, z: point.z + radius * 1.6 * Math.sin(at * 0.25 + index) })), { material: relief.material[0]! * between(random, 0.95, 1.15), roughness: 0.0012 });
    // Where it dives, the skin follows: a flat fillet to both sides.
    drawTube(relief, points.map((point, at) => ({ ...point, z: point.z * 0.3 - radius * 1.5 + radius * 1.2 * Math.sin(at * 0.25 + index), radius: radius * between(random, 2, 2.6) })), { material: relief.material[0]!, roughness: 0.0012, flatness: 0.5 });
  }
  const gaps = noisePlane(grid, random, { cell: between(random, 0.06, 0.2), octaves: 3 });
  const rare = between(random, 1.5, 3.5);
  for (let index = 0; index < gaps.length; index++) relief.material[index]! *= 1 - 0.75 * smoothStep((gaps[index]! - rare) / 0.1);
  return develop(relief, random, { occlusionWidths: [radius, radius * 4], occlusion: between(random, 0.3, 0.9), bump: noisePlane(grid, random, { cell: 0.02, octaves: 5 }), white: between(random, 0.6, 0.95) });
}

/** One to five thick fibres with a crust that flakes off, crumbs along their flanks and a granular ground behind. */
function crusted(grid: Grid, random: Random): Float32Array {
  const relief = ground(grid, random);
  const radius = logBetween(random, 0.035, 0.16);
  const material = between(random, 0.4, 0.7);
  const lie = between(random, 0, Math.PI);
  const paths: TubePoint[][] = [];
  for (let index = 1 + random.integer(radius > 0.08 ? 3 : 6); index > 0; index--) {
    const angle = lie + (chance(random, 0.6) ? 0.15 : 0.9) * random.gaussian();
    const { x, y } = anywhere(grid, random, 0);
    const points = strand(random, { x: x - Math.cos(angle), y: y - Math.sin(angle), z: radius * between(random, 0, 1.5), angle, length: 2, radius: logNormal(random, radius, 0.2), step: 0.03, curl: between(random, 0, 1.2), persistence: 0.5, unevenness: 0.01 });
    drawTube(relief, points, { material: material * between(random, 0.85, 1.1), roughness: between(random, 0.0008, 0.004) });
    paths.push(points);
  }
  const crust = noisePlane(grid, random, { cell: radius * between(random, 0.4, 1.5), octaves: 6, gain: 0.55, stretch: between(random, 1, 3), angle: lie });
  const threshold = between(random, -0.3, 1.4);
  const [thick, tone] = [radius * between(random, 0.03, 0.12), pick(random, [between(random, 0.75, 0.95), between(random, 1.05, 1.3)])];
  const plane = crust.map((value) => smoothStep((value - threshold) / 0.12));
  for (let index = 0; index < plane.length; index++) {
    plane[index]! *= smoothStep(relief.height[index]! / radius - 0.2);
    relief.material[index]! *= 1 + (tone - 1) * plane[index]!;
  }
  addHeight(relief, plane, thick);
  const crumb = radius * between(random, 0.03, 0.12);
  for (const points of paths) {
    for (let one = random.integer(80); one > 0; one--) {
      const point = points[random.integer(points.length)]!;
      const [x, y] = [point.x + radius * between(random, -1.2, 1.2), point.y + radius * between(random, -1.2, 1.2)];
      const own = logNormal(random, crumb, 0.5);
      drawEllipsoid(relief, { x, y, z: heightAt(relief, x, y), radius: own * between(random, 1, 2), radiusAcross: own, angle: between(random, 0, 3), material: material * between(random, 0.9, 1.35), roughness: 0.002 });
    }
  }
  return develop(relief, random, { occlusionWidths: [radius * 0.3, radius * 1.2], occlusion: between(random, 0.3, 0.9), bump: noisePlane(grid, random, { cell: radius * 0.6, octaves: 6, gain: 0.55 }), detector: between(random, 0.1, 0.4), tilt: between(random, 0.2, 0.5) });
}

/** Single fibres: a few on an even ground, half sunk in a skin, thick ones with a crust. */
export const SINGLE_FIBRES = [few, few, few, swallowed, crusted] as const;
