import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, pick } from '../draws.ts';
import { noisePlane } from '../noise.ts';
import type { Grid } from '../raster.ts';
import { createRelief, type Relief, type Surface } from '../relief.ts';
import { develop } from '../shade.ts';
import { drawEllipsoid, drawPolyhedron, drawTube, type TubePoint } from '../solids.ts';
import { ground } from './ground.ts';

const vacuum = (grid: Grid, random: Random): Relief => {
  const relief = createRelief(grid, { material: between(random, 0.02, 0.4), roughness: 0, height: -0.6 });
  const haze = noisePlane(grid, random, { cell: between(random, 0.3, 0.9), octaves: 2 });
  for (let index = 0; index < haze.length; index++) relief.material[index]! *= 1 + 0.15 * haze[index]!;
  return relief;
};

interface Cone extends Surface {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly angle: number;
  readonly apex: number;
  readonly halfAngle: number;
  readonly shank: number;
  readonly power: number;
}

function drawCone(relief: Relief, random: Random, cone: Cone): TubePoint[] {
  const points: TubePoint[] = [];
  for (let along = 0; along < 1.6; along += 0.012) {
    const wide = cone.apex + Math.tan(cone.halfAngle) * along ** cone.power;
    points.push({ x: cone.x + along * Math.cos(cone.angle), y: cone.y + along * Math.sin(cone.angle), z: cone.z + 0.05 * along, radius: cone.shank * (1 - Math.exp(-wide / cone.shank)) * (1 + 0.012 * random.gaussian()) });
  }
  drawTube(relief, points, cone);
  return points;
}

const coneAt = (grid: Grid, random: Random): Omit<Cone, keyof Surface> => {
  const angle = between(random, 0, 2 * Math.PI);
  const away = between(random, 0, 0.3);
  return { x: 0.5 - away * Math.cos(angle) + between(random, -0.1, 0.1), y: grid.aspect / 2 - away * Math.sin(angle) + between(random, -0.08, 0.08), z: 0.1, angle, apex: logBetween(random, 0.002, 0.06), halfAngle: between(random, 0.05, 0.4), shank: between(random, 0.05, 0.3), power: pick(random, [1, 1, between(random, 0.7, 1.8)]) };
};

const surfaceOf = (random: Random) => ({ material: between(random, 0.4, 0.85), roughness: logBetween(random, 0.0003, 0.005) });

/** A needle before any ground or none: clean, dirty, etched in steps or blunt. */
function needle(grid: Grid, random: Random): Float32Array {
  const relief = chance(random, 0.5) ? vacuum(grid, random) : ground(grid, random);
  const cone = coneAt(grid, random);
  const surface = surfaceOf(random);
  const points = drawCone(relief, random, { ...cone, ...surface });
  for (let dirt = chance(random, 0.5) ? random.integer(60) : 0; dirt > 0; dirt--) {
    const point = points[random.integer(70)]!;
    const across = between(random, -1, 1);
    drawEllipsoid(relief, { x: point.x - across * point.radius * Math.sin(cone.angle), y: point.y + across * point.radius * Math.cos(cone.angle), z: point.z + point.radius * Math.sqrt(1 - across * across), radius: logBetween(random, 0.002, 0.02), material: surface.material * between(random, 0.8, 1.3), roughness: 0.002 });
  }
  return develop(relief, random, { occlusion: 0.15, bump: noisePlane(grid, random, { cell: logBetween(random, 0.01, 0.06), octaves: 5, stretch: pick(random, [1, 3, 8]), angle: cone.angle }), detector: between(random, 0.1, 0.45) });
}

/** A needle that holds a lamella or a block, beside a grid post, or a lamella in its trench. */
function liftOut(grid: Grid, random: Random): Float32Array {
  const relief = chance(random, 0.5) ? vacuum(grid, random) : ground(grid, random, between(random, 0.2, 0.5));
  const cone = { ...coneAt(grid, random), angle: pick(random, [Math.PI, 0.8 * Math.PI, 0.65 * Math.PI, between(random, 0, 6.3)]) + 0.1 * random.gaussian(), apex: between(random, 0.01, 0.05), halfAngle: between(random, 0.08, 0.35) };
  const block = { wide: between(random, 0.05, 0.22), high: between(random, 0.04, 0.12) };
  const material = between(random, 0.45, 0.75);
  const [x, y] = [cone.x - Math.cos(cone.angle) * block.wide * 0.5, cone.y - Math.sin(cone.angle) * block.high * 0.5];
  const slab = (box: { x: number; y: number; z: number; wide: number; high: number; material: number; roughness: number }): void =>
    drawPolyhedron(relief, { ...box, faces: [[0, 0, 1, 0.02], [0, 0.85, 0.53, box.high * 0.3], [1, 0, 0, box.wide / 2], [-1, 0, 0, box.wide / 2], [0, -1, 0, box.high / 2], [0, 1, 0, box.high / 2]], reach: Math.max(box.wide, box.high), rounding: 0.004, edge: 0.4 });
  if (chance(random, 0.5)) {
    const wide = between(random, 0.12, 0.5);
    slab({ x: chance(random, 0.5) ? x + block.wide / 2 + wide / 2 + between(random, -0.02, 0.15) : x, y: chance(random, 0.7) ? grid.aspect / 2 : grid.aspect * 0.9, z: 0, wide, high: chance(random, 0.7) ? 2 : 0.4, material: material * between(random, 0.7, 1.3), roughness: between(random, 0.001, 0.005) });
  } else {
    for (let trench = 1 + random.integer(4); trench > 0; trench--) {
      const [tx, ty] = trench === 1 ? [x, y] : [random.uniform(), random.uniform() * grid.aspect];
      drawPolyhedron(relief, { x: tx, y: ty, z: 0.004, faces: [[0, 0, 1, 0.001], [1, 0, 0, block.wide], [-1, 0, 0, block.wide], [0, 1, 0, block.high], [0, -1, 0, block.high]], reach: 0.5, rounding: 0.006, edge: 0.6, material: between(random, 0.02, 0.15), roughness: 0 });
    }
  }
  slab({ x, y, z: 0.08, ...block, material, roughness: 0.003 });
  if (chance(random, 0.9)) drawCone(relief, random, { ...cone, ...surfaceOf(random), material: between(random, 0.5, 0.9) });
  return develop(relief, random, { occlusionWidths: [0.01, 0.05], occlusion: 0.4, bump: noisePlane(grid, random, { cell: 0.02, octaves: 5, gain: 0.6 }) });
}

/** A pyramid or cone from above or at an angle, filling the picture: probes, field emitters, indenters. */
function pyramid(grid: Grid, random: Random): Float32Array {
  const relief = ground(grid, random, between(random, 0.1, 0.45));
  const sides = pick(random, [3, 4, 4, 6, 8, 24]);
  const turn = between(random, 0, Math.PI);
  const [leanX, leanY] = [0.35 * random.gaussian(), 0.35 * random.gaussian()];
  const size = between(random, 0.12, 0.4);
  const steep = between(random, 0.4, 1);
  const faces = Array.from({ length: sides }, (_, side) => {
    const around = turn + (2 * Math.PI * side) / sides;
    const normal = [Math.cos(around) + leanX, Math.sin(around) + leanY, steep] as const;
    const norm = Math.sqrt(normal[0] ** 2 + normal[1] ** 2 + normal[2] ** 2);
    return [normal[0] / norm, normal[1] / norm, normal[2] / norm, (size * 0.8) / norm] as const;
  });
  const [x, y] = [0.5 + 0.1 * random.gaussian(), grid.aspect / 2 + 0.08 * random.gaussian()];
  drawPolyhedron(relief, { x, y, z: 0, faces: [...faces, [0, 0, -1, 0.001]], reach: size * 2.2, rounding: 0.005, edge: between(random, 0.2, 0.7), ...surfaceOf(random) });
  const apex = chance(random, 0.5) ? logBetween(random, 0.004, 0.03) : 0;
  if (apex > 0) drawEllipsoid(relief, { x: x + leanX * size * 0.3, y: y + leanY * size * 0.3, z: size * 0.8 / steep, radius: apex, material: 0.9, roughness: 0 });
  return develop(relief, random, { occlusion: 0.3, detector: between(random, 0.15, 0.5), bump: noisePlane(grid, random, { cell: 0.03, octaves: 5 }) });
}

/** A beam seen from the side with its tip pointing down, up or sideways. */
function beamWithTip(grid: Grid, random: Random): Float32Array {
  const relief = vacuum(grid, random);
  const surface = surfaceOf(random);
  const angle = pick(random, [0, Math.PI, 0.1 * random.gaussian(), between(random, 0, 6.3)]);
  const thick = between(random, 0.02, 0.12);
  const end = { x: 0.5 + between(random, 0, 0.25) * Math.cos(angle), y: grid.aspect / 2 + between(random, 0, 0.15) * Math.sin(angle) };
  drawTube(relief, [{ ...end, z: 0, radius: thick }, { x: end.x - 1.5 * Math.cos(angle), y: end.y - 1.5 * Math.sin(angle), z: 0, radius: thick * between(random, 1, 1.5) }], { ...surface, flatness: 0.3 });
  const root = between(random, 0, 0.12);
  const side = pick(random, [-1, 1]);
  const long = between(random, 0.1, 0.35);
  const down = angle + side * Math.PI / 2 + 0.15 * random.gaussian();
  const foot = { x: end.x - root * Math.cos(angle), y: end.y - root * Math.sin(angle) };
  const wide = long * between(random, 0.15, 0.5);
  drawTube(relief, Array.from({ length: 30 }, (_, index) => ({ x: foot.x + (index / 29) * long * Math.cos(down), y: foot.y + (index / 29) * long * Math.sin(down), z: 0.02, radius: wide * (1 - index / 29) + 0.002 })), { ...surface, flatness: 0.6 });
  return develop(relief, random, { occlusion: 0.1, detector: between(random, 0.1, 0.5), bump: noisePlane(grid, random, { cell: 0.03, octaves: 5 }) });
}

/** The end of a tip close by: it fills the picture from one side, its apex round. */
function apexCloseBy(grid: Grid, random: Random): Float32Array {
  const relief = vacuum(grid, random);
  const angle = pick(random, [Math.PI / 2, -Math.PI / 2, between(random, 0, 6.3)]);
  const cone = { x: 0.5 - between(random, 0.02, 0.25) * Math.cos(angle), y: grid.aspect / 2 - between(random, 0.02, 0.22) * Math.sin(angle), z: 0, angle, apex: between(random, 0.02, 0.14), halfAngle: between(random, 0.05, 0.6), shank: 0.8, power: 1 };
  drawCone(relief, random, { ...cone, ...surfaceOf(random) });
  return develop(relief, random, { occlusion: 0, bump: noisePlane(grid, random, { cell: logBetween(random, 0.01, 0.1), octaves: 5 }), detector: between(random, 0.1, 0.45), tilt: between(random, 0.2, 0.6) });
}

/** Two or more needles towards each other or side by side. */
function several(grid: Grid, random: Random): Float32Array {
  const relief = chance(random, 0.6) ? vacuum(grid, random) : ground(grid, random);
  const count = 2 + random.integer(3);
  const [cx, cy] = [0.5 + 0.08 * random.gaussian(), grid.aspect / 2 + 0.08 * random.gaussian()];
  const parallel = chance(random, 0.4) ? between(random, 0, 6.3) : undefined;
  const surface = surfaceOf(random);
  for (let index = 0; index < count; index++) {
    const angle = parallel ?? (2 * Math.PI * index) / count + 0.3 * random.gaussian();
    const shift = parallel === undefined ? 0 : (index - (count - 1) / 2) * 0.25;
    const away = between(random, 0.01, 0.08);
    drawCone(relief, random, { x: cx + away * Math.cos(angle) - shift * Math.sin(angle), y: cy + away * Math.sin(angle) + shift * Math.cos(angle), z: 0.1, angle, apex: logBetween(random, 0.002, 0.02), halfAngle: between(random, 0.05, 0.25), shank: between(random, 0.04, 0.12), power: 1, ...surface });
  }
  return develop(relief, random, { occlusion: 0.15, bump: noisePlane(grid, random, { cell: 0.02, octaves: 5 }) });
}

/** Tips, besides the renderer's: needles before any ground, lift-out, pyramids, beams from the side, close apexes, several. */
export const TIPS = [needle, needle, needle, liftOut, liftOut, liftOut, pyramid, pyramid, beamWithTip, apexCloseBy, several] as const;
