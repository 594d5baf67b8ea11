import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween } from '../draws.ts';
import { noisePlane } from '../noise.ts';
import { createPlane, type Grid } from '../raster.ts';
import { at } from './ground.ts';

/** Nothing to see: a level with faint shading, stripes of the scan or of polishing, a few marks. */
function empty(grid: Grid, random: Random): Float32Array {
  const level = logBetween(random, 0.02, 0.85);
  const texture = noisePlane(grid, random, { cell: logBetween(random, 0.004, 0.3), octaves: 4, stretch: chance(random, 0.3) ? between(random, 3, 20) : 1, angle: between(random, 0, Math.PI) });
  const [slopeX, slopeY, rough] = [0.2 * random.gaussian(), 0.2 * random.gaussian(), chance(random, 0.5) ? 0 : between(random, 0, 0.03)];
  const plane = createPlane(grid);
  for (let index = 0; index < plane.length; index++) {
    const { x, y } = at(grid, index);
    plane[index] = level * Math.max(0.2, 1 + slopeX * (x - 0.5) + slopeY * (y - 0.4) + rough * texture[index]!);
  }
  for (let mark = chance(random, 0.3) ? random.integer(12) : 0; mark > 0; mark--) {
    const [x, y] = [random.integer(grid.widthPx - 3), random.integer(grid.heightPx - 3)];
    for (let dy = 0; dy < 3; dy++) for (let dx = 0; dx < 3; dx++) plane[(y + dy) * grid.widthPx + x + dx]! *= 1.4;
  }
  return plane;
}

export const BACKGROUND_VARIED = [empty] as const;
