import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, logNormal, pick } from '../draws.ts';
import { grainFaces } from '../grains.ts';
import { createHeap } from '../heap.ts';
import { noisePlane } from '../noise.ts';
import type { Grid } from '../raster.ts';
import { createRelief, type Relief } from '../relief.ts';
import { develop } from '../shade.ts';
import { drawEllipsoid, drawPolyhedron } from '../solids.ts';
import { anywhere, ground, heightAt } from './ground.ts';

const plain = (grid: Grid, random: Random, material = between(random, 0.05, 0.45)): Relief => (chance(random, 0.65) ? createRelief(grid, { material, roughness: between(random, 0.0001, 0.001) }) : ground(grid, random, material));

/** Alike smooth spheres in clusters a few layers high, the empty ground beside them; the lower ones dimmer and, now and then, one that is dented. */
function clusters(grid: Grid, random: Random): Float32Array {
  const relief = plain(grid, random);
  const radius = logBetween(random, 0.018, 0.12);
  const sigma = pick(random, [0.03, 0.03, between(random, 0.08, 0.2)]);
  const heap = createHeap(grid, { largest: radius * Math.exp(2.6 * sigma), maxHeight: radius * between(random, 2, 6), overlap: between(random, 0, 0.06) });
  const where = noisePlane(grid, random, { cell: between(random, 0.25, 0.8), octaves: 2 });
  const bare = between(random, -1.5, 0.7);
  const material = between(random, 0.45, 0.8);
  const roughness = pick(random, [0.0002, between(random, 0.0002, 0.0015)]);
  const dim = between(random, 0.15, 0.55);
  const dented = pick(random, [0, 0, between(random, 0.05, 0.5)]);
  for (let index = Math.min(1500, Math.round((between(random, 0.8, 2.5) * grid.aspect) / (Math.PI * radius * radius))); index > 0; index--) {
    const { x, y } = anywhere(grid, random);
    const [column, row] = [Math.min(grid.widthPx - 1, Math.max(0, Math.floor(x * grid.widthPx))), Math.min(grid.heightPx - 1, Math.max(0, Math.floor(y * grid.widthPx)))];
    if (where[row * grid.widthPx + column]! < bare) continue;
    const sphere = heap.drop(x, y, logNormal(random, radius, sigma));
    if (sphere === undefined) continue;
    const tone = material * (1 - dim + dim * Math.min(1, sphere.z / (radius * 4))) * between(random, 0.94, 1.06);
    drawEllipsoid(relief, { ...sphere, material: tone, roughness });
    if (!chance(random, dented)) continue;
    const [up, around, hole] = [between(random, 0.6, 1), between(random, 0, 6.3), sphere.radius * between(random, 0.2, 0.5)];
    const away = sphere.radius * Math.sqrt(1 - up * up);
    drawEllipsoid(relief, { x: sphere.x + away * Math.cos(around), y: sphere.y + away * Math.sin(around), z: sphere.z + up * sphere.radius - hole * 0.05, radius: hole, radiusUp: hole * 0.12, material: tone * between(random, 0.4, 0.8), roughness });
  }
  return develop(relief, random, { occlusionWidths: [radius * 0.5, radius * 2], occlusion: between(random, 0.3, 0.9), bump: noisePlane(grid, random, { cell: radius * 0.3, octaves: 4 }), tilt: between(random, 0.15, 0.6), detector: between(random, 0.03, 0.3) });
}

/** Balls apart or in twos and threes on an even ground, their skin like a raspberry, a cauliflower or petals; or one close by before dim others. */
function raspberries(grid: Grid, random: Random): Float32Array {
  const relief = plain(grid, random, between(random, 0.03, 0.35));
  const close = chance(random, 0.35);
  const radius = close ? between(random, 0.18, 0.34) : logBetween(random, 0.02, 0.09);
  const share = close ? logBetween(random, 0.03, 0.2) : between(random, 0.07, 0.22);
  const petals = chance(random, 0.3);
  const material = between(random, 0.5, 0.85);
  const ball = ({ x, y, z }: { x: number; y: number; z: number }, own: number, tone: number): void => {
    const bead = own * share;
    const parts = Math.min(2600, Math.round(2.6 / (share * share)));
    drawEllipsoid(relief, { x, y, z, radius: own, material: tone * 0.75, roughness: 0.0006 });
    for (let part = 0; part < parts; part++) {
      // Golden-angle spiral: beads evenly over the upper half, a little disturbed.
      const up = Math.max(0, 1 - (part + 0.5) / parts + 0.02 * random.gaussian());
      const around = part * 2.39996 + 0.4 * random.gaussian();
      const away = own * Math.sqrt(Math.max(0, 1 - up * up));
      const point = { x: x + away * Math.cos(around), y: y + away * Math.sin(around), z: z + own * Math.min(1, up) };
      drawEllipsoid(relief, { ...point, radius: logNormal(random, bead, 0.25) * (petals ? 1.6 : 1), ...(petals && { radiusAcross: bead * 0.25, radiusUp: bead * 1.4 }), angle: between(random, 0, 3), material: tone * between(random, 0.93, 1.07), roughness: 0.0003 });
    }
  };
  if (close) {
    for (let other = 1 + random.integer(4); other > 0; other--) ball({ x: pick(random, [-0.05, 1.05]) + 0.1 * random.gaussian(), y: between(random, 0, grid.aspect), z: -radius * 2 }, radius * between(random, 0.6, 1), material * between(random, 0.25, 0.6));
    ball({ x: between(random, 0.4, 0.6), y: grid.aspect * between(random, 0.4, 0.6), z: 0 }, radius, material);
  } else {
    const count = Math.max(2, Math.round((between(random, 0.06, 0.4) * grid.aspect) / (Math.PI * radius * radius)));
    for (let index = 0; index < Math.min(count, 120); index++) {
      const { x, y } = anywhere(grid, random);
      for (let twin = pick(random, [1, 1, 1, 2, 3]); twin > 0; twin--) ball({ x: x + (twin - 1) * radius * between(random, -1.9, 1.9), y: y + (twin - 1) * radius * random.gaussian(), z: radius * 0.7 }, logNormal(random, radius, 0.15), material * between(random, 0.9, 1.1));
    }
  }
  return develop(relief, random, { occlusionWidths: [radius * share, radius * 0.8], occlusion: between(random, 0.4, 1), bump: noisePlane(grid, random, { cell: radius * share, octaves: 3 }), detector: between(random, 0.03, 0.3) });
}

/** Flat crystals as grown in solution: triangles, hexagons, squares and rods lying on the ground, over each other here and there. */
function platelets(grid: Grid, random: Random): Float32Array {
  const relief = plain(grid, random, between(random, 0.08, 0.4));
  const radius = logBetween(random, 0.012, 0.12);
  const thin = radius * between(random, 0.06, 0.3);
  const material = between(random, 0.45, 0.9);
  const forms = pick(random, [[3], [6], [3, 6], [4], [3, 6, 4], [5, 8]]);
  const cut = between(random, 0.55, 1);
  const count = Math.max(2, Math.min(700, Math.round((logBetween(random, 0.08, 0.9) * grid.aspect) / (2.5 * radius * radius))));
  for (let index = 0; index < count; index++) {
    const own = logNormal(random, radius, 0.25);
    const [sides, turn] = [pick(random, forms), between(random, 0, 6.3)];
    const lean = chance(random, 0.2) ? 0.5 * random.gaussian() : 0.04 * random.gaussian();
    const [sine, cosine] = [Math.sin(lean), Math.cos(lean)];
    const tip = ([x, y, z]: readonly [number, number, number], distance: number) => [x, y * cosine - z * sine, y * sine + z * cosine, distance] as const;
    const walls = Array.from({ length: sides }, (_, side) => tip([Math.cos(turn + (side * 2 * Math.PI) / sides), Math.sin(turn + (side * 2 * Math.PI) / sides), 0], own * (sides === 3 ? 0.55 : 0.85)));
    // Corners of a triangle are cut more or less.
    const corners = sides === 3 ? Array.from({ length: 3 }, (_, side) => tip([Math.cos(turn + Math.PI + (side * 2 * Math.PI) / 3), Math.sin(turn + Math.PI + (side * 2 * Math.PI) / 3), 0], own * 1.1 * cut)) : [];
    drawPolyhedron(relief, { ...anywhere(grid, random), z: thin * (0.5 + (index / count) * 1.5), faces: [...walls, ...corners, tip([0, 0, 1], thin), tip([0, 0, -1], thin)], reach: own * 1.6, rounding: own * between(random, 0.03, 0.1), edge: between(random, 0.1, 0.5), material: material * between(random, 0.85, 1.12), roughness: 0.0003 });
  }
  return develop(relief, random, { occlusionWidths: [radius * 0.3, radius], bump: noisePlane(grid, random, { cell: 0.02, octaves: 3 }) });
}

/** One to four agglomerates of irregular grains, big and small, on a ground that stays in sight. */
function agglomerates(grid: Grid, random: Random): Float32Array {
  const relief = ground(grid, random);
  const size = logBetween(random, 0.08, 0.3);
  const material = between(random, 0.5, 0.85);
  const round = chance(random, 0.5);
  const grain = size * between(random, 0.1, 0.4);
  for (let cluster = 1 + random.integer(4); cluster > 0; cluster--) {
    const centre = anywhere(grid, random, -0.1);
    for (let one = 8 + random.integer(140); one > 0; one--) {
      const [away, around] = [size * Math.abs(random.gaussian()) * 0.8, between(random, 0, 6.3)];
      const [x, y] = [centre.x + away * Math.cos(around), centre.y + 0.8 * away * Math.sin(around)];
      const own = logNormal(random, grain, 0.6);
      const common = { x, y, z: Math.max(0.3 * own, heightAt(relief, x, y) + own * between(random, -0.3, 0.4)), material: material * between(random, 0.88, 1.12), roughness: 0.0012 };
      if (round) drawEllipsoid(relief, { ...common, radius: own * between(random, 1, 1.4), radiusAcross: own, angle: between(random, 0, 3) });
      else drawPolyhedron(relief, { ...common, faces: grainFaces(random, { radius: own, count: 9 + random.integer(6) }), reach: own * 2.4, rounding: own * 0.25, edge: 0.25 });
    }
  }
  return develop(relief, random, { occlusionWidths: [grain * 0.6, size], bump: noisePlane(grid, random, { cell: grain, octaves: 5 }) });
}

/** Particles that lie together with the ground in sight: spheres, raspberries, platelets, agglomerates. */
export const CLUSTERED_PARTICLES = [clusters, clusters, raspberries, raspberries, platelets, agglomerates] as const;
