import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, logNormal, pick } from '../draws.ts';
import { noisePlane } from '../noise.ts';
import type { Grid } from '../raster.ts';
import { createRelief, inclineHeights } from '../relief.ts';
import { develop } from '../shade.ts';
import { drawEllipsoid, drawTube, type TubePoint } from '../solids.ts';
import { strand } from '../strands.ts';
import { anywhere, ground } from './ground.ts';
import { tilted } from './tilted.ts';

/** Straight wires grown upright from a lattice of seeds, all alike, seen at an angle: a ball or a facet on top, a foot, some fallen or missing, perhaps the border of the field. */
function lattice(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: between(random, 0.06, 0.35), roughness: between(random, 0.0001, 0.001) });
  const tilt = between(random, 0.25, 1.1);
  inclineHeights(relief, 0, Math.tan(tilt));
  const see = tilted(tilt);
  const pitch = logBetween(random, 0.02, 0.14);
  const radius = pitch * between(random, 0.06, 0.2);
  const length = Math.max(radius * 8, pitch * logBetween(random, 0.8, 5));
  const turn = pick(random, [0, 0.05 * random.gaussian(), between(random, 0, Math.PI)]);
  const hexagonal = chance(random, 0.6);
  const ball = chance(random, 0.5) ? between(random, 1, 1.7) : 0;
  const [ballTone, taper, foot] = [pick(random, [between(random, 0.5, 0.9), between(random, 1, 1.4)]), pick(random, [1, between(random, 0.3, 0.9)]), pick(random, [1, between(random, 1.2, 2)])];
  const [missing, fallen, spread, lean] = [between(random, 0, 0.06), pick(random, [0, between(random, 0, 0.05)]), between(random, 0, 0.12), pick(random, [0.005, between(random, 0.01, 0.08)])];
  const border = chance(random, 0.3) ? between(random, -0.4, 0.3) : -9;
  const material = between(random, 0.45, 0.85);
  const middle = grid.aspect / 2 / Math.cos(tilt);
  const reach = Math.min(90, Math.ceil((0.8 + middle + length) / pitch));
  for (let row = -reach; row <= reach; row++) {
    for (let column = -reach; column <= reach; column++) {
      const [u, v] = [(column + (hexagonal && (row & 1) === 1 ? 0.5 : 0)) * pitch, row * pitch * (hexagonal ? 0.866 : 1)];
      const [x, along] = [0.5 + u * Math.cos(turn) - v * Math.sin(turn), middle + u * Math.sin(turn) + v * Math.cos(turn)];
      const y = see([x, along, 0])[1];
      if (u < border || x < -0.05 || x > 1.05 || y < -0.05 || y - length * Math.sin(tilt) > grid.aspect + 0.05 || chance(random, missing)) continue;
      const own = length * (1 + spread * random.gaussian());
      const thick = logNormal(random, radius, 0.06);
      const around = between(random, 0, 6.3);
      const flat = chance(random, fallen);
      const top = flat ? [x + own * Math.cos(around), along + own * Math.sin(around), thick] as const : [x + own * lean * random.gaussian(), along + own * lean * random.gaussian(), own] as const;
      const point = ([px, palong, out]: readonly [number, number, number], wide: number): TubePoint => {
        const [sx, sy, sz] = see([px, palong, out]);
        return { x: sx, y: sy, z: sz, radius: wide };
      };
      const head = point(top, thick * taper);
      const knee = point([x + (top[0] - x) * 0.12, along + (top[1] - along) * 0.12, top[2] * 0.12], thick);
      drawTube(relief, [point([x, along, 0], thick * foot), knee, head], { material: material * between(random, 0.92, 1.08), roughness: 0.0002 });
      if (ball > 0) drawEllipsoid(relief, { ...head, z: head.z + thick * 0.3, radius: thick * Math.max(taper, 0.6) * ball, material: material * ballTone, roughness: 0.0003 });
    }
  }
  return develop(relief, random, { occlusionWidths: [radius * 3, pitch], occlusion: between(random, 0.2, 0.9), bump: noisePlane(grid, random, { cell: 0.02, octaves: 3 }), tilt: between(random, 0.2, 0.7) });
}

/** Flat belts, wide and narrow, lying over each other or single, bent, twisted on edge here and there. */
function belts(grid: Grid, random: Random): Float32Array {
  const relief = chance(random, 0.5) ? ground(grid, random) : createRelief(grid, { material: between(random, 0.04, 0.2), roughness: 0.0006, height: -0.05 });
  const radius = logBetween(random, 0.004, 0.025);
  const material = between(random, 0.45, 0.8);
  const count = Math.round(logBetween(random, 4, 120));
  for (let index = 0; index < count; index++) {
    const angle = between(random, 0, 6.3);
    const { x, y } = anywhere(grid, random, 0.1);
    const own = logNormal(random, radius, 0.45);
    const long = between(random, 0.5, 1.8);
    const points = strand(random, { x: x - (long / 2) * Math.cos(angle), y: y - (long / 2) * Math.sin(angle), z: radius * 4 * (index / count), angle, length: long, radius: own, step: 0.015, curl: between(random, 0, 1.5), persistence: 0.4 });
    const at = between(random, 0.1, 0.9) * points.length;
    const twist = chance(random, 0.35) ? 0.7 : 0;
    drawTube(relief, points.map((point, step) => ({ ...point, radius: point.radius * (1 - twist * Math.exp(-(((step - at) / 3) ** 2))) })), { material: material * between(random, 0.75, 1.15), roughness: 0.0004, flatness: between(random, 0.06, 0.25) });
  }
  return develop(relief, random, { occlusionWidths: [radius, radius * 4], occlusion: between(random, 0.4, 1), bump: noisePlane(grid, random, { cell: 0.02, octaves: 3 }), tilt: between(random, 0.3, 0.8) });
}

/** Trunks with rows of side branches, lying or standing: branched oxides, dendrites of one direction, brushes. */
function branched(grid: Grid, random: Random): Float32Array {
  const relief = chance(random, 0.5) ? ground(grid, random) : createRelief(grid, { material: between(random, 0.04, 0.2), roughness: 0.0006, height: -0.05 });
  const thin = logBetween(random, 0.0018, 0.007);
  const material = between(random, 0.5, 0.85);
  const twig = thin * between(random, 6, 22);
  const count = Math.round(logBetween(random, 2, 26));
  const angleOut = pick(random, [Math.PI / 2, between(random, 0.6, 1.2)]);
  const close = thin * between(random, 2, 6);
  for (let index = 0; index < count; index++) {
    const { x, y } = anywhere(grid, random, 0);
    const angle = between(random, 0, 6.3);
    const long = between(random, 0.25, 0.9);
    const trunk = strand(random, { x: x - (long / 2) * Math.cos(angle), y: y - (long / 2) * Math.sin(angle), z: thin * 5 * index, angle, length: long, radius: thin * between(random, 1, 1.8), step: close, curl: between(random, 0.05, 0.6), persistence: 0.4 });
    drawTube(relief, trunk, { material, roughness: 0.0003 });
    for (const [step, from] of trunk.entries()) {
      const shrink = Math.sin((Math.PI * (step + 1)) / (trunk.length + 1)) ** 0.5;
      for (const side of [-1, 1]) {
        const own = twig * shrink * between(random, 0.5, 1.1);
        const out = angle + side * angleOut + 0.15 * random.gaussian();
        const rise = between(random, -0.2, 0.7);
        drawTube(relief, [from, { x: from.x + own * Math.cos(out), y: from.y + own * Math.sin(out), z: from.z + own * rise, radius: thin * 0.45 }].map((point, end) => ({ ...point, radius: end === 0 ? thin * 0.8 : thin * 0.45 })), { material: material * 1.05, roughness: 0.0003 });
      }
    }
  }
  return develop(relief, random, { occlusionWidths: [thin * 3, twig], occlusion: between(random, 0.5, 1.1) });
}

/** Wires in bunches that lean together at their tops, from above: bright meeting points, dark channels between. */
function bunched(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: between(random, 0.03, 0.12), roughness: 0.001, height: -0.1 });
  const bunch = logBetween(random, 0.03, 0.14);
  const thin = Math.max(0.0018, bunch * between(random, 0.025, 0.06));
  const material = between(random, 0.5, 0.85);
  const tall = bunch * between(random, 1, 2.5);
  const count = Math.min(4500, Math.round(grid.aspect / (thin * thin * between(random, 9, 25))));
  const tops = Array.from({ length: Math.round((1.4 * grid.aspect) / (bunch * bunch)) }, () => anywhere(grid, random, 0.1));
  for (let index = 0; index < count; index++) {
    const { x, y } = anywhere(grid, random, 0.08);
    let nearest = tops[0]!;
    for (const top of tops) if ((top.x - x) ** 2 + (top.y - y) ** 2 < (nearest.x - x) ** 2 + (nearest.y - y) ** 2) nearest = top;
    const pull = between(random, 0.55, 0.95);
    const head = { x: x + (nearest.x - x) * pull + thin * random.gaussian(), y: y + (nearest.y - y) * pull + thin * random.gaussian(), z: tall * between(random, 0.85, 1.05), radius: thin * between(random, 0.6, 1) };
    // Tone rises with height: deep down the forest is dark.
    const middle = { x: x + (head.x - x) * 0.35, y: y + (head.y - y) * 0.35, z: tall * 0.5, radius: thin };
    drawTube(relief, [{ x, y, z: 0, radius: thin }, middle], { material: material * 0.45, roughness: 0 });
    drawTube(relief, [middle, head], { material: material * between(random, 0.85, 1.1), roughness: 0 });
  }
  return develop(relief, random, { occlusionWidths: [thin * 3, bunch * 0.6], occlusion: between(random, 0.6, 1.2) });
}

/** Grown wires: lattices of upright ones, belts, branched ones, bunches. */
export const GROWN_WIRES = [lattice, lattice, lattice, belts, branched, bunched] as const;
