import { createRandom } from '../../src/lib/random.ts';
import { buildPyramid, type Pyramid } from './pyramid.ts';

const WIDTH = 64;
const HEIGHT = 48;
/** Waves along the outline that make it uneven. */
const WAVES = 5;

/**
 * Opacity of a site over the substrate: 1 inside, falling smoothly to 0 over `blend` of the shorter edge along an uneven,
 * rounded outline, so that a site cannot be told by a straight border. 64 x 48 over the whole site.
 */
export function buildEdgeMask(seed: number, blend: number): Pyramid {
  const random = createRandom(seed);
  const waves = Array.from({ length: WAVES }, (_, index) => ({
    turns: index + 2,
    phase: 2 * Math.PI * random.uniform(),
    amplitude: (0.5 * blend) / (index + 1),
  }));
  const data = new Float32Array(WIDTH * HEIGHT);
  for (let row = 0; row < HEIGHT; row++) {
    for (let column = 0; column < WIDTH; column++) {
      // Distance to the border in units of the shorter edge; corners rounded by the norm of both distances.
      const x = Math.abs((2 * (column + 0.5)) / WIDTH - 1);
      const y = Math.abs((2 * (row + 0.5)) / HEIGHT - 1);
      const angle = Math.atan2(row + 0.5 - HEIGHT / 2, column + 0.5 - WIDTH / 2);
      const radius = (x ** 8 + y ** 8) ** (1 / 8);
      let edge = (1 - radius) / 2;
      for (const { turns, phase, amplitude } of waves) edge -= amplitude * 0.5 * (1 + Math.sin(turns * angle + phase)) * 0.5;
      const share = Math.min(1, Math.max(0, edge / blend));
      data[row * WIDTH + column] = share * share * (3 - 2 * share);
    }
  }
  return buildPyramid({ widthPx: WIDTH, heightPx: HEIGHT, data });
}
