import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, pick } from '../draws.ts';
import { noisePlane } from '../noise.ts';
import { createPlane, type Grid } from '../raster.ts';

interface Spot {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly amplitude: number;
}

function addSpot(grid: Grid, plane: Float32Array, spot: Spot): void {
  const { widthPx: width, heightPx: height } = grid;
  const radiusPx = Math.max(0.8, spot.radius * width);
  const reach = Math.ceil(3 * radiusPx);
  const centreX = spot.x * width;
  const centreY = spot.y * width;
  for (let y = Math.max(0, Math.floor(centreY - reach)); y < Math.min(height, centreY + reach); y++) {
    for (let x = Math.max(0, Math.floor(centreX - reach)); x < Math.min(width, centreX + reach); x++) {
      plane[y * width + x]! += spot.amplitude * Math.exp(-((x - centreX) ** 2 + (y - centreY) ** 2) / (2 * radiusPx * radiusPx));
    }
  }
}

/** Bare substrate: a level, weak texture, slight shading, at most a few specks or polishing marks. */
export function renderBackground(grid: Grid, random: Random): Float32Array {
  const level = pick(random, [between(random, 0.08, 0.2), between(random, 0.2, 0.5), between(random, 0.5, 0.85)], [2, 4, 1]);
  const shadeX = between(random, -0.1, 0.1) * level;
  const shadeY = between(random, -0.1, 0.1) * level;
  const texture = between(random, 0, 0.018) * level;
  const weave = noisePlane(grid, random, {
    cell: logBetween(random, 0.01, 0.15),
    octaves: 3,
    stretch: pick(random, [1, 1, between(random, 3, 10)]),
    angle: between(random, 0, Math.PI),
  });
  const cloud = noisePlane(grid, random, { cell: 0.6, octaves: 2 });
  const plane = createPlane(grid, level);
  for (let index = 0; index < plane.length; index++) {
    const x = (index % grid.widthPx) / grid.widthPx - 0.5;
    const y = Math.floor(index / grid.widthPx) / grid.heightPx - 0.5;
    plane[index]! += shadeX * x * 2 + shadeY * y * 2 + texture * weave[index]! + 0.012 * level * cloud[index]!;
  }
  const specks = chance(random, 0.6) ? random.integer(9) : 0;
  for (let index = 0; index < specks; index++) {
    const bright = chance(random, 0.55);
    addSpot(grid, plane, {
      x: random.uniform(),
      y: random.uniform() * grid.aspect,
      radius: logBetween(random, 0.0012, 0.005),
      amplitude: bright ? between(random, 0.1, 0.5) * Math.min(0.4, 1 - level) : -between(random, 0.1, 0.35) * level,
    });
  }
  if (chance(random, 0.25)) {
    // A stain: the outline of a dried drop or a carbon deposit of an earlier scan.
    addSpot(grid, plane, { x: random.uniform(), y: random.uniform() * grid.aspect, radius: between(random, 0.04, 0.15), amplitude: between(random, -0.06, 0.04) * level });
  }
  return plane;
}
