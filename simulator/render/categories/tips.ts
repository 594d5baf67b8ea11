import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, pick } from '../draws.ts';
import { grainFaces } from '../grains.ts';
import { createLayout, extrude, rectangle, subtract, unite } from '../layout.ts';
import { noisePlane } from '../noise.ts';
import type { Grid } from '../raster.ts';
import { addHeight, createRelief, inclineHeights, type Relief } from '../relief.ts';
import { develop } from '../shade.ts';
import { drawEllipsoid, drawPolyhedron, drawTube, type TubePoint } from '../solids.ts';

interface Needle {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** Direction from the apex to the shank, radians. */
  readonly angle: number;
  readonly apex: number;
  readonly halfAngle: number;
  readonly shank: number;
  readonly curvature: number;
  readonly material: number;
  readonly roughness: number;
}

/** An etched needle: a round apex, a cone that widens (straight or as an etched meniscus), a cylindrical shank. */
function drawNeedle(relief: Relief, random: Random, needle: Needle): TubePoint[] {
  const points: TubePoint[] = [];
  let unevenness = 0;
  for (let along = 0; along < 1.7; along += 0.012) {
    const cone = needle.apex + Math.tan(needle.halfAngle) * along ** needle.curvature;
    unevenness = 0.85 * unevenness + 0.15 * random.gaussian();
    // The cone runs smoothly into the shank.
    const radius = needle.shank * (1 - Math.exp(-cone / needle.shank)) * (1 + 0.02 * unevenness);
    points.push({ x: needle.x + along * Math.cos(needle.angle), y: needle.y + along * Math.sin(needle.angle), z: needle.z + 0.05 * along, radius });
  }
  drawTube(relief, points, needle);
  return points;
}

function needleAt(grid: Grid, random: Random): Needle {
  const angle = pick(random, [between(random, 0, 2 * Math.PI), between(random, 0.4, 0.9) * Math.PI, -between(random, 0.1, 0.9) * Math.PI]);
  // The apex lies away from the side the shank comes from.
  const away = between(random, 0.02, 0.28);
  return {
    x: 0.5 - away * Math.cos(angle) + between(random, -0.08, 0.08),
    y: grid.aspect / 2 - away * Math.sin(angle) + between(random, -0.08, 0.08),
    z: 0.15,
    angle,
    apex: logBetween(random, 0.002, 0.03),
    halfAngle: between(random, 0.06, 0.3),
    shank: between(random, 0.05, 0.22),
    curvature: pick(random, [1, 1, between(random, 1.2, 1.7)]),
    material: between(random, 0.45, 0.8),
    roughness: between(random, 0.0003, 0.0025),
  };
}

/** One needle in front of nothing: the background is far away and out of focus. */
function lone(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: between(random, 0.03, 0.35), roughness: 0, height: -0.4 });
  const haze = noisePlane(grid, random, { cell: 0.7, octaves: 2 });
  for (let index = 0; index < haze.length; index++) relief.material[index]! *= 1 + 0.1 * haze[index]!;
  const tip = needleAt(grid, random);
  const points = drawNeedle(relief, random, tip);
  for (let index = chance(random, 0.6) ? random.integer(14) : 0; index > 0; index--) {
    const point = points[random.integer(60)]!;
    const across = between(random, -1, 1);
    drawEllipsoid(relief, { x: point.x - across * point.radius * Math.sin(tip.angle), y: point.y + across * point.radius * Math.cos(tip.angle), z: point.z + point.radius * Math.sqrt(1 - across * across), radius: logBetween(random, 0.002, 0.012), material: tip.material * 1.1, roughness: 0.001 });
  }
  const bump = noisePlane(grid, random, { cell: 0.03, octaves: 5, stretch: pick(random, [1, 3, 8]), angle: tip.angle });
  return develop(relief, random, { occlusion: 0.1, bump, detector: between(random, 0.1, 0.45), tilt: between(random, 0.2, 0.5), glowWidth: 0.004 });
}

/** Lift-out: a needle reaching a lamella in a milled, rough surface with trenches. */
function liftOut(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: between(random, 0.3, 0.5), roughness: between(random, 0.002, 0.006) });
  addHeight(relief, noisePlane(grid, random, { cell: 0.12, octaves: 6, gain: 0.6 }), 0.006);
  for (let crater = random.integer(60); crater > 0; crater--) drawEllipsoid(relief, { x: random.uniform(), y: random.uniform() * grid.aspect, z: 0, radius: logBetween(random, 0.004, 0.03), radiusAcross: logBetween(random, 0.004, 0.02), material: between(random, 0.35, 0.55), roughness: 0.003 });
  const tip = needleAt(grid, random);
  const layout = createLayout(grid);
  const lamella = between(random, 0.1, 0.2);
  const high = lamella * between(random, 0.3, 0.5);
  const centreX = tip.x - Math.cos(tip.angle) * lamella * 0.45;
  const centreY = tip.y - Math.sin(tip.angle) * high * 0.4;
  unite(grid, layout, { distance: rectangle({ x: centreX, y: centreY, width: lamella * 1.5, height: high * 3, corner: 0.01 }) });
  for (let trench = random.integer(4); trench > 0; trench--) {
    unite(grid, layout, { distance: rectangle({ x: random.uniform(), y: random.uniform() * grid.aspect, width: between(random, 0.1, 0.3), height: between(random, 0.05, 0.14), corner: 0.008 }) });
  }
  subtract(grid, layout, { distance: rectangle({ x: centreX, y: centreY, width: lamella, height: high, corner: 0.004 }) });
  extrude(relief, layout, { height: -0.12, wall: between(random, 0.006, 0.02), material: 0.45, roughness: 0.001, wobble: { plane: noisePlane(grid, random, { cell: 0.05, octaves: 4 }), amplitude: 0.003 } });
  drawPolyhedron(relief, { x: centreX, y: centreY, z: 0.05, faces: [[0, 0, 1, 0.01], [0, 0.9, 0.436, high * 0.35], [1, 0, 0, lamella / 2], [-1, 0, 0, lamella / 2], [0, -1, 0, high / 2], [0, 1, 0, high / 2]], reach: lamella, rounding: 0.004, edge: 0.4, material: 0.6, roughness: 0.001 });
  drawNeedle(relief, random, { ...tip, apex: high * between(random, 0.2, 0.45), shank: Math.max(tip.shank, 0.1), halfAngle: Math.max(0.1, tip.halfAngle) });
  const bump = noisePlane(grid, random, { cell: 0.02, octaves: 4, gain: 0.6 });
  return develop(relief, random, { occlusionWidths: [0.01, 0.05], bump, tilt: between(random, 0.2, 0.5) });
}

/** A cantilever with a pyramidal tip for a scanning probe, from above at an angle or from the side. */
function cantilever(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: between(random, 0.04, 0.2), roughness: 0, height: -0.5 });
  const angle = between(random, 0, 2 * Math.PI);
  const width = between(random, 0.12, 0.3);
  const endX = 0.5 + between(random, 0.05, 0.25) * Math.cos(angle);
  const endY = grid.aspect / 2 + between(random, 0, 0.2) * Math.sin(angle);
  const layout = createLayout(grid);
  const corner = pick(random, [0.004, width * 0.25, width * 0.5]);
  unite(grid, layout, { distance: rectangle({ x: endX - 0.8 * Math.cos(angle), y: endY - 0.8 * Math.sin(angle), width: 1.6, height: width, angle, corner }) });
  extrude(relief, layout, { height: 0.5, wall: 0.004, material: between(random, 2.5, 6), roughness: 0.0006, rim: between(random, 0.2, 0.6), rimWidth: 0.005 });
  const half = width * between(random, 0.22, 0.4);
  const lean = between(random, 0.3, 1.1);
  const tilt = between(random, -0.5, 0.5);
  // Faces of a pyramid seen off its axis: one foreshortened, the opposite one wide.
  const sides = pick(random, [3, 4, 4, 6]);
  const faces = Array.from({ length: sides }, (_, side) => {
    const around = angle + tilt + (2 * Math.PI * side) / sides;
    const nz = Math.max(0.12, lean * (0.55 + 0.3 * Math.cos(around - tilt)));
    const across = Math.sqrt(Math.max(0, 1 - Math.min(1, nz * nz)));
    return [across * Math.cos(around), across * Math.sin(around), Math.min(1, nz), half * across] as const;
  });
  drawPolyhedron(relief, { x: endX - width * 0.55 * Math.cos(angle), y: endY - width * 0.55 * Math.sin(angle), z: 0, faces: [...faces, [0, 0, -1, 0.0004]], reach: half * 3.5, rounding: 0.004, edge: 0.5, material: between(random, 0.5, 0.8), roughness: 0.0006 });
  return develop(relief, random, { occlusion: 0.25, detector: between(random, 0.2, 0.5), bump: noisePlane(grid, random, { cell: 0.02 }) });
}

/** Sharp cones standing on a chip that is tilted far over, so that they are seen nearly from the side. */
function standing(grid: Grid, random: Random): Float32Array {
  const tilt = between(random, 1.0, 1.42);
  const [sine, cosine] = [Math.sin(tilt), Math.cos(tilt)];
  const relief = createRelief(grid, { material: between(random, 0.25, 0.5), roughness: 0.0005 });
  const horizon = grid.aspect * between(random, 0.15, 0.5);
  inclineHeights(relief, 0, Math.tan(tilt));
  const vacuum = between(random, 0.03, 0.12);
  for (let index = 0; index < horizon * grid.widthPx * grid.widthPx; index++) {
    relief.material[index] = vacuum;
    relief.roughness[index] = 0;
  }
  const count = pick(random, [1, 1, 2, 5]);
  const tall = grid.aspect * between(random, 0.4, 0.7) * (count > 2 ? 0.7 : 1);
  const wide = tall * between(random, 0.1, 0.4);
  const material = between(random, 0.5, 0.8);
  const power = pick(random, [1, 1.4, 2]);
  const apex = logBetween(random, 0.0015, 0.02);
  for (let index = 0; index < count; index++) {
    const groundX = count === 1 ? between(random, 0.35, 0.65) : (index + 0.5) / count + 0.02 * random.gaussian();
    const groundY = (grid.aspect * between(random, 0.8, 0.9)) / cosine;
    const rise = (tall * (1 + 0.05 * random.gaussian())) / sine;
    const points: TubePoint[] = [];
    for (let up = 0; up <= 1.0001; up += 0.02) {
      points.push({ x: groundX, y: groundY * cosine - rise * up * sine, z: groundY * sine + rise * up * cosine, radius: apex + wide * (1 - up) ** power });
    }
    drawTube(relief, points, { material, roughness: 0.0008 });
  }
  return develop(relief, random, { occlusion: 0.3, occlusionWidths: [0.02], bump: noisePlane(grid, random, { cell: 0.04, octaves: 5, stretch: 3, angle: Math.PI / 2 }), detector: between(random, 0.1, 0.4), tilt: between(random, 0.25, 0.5), glowWidth: 0.004 });
}

/** A needle carrying a cut block or a grain at its apex. */
function carrying(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: between(random, 0.15, 0.4), roughness: 0.0002, height: -0.4 });
  const tip = { ...needleAt(grid, random), apex: between(random, 0.012, 0.03) };
  drawNeedle(relief, random, tip);
  const size = between(random, 0.035, 0.08);
  drawPolyhedron(relief, { x: tip.x - Math.cos(tip.angle) * size, y: tip.y - Math.sin(tip.angle) * size, z: 0.17, faces: grainFaces(random, { radius: size * 0.9, count: 12, form: pick(random, ['cube', 'grain']) }), reach: size * 3.5, rounding: 0.004, edge: 0.4, material: 0.55, roughness: 0.002 });
  return develop(relief, random, { occlusion: 0.1, bump: noisePlane(grid, random, { cell: 0.02, octaves: 4 }), detector: between(random, 0.1, 0.4) });
}

/** Tips: etched needles, lift-out needles at a lamella, probe cantilevers, standing cones. */
export function renderTips(grid: Grid, random: Random): Float32Array {
  return pick(random, [lone, liftOut, cantilever, standing, carrying], [3.5, 2, 1.8, 1.2, 1])(grid, random);
}
