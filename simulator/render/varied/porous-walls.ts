import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, logNormal } from '../draws.ts';
import { noisePlane } from '../noise.ts';
import { createPlane, type Grid } from '../raster.ts';
import { addHeight, createRelief } from '../relief.ts';
import { develop } from '../shade.ts';
import { drawEllipsoid } from '../solids.ts';
import { cellPlanes } from '../voronoi.ts';
import { anywhere, at, resettle, smoothStep } from './ground.ts';
import { packDiscs, shareOut, type Disc } from './tissue.ts';

/** A metal foam deposited around gas bubbles: dark round holes, walls of balls that are themselves heaps of nodules. */
export function cauliflowerFoam(grid: Grid, random: Random): Float32Array {
  const hole = logBetween(random, 0.022, 0.13);
  const spread = between(random, 0.05, 0.35);
  const apart = between(random, 1.4, 2.3);
  const holes = packDiscs(grid, random, { sizeAt: () => apart * logNormal(random, hole, spread), overlap: 0.08, trials: 3000 });
  const { rim, owner } = shareOut(grid, holes);
  const ball = Math.max(0.009, hole * between(random, 0.3, 0.8));
  const lumps = noisePlane(grid, random, { cell: hole * 4, octaves: 2 });
  const relief = createRelief(grid, { material: 0.06, roughness: 0, height: -hole * 3 });
  const material = between(random, 0.55, 0.85);
  const fine = between(random, 0.26, 0.45);
  const deepest = between(random, 1.2, 2.6);
  const heap = ({ x, y, radius: own }: Disc, z: number, tone: number): void => {
    const count = Math.min(ball < 0.014 ? 9 : 40, Math.round(2.2 / (fine * fine)));
    drawEllipsoid(relief, { x, y, z, radius: own * 0.8, material: tone * 0.7, roughness: ball * 0.03 });
    for (let part = 0; part < count; part++) {
      const up = between(random, -0.2, 1);
      const across = own * 0.8 * Math.sqrt(1 - up * up);
      const around = part * 2.39996 + between(random, 0, 0.8);
      drawEllipsoid(relief, { x: x + across * Math.cos(around), y: y + across * Math.sin(around), z: z + own * 0.8 * up, radius: own * fine * between(random, 0.7, 1.3), material: tone * between(random, 0.92, 1.08), roughness: ball * 0.05 });
    }
  };
  const balls = Math.min(3500, Math.round((between(random, 0.9, 1.8) * grid.aspect) / (Math.PI * ball * ball)));
  // Those around a hole lie side by side, so that it comes out round.
  const ringed = holes.flatMap(({ x, y, radius }) => {
    const ring = radius / apart + 0.8 * ball;
    const count = Math.round((2 * Math.PI * ring) / (1.5 * ball));
    return Array.from({ length: count }, (_, index) => ({ x: x + ring * Math.cos((2 * Math.PI * index) / count), y: y + ring * Math.sin((2 * Math.PI * index) / count) }));
  });
  for (const { x, y } of [...ringed, ...Array.from({ length: balls }, () => anywhere(grid, random))]) {
    if (x < -0.05 || x > 1.05 || y < -0.05 || y > grid.aspect + 0.05) continue;
    const pixel = Math.min(grid.heightPx - 1, Math.max(0, Math.floor(y * grid.widthPx))) * grid.widthPx + Math.min(grid.widthPx - 1, Math.max(0, Math.floor(x * grid.widthPx)));
    const disc = holes[owner[pixel]!];
    const edge = rim[pixel]! + (disc === undefined ? 0 : disc.radius * (1 - 1 / apart));
    const own = logNormal(random, ball, 0.2);
    if (edge > 0.35 * ball) heap({ x, y, radius: own }, ball * between(random, -1.6, 0.7) + hole * 0.2 * lumps[pixel]!, material);
    else if (chance(random, 0.35)) heap({ x, y, radius: own * 0.8 }, -hole * deepest - own, material * between(random, 0.35, 0.6));
  }
  return develop(relief, random, { occlusionWidths: [ball * 0.5, hole * 0.8], occlusion: between(random, 1, 2), bump: noisePlane(grid, random, { cell: ball * fine * 0.5, octaves: 3 }), tilt: between(random, 0.3, 0.7), detector: between(random, 0.05, 0.25) });
}

/** A porous electrode or a catalyst layer cut by a beam: flat bright faces full of fine holes among crumbs in shadow, between smooth bodies streaked down the cut. */
export function electrodeCut(grid: Grid, random: Random): Float32Array {
  const grain = logBetween(random, 0.012, 0.06);
  const solid = noisePlane(grid, random, { cell: grain * between(random, 1.5, 3), octaves: 3, stretch: between(random, 1, 2), angle: Math.PI / 2 });
  const pores = noisePlane(grid, random, { cell: grain * between(random, 0.3, 0.6), octaves: 3 });
  const crumbs = cellPlanes(grid, random, { cell: grain, jitter: 1 });
  const deep = noisePlane(grid, random, { cell: grain * 3, octaves: 4, gain: 0.6 });
  const curtain = noisePlane(grid, random, { cell: 0.012, octaves: 3, stretch: 16, angle: Math.PI / 2 });
  const [cutShare, porosity] = [between(random, -0.8, 0.3), between(random, 0.4, 1.8)];
  const bodies = Array.from({ length: random.integer(3) }, () => {
    const radius = logBetween(random, 0.25, 1.5);
    const side = between(random, 0, 2 * Math.PI);
    const inside = between(random, 0.05, 0.3);
    return { x: 0.5 + (0.5 + radius - inside) * Math.cos(side), y: grid.aspect / 2 + (grid.aspect / 2 + radius - inside) * Math.sin(side), radius };
  });
  const top = chance(random, 0.4) ? between(random, 0.05, 0.3) * grid.aspect : -1;
  const [bodyTone, skin, cutTone] = [between(random, 0.12, 0.45), chance(random, 0.5) ? between(random, 0.005, 0.025) : 0, between(random, 0.75, 1)];
  const rims = between(random, 0, 0.4);
  const relief = createRelief(grid, { material: 0.5, roughness: 0.001 });
  const heights = createPlane(grid);
  for (let index = 0; index < heights.length; index++) {
    const { x, y } = at(grid, index);
    const toBody = bodies.reduce((least, body) => Math.min(least, Math.sqrt((x - body.x) ** 2 + (y - body.y) ** 2) - body.radius), 1) + 0.004 * deep[index]!;
    if (toBody < 0 || y < top - 0.02 * deep[index]!) {
      relief.material[index] = bodyTone * (toBody < 0 ? 1 + 0.12 * curtain[index]! : 0.25);
      heights[index] = toBody < 0 ? 0 : -grain * 3;
      continue;
    }
    const coated = toBody < skin ? 1 : 0;
    const cut = Math.max(coated, smoothStep((solid[index]! + cutShare) / 0.1 + 0.5));
    const pore = coated > 0 ? 0 : smoothStep((pores[index]! - porosity) / 0.15 + 0.5);
    const dome = Math.sqrt(Math.max(0, 1 - (crumbs.nearest[index]! / 0.8) ** 2));
    heights[index] = (1 - cut) * grain * (-1.4 + 0.8 * dome + 0.7 * deep[index]! - crumbs.identity[index]!) - cut * pore * grain * 0.6;
    relief.material[index] = cut * cutTone * (1 - 0.75 * pore) * (1 + 0.1 * curtain[index]!) + (1 - cut) * (0.35 + 0.2 * crumbs.identity[index]! + rims * Math.exp(-(((crumbs.nearest[index]! - 0.5) / 0.12) ** 2)));
  }
  addHeight(relief, heights, 1);
  resettle(relief, 2.5);
  return develop(relief, random, { occlusionWidths: [grain * 0.5, grain * 2], occlusion: between(random, 0.8, 1.6), maxSecant: 2.6, tilt: between(random, 0.2, 0.5), bump: noisePlane(grid, random, { cell: grain * 0.3, octaves: 4 }) });
}

/** A sponge, a scaffold or spongy bone: thick rounded walls that swell where they meet, round windows with others behind. */
export function thickWalls(grid: Grid, random: Random): Float32Array {
  const pore = logBetween(random, 0.03, 0.22);
  const spread = between(random, 0.15, 0.6);
  const share = between(random, 0.75, 1);
  const layers = 2 + random.integer(2);
  const relief = createRelief(grid, { material: 0.1, roughness: 0.001, height: -pore * 4 });
  const material = between(random, 0.45, 0.75);
  const roughness = logBetween(random, 0.0008, 0.008);
  const heights = createPlane(grid);
  for (let layer = 0; layer < layers; layer++) {
    const { owner, gap, rim } = (() => {
      const own = pore * (1 - 0.12 * (layers - 1 - layer));
      const discs = packDiscs(grid, random, { sizeAt: () => logNormal(random, own, spread), overlap: between(random, -0.02, 0.12), beyond: 0.25, trials: 4000 });
      const shared = shareOut(grid, discs, { reach: 2.2 });
      for (let index = 0; index < shared.rim.length; index++) shared.rim[index]! += (1 - share) * (discs[shared.owner[index]!]?.radius ?? 0);
      return shared;
    })();
    const warp = noisePlane(grid, random, { cell: pore * 0.7, octaves: 3 });
    const swell = noisePlane(grid, random, { cell: pore * 2, octaves: 3 });
    const bend = pore * between(random, 0.08, 0.2);
    const depth = -pore * between(random, 0.9, 1.6) * (layers - 1 - layer);
    for (let index = 0; index < heights.length; index++) {
      const into = Math.min(rim[index]!, pore * 0.1 + gap[index]!) + 0.5 * bend * warp[index]!;
      if (owner[index]! >= 0 && into < 0) continue;
      const t = Math.min(1, into / (bend * 2));
      const z = depth + bend * 2 * Math.sqrt(1 - (1 - t) ** 2) + 0.25 * pore * swell[index]!;
      if (z <= relief.height[index]!) continue;
      relief.height[index] = z;
      relief.material[index] = material * (0.5 + (0.5 * (layer + 1)) / layers);
      relief.roughness[index] = roughness;
    }
  }
  resettle(relief, 3);
  return develop(relief, random, { occlusionWidths: [pore * 0.25, pore * 0.9], occlusion: between(random, 0.8, 1.5), tilt: between(random, 0.2, 0.5), maxSecant: 3, bump: noisePlane(grid, random, { cell: logBetween(random, 0.006, 0.05), octaves: 5, gain: 0.65 }) });
}
