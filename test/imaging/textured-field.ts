import type { FloatImage } from '../../src/imaging/gaussian.ts';
import { randomFor } from '../../src/lib/random.ts';

/**
 * Overlapping discs of random brightness, known at any point: the field can be sampled with an offset of a fraction of a
 * pixel. Coordinates in pixels; sampled 4x4 times within each pixel.
 */
export function discField(seed: number, size: { widthPx: number; heightPx: number; discs?: number }, offset = { x: 0, y: 0 }): FloatImage {
  const { widthPx, heightPx, discs = 90 } = size;
  const random = randomFor(seed, 'disc-field');
  const scale = 4;
  const margin = 24;
  const [wide, high] = [(widthPx + 2 * margin) * scale, (heightPx + 2 * margin) * scale];
  const fine = new Float32Array(wide * high).fill(70);
  for (let disc = 0; disc < discs; disc++) {
    const [cx, cy, radius] = [random.uniform() * wide, random.uniform() * high, (4 + 14 * random.uniform()) * scale];
    const level = 50 + 170 * random.uniform();
    for (let y = Math.max(0, Math.floor(cy - radius)); y < Math.min(high, cy + radius); y++) {
      for (let x = Math.max(0, Math.floor(cx - radius)); x < Math.min(wide, cx + radius); x++) {
        if ((x - cx) ** 2 + (y - cy) ** 2 < radius * radius) fine[y * wide + x] = level;
      }
    }
  }
  const data = new Float32Array(widthPx * heightPx);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      let sum = 0;
      for (let v = 0; v < scale; v++) {
        for (let u = 0; u < scale; u++) {
          const [fx, fy] = [Math.round((x + margin - offset.x) * scale) + u, Math.round((y + margin - offset.y) * scale) + v];
          sum += fine[fy * wide + fx]!;
        }
      }
      data[y * widthPx + x] = sum / scale ** 2;
    }
  }
  return { widthPx, heightPx, data };
}
