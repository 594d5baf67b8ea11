import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, logNormal, pick } from '../draws.ts';
import { grainFaces } from '../grains.ts';
import { noisePlane } from '../noise.ts';
import { createPlane, type Grid } from '../raster.ts';
import { addHeight, createRelief } from '../relief.ts';
import { develop } from '../shade.ts';
import { drawEllipsoid, drawPolyhedron } from '../solids.ts';
import { anywhere, ground, heightAt } from './ground.ts';

/** Hollow capsules and crumpled balls on any ground: wrinkled, sunk in, torn open with a ragged rim, shards and crumbs beside them. */
function capsules(grid: Grid, random: Random): Float32Array {
  const relief = ground(grid, random, between(random, 0.15, 0.5));
  const radius = logBetween(random, 0.05, 0.28);
  const count = radius > 0.15 ? 1 + random.integer(3) : 1 + random.integer(9);
  const material = between(random, 0.4, 0.75);
  const crease = noisePlane(grid, random, { cell: radius * between(random, 0.3, 0.9), octaves: 4, gain: 0.55 });
  const ragged = noisePlane(grid, random, { cell: radius * between(random, 0.2, 0.5), octaves: 4, gain: 0.6 });
  // Creases are sharp: the noise folded at zero.
  const wrinkled = pick(random, [0, between(random, 0.02, 0.07), between(random, 0.07, 0.2)]);
  const heights = createPlane(grid);
  for (let one = 0; one < count; one++) {
    const { x: cx, y: cy } = anywhere(grid, random, count < 4 ? -0.15 : 0);
    const own = radius * between(random, 0.6, 1.1);
    const squash = between(random, 0.85, 1.15);
    const open = chance(random, 0.55) ? between(random, 0.3, 0.75) : 0;
    const [toX, toY] = [cx + own * between(random, -0.45, 0.45), cy + own * between(random, -0.45, 0.45)];
    const sunk = chance(random, 0.4) ? between(random, 0.1, 0.5) : 0;
    const deep = between(random, 0.3, 0.8);
    for (let py = Math.max(0, Math.floor((cy - 1.5 * own) * grid.widthPx)); py <= Math.min(grid.heightPx - 1, (cy + 1.5 * own) * grid.widthPx); py++) {
      for (let px = Math.max(0, Math.floor((cx - 1.5 * own) * grid.widthPx)); px <= Math.min(grid.widthPx - 1, (cx + 1.5 * own) * grid.widthPx); px++) {
        const pixel = py * grid.widthPx + px;
        const [x, y] = [(px + 0.5) / grid.widthPx, (py + 0.5) / grid.widthPx];
        const r = Math.sqrt(((x - cx) / squash) ** 2 + (y - cy) ** 2) / own + 0.4 * wrinkled * crease[pixel]!;
        if (r >= 1) continue;
        const dome = Math.sqrt(1 - r * r);
        let z = own * (dome * (1 - sunk * Math.exp(-((r / 0.55) ** 4))) + wrinkled * (0.5 - Math.abs(crease[pixel]!)) * dome);
        let tone = 1;
        if (open > 0) {
          const d = Math.sqrt((x - toX) ** 2 + (y - toY) ** 2) / (own * open) + 0.22 * ragged[pixel]!;
          if (d < 1) {
            z -= own * deep * Math.sqrt(1 - Math.max(0, d) ** 2);
            tone = 0.55 + 0.35 * Math.max(0, d) ** 3;
          } else tone = 1 + 0.6 * Math.exp(-(d - 1) * open * own / 0.006);
        }
        if (z <= heights[pixel]!) continue;
        heights[pixel] = z;
        relief.material[pixel] = material * tone;
        relief.roughness[pixel] = 0.001;
      }
    }
  }
  addHeight(relief, heights, 1);
  const crumb = radius * between(random, 0.03, 0.1);
  for (let one = random.integer(40); one > 0; one--) {
    const { x, y } = anywhere(grid, random, 0);
    drawPolyhedron(relief, { x, y, z: heightAt(relief, x, y), faces: grainFaces(random, { radius: crumb * between(random, 0.3, 1.3), count: 9, elongation: between(random, 1, 2.5) }), reach: crumb * 3, rounding: crumb * 0.2, edge: 0.3, material, roughness: 0.002 });
  }
  return develop(relief, random, { occlusionWidths: [radius * 0.12, radius * 0.6], occlusion: between(random, 0.2, 0.7), bump: noisePlane(grid, random, { cell: radius * 0.3, octaves: 5 }), maxSecant: between(random, 2, 3.2), detector: between(random, 0.05, 0.4), tilt: between(random, 0.2, 0.5) });
}

/** A jammed single layer of alike balls or dimpled discs: ordered patches that drift out of order, cracks, bare places. */
function monolayer(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: between(random, 0.05, 0.4), roughness: 0.0006 });
  const pitch = logBetween(random, 0.022, 0.14);
  const sigma = pick(random, [0.02, between(random, 0.03, 0.12)]);
  const [driftX, driftY, gaps] = [0, 1, 2].map((part) => noisePlane(grid, random, { cell: pitch * (part === 2 ? between(random, 3, 10) : between(random, 3, 7)), octaves: 2 })) as [Float32Array, Float32Array, Float32Array];
  const drift = pitch * between(random, 0.04, 0.22);
  const bare = between(random, 0.8, 2.6);
  const flat = pick(random, [1, 1, between(random, 0.3, 0.7)]);
  const dimple = chance(random, 0.35) ? between(random, 0.25, 0.6) : 0;
  const material = between(random, 0.45, 0.85);
  const roughness = pick(random, [0.0002, between(random, 0.0004, 0.002)]);
  const turn = between(random, 0, Math.PI);
  const reach = Math.ceil(0.8 / pitch);
  for (let row = -reach; row <= reach; row++) {
    for (let column = -reach; column <= reach; column++) {
      const [u, v] = [(column + ((row & 1) === 0 ? 0 : 0.5)) * pitch, row * 0.866 * pitch];
      const [x, y] = [0.5 + u * Math.cos(turn) - v * Math.sin(turn), grid.aspect / 2 + u * Math.sin(turn) + v * Math.cos(turn)];
      if (x < -pitch || x > 1 + pitch || y < -pitch || y > grid.aspect + pitch) continue;
      const pixel = Math.min(grid.heightPx - 1, Math.max(0, Math.floor(y * grid.widthPx))) * grid.widthPx + Math.min(grid.widthPx - 1, Math.max(0, Math.floor(x * grid.widthPx)));
      if (gaps[pixel]! > bare || chance(random, 0.012)) continue;
      const own = logNormal(random, pitch * 0.485, sigma);
      const at = { x: x + drift * driftX[pixel]! + 0.03 * pitch * random.gaussian(), y: y + drift * driftY[pixel]! + 0.03 * pitch * random.gaussian(), z: own * flat * between(random, 0.9, 1.1) };
      const tone = material * between(random, 0.9, 1.1);
      drawEllipsoid(relief, { ...at, radius: own, radiusUp: own * flat, material: tone, roughness });
      if (dimple > 0 && chance(random, 0.6)) drawEllipsoid(relief, { x: at.x + 0.2 * own * random.gaussian(), y: at.y + 0.2 * own * random.gaussian(), z: at.z + own * flat * 0.93, radius: own * dimple * between(random, 0.6, 1.2), radiusUp: own * 0.08, material: tone * between(random, 0.5, 0.9), roughness });
    }
  }
  return develop(relief, random, { occlusionWidths: [pitch * 0.3, pitch], occlusion: between(random, 0.3, 0.9), bump: noisePlane(grid, random, { cell: pitch * 0.3, octaves: 4 }), tilt: between(random, 0.15, 0.6) });
}

/** Shells and layers: capsules whole, sunk in and torn; single layers of balls and discs. */
export const SHELL_PARTICLES = [capsules, capsules, monolayer, monolayer] as const;
