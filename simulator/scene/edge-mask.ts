import { createRandom } from '../../src/lib/random.ts';
import { buildPyramid, type Pyramid } from './pyramid.ts';

const WIDTH = 64;
const HEIGHT = 48;
/** Exponent of the rounded rectangle: 2 would be an ellipse. */
const CORNERS = 6;
/** Waves along the outline that make it uneven. */
const WAVES = 9;
/** Depth of the waves in units of the blend. */
const DEPTH = 0.9;

/** Part of both edges, from the border inwards, beyond which a site is always opaque. */
export function fadeMargin(blend: number): number {
  let deepest = 0;
  for (let index = 0; index < WAVES; index++) deepest += (2 * (DEPTH * blend)) / Math.sqrt(index + 1) / 4;
  // A sample of the mask reaches half a pixel of it (and more of its coarser levels) to each side.
  return Math.min(0.5, blend + deepest + 2 / HEIGHT);
}

/**
 * Opacity of a site over the substrate: 1 inside, falling smoothly to 0 over `blend` of the shorter edge along an uneven,
 * rounded outline, so that a site cannot be told by a straight border. 64 x 48 over the whole site.
 */
export function buildEdgeMask(seed: number, blend: number): Pyramid {
  const random = createRandom(seed);
  const waves = Array.from({ length: WAVES }, (_, index) => ({
    turns: index + 2,
    phase: 2 * Math.PI * random.uniform(),
    amplitude: (DEPTH * blend) / Math.sqrt(index + 1) / 4,
  }));
  const data = new Float32Array(WIDTH * HEIGHT);
  for (let row = 0; row < HEIGHT; row++) {
    for (let column = 0; column < WIDTH; column++) {
      // Distance to the border in units of the shorter edge; corners rounded by the norm of both distances.
      const x = Math.abs((2 * (column + 0.5)) / WIDTH - 1);
      const y = Math.abs((2 * (row + 0.5)) / HEIGHT - 1);
      const angle = Math.atan2(row + 0.5 - HEIGHT / 2, column + 0.5 - WIDTH / 2);
      const radius = (x ** CORNERS + y ** CORNERS) ** (1 / CORNERS);
      let edge = (1 - radius) / 2;
      for (const { turns, phase, amplitude } of waves) edge -= amplitude * (1 + Math.sin(turns * angle + phase));
      const share = Math.min(1, Math.max(0, edge / blend));
      data[row * WIDTH + column] = share * share * (3 - 2 * share);
    }
  }
  return buildPyramid({ widthPx: WIDTH, heightPx: HEIGHT, data });
}
