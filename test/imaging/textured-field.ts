import type { GreyImage } from '../../src/contract/frame.ts';
import { randomFor } from '../../src/lib/random.ts';

type FloatImage = GreyImage & { readonly data: Float32Array };

/** Gaussian blur of standard deviation `sigmaPx`, separable, edges repeated. */
export function blurred({ widthPx, heightPx, data }: GreyImage, sigmaPx: number): FloatImage {
  if (sigmaPx <= 0) return { widthPx, heightPx, data: Float32Array.from(data) };
  const radius = Math.ceil(3.5 * sigmaPx);
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, k) => Math.exp(-(((k - radius) / sigmaPx) ** 2) / 2));
  const sum = kernel.reduce((a, b) => a + b, 0);
  const along = (from: ArrayLike<number>, step: { x: number; y: number }): Float32Array => {
    const out = new Float32Array(widthPx * heightPx);
    for (let y = 0; y < heightPx; y++) {
      for (let x = 0; x < widthPx; x++) {
        let value = 0;
        for (let k = -radius; k <= radius; k++) {
          const u = Math.min(widthPx - 1, Math.max(0, x + k * step.x));
          const v = Math.min(heightPx - 1, Math.max(0, y + k * step.y));
          value += (kernel[k + radius]! / sum) * from[v * widthPx + u]!;
        }
        out[y * widthPx + x] = value;
      }
    }
    return out;
  };
  return { widthPx, heightPx, data: along(along(data, { x: 1, y: 0 }), { x: 0, y: 1 }) };
}

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

export function varianceOf(data: ArrayLike<number>): number {
  let [sum, squares] = [0, 0];
  for (let k = 0; k < data.length; k++) {
    sum += data[k]!;
    squares += data[k]! ** 2;
  }
  return squares / data.length - (sum / data.length) ** 2;
}

/** Adds white Gaussian noise so that the signal-to-noise ratio of the variances is `snrDb`. */
export function withNoise(image: GreyImage, snrDb: number, seed: number): FloatImage {
  const random = randomFor(seed, 'added-noise');
  const sigma = Math.sqrt(varianceOf(image.data) / 10 ** (snrDb / 10));
  return { widthPx: image.widthPx, heightPx: image.heightPx, data: Float32Array.from(image.data, (value) => value + sigma * random.gaussian()) };
}

/** The 8-bit frame that a detector counting `electronsAtWhite` electrons makes of the picture. */
export function exposed(image: GreyImage, electronsAtWhite: number, seed: number): GreyImage & { data: Uint8Array } {
  const random = randomFor(seed, 'exposure');
  const data = Uint8Array.from(image.data, (value) =>
    Math.min(255, Math.max(0, Math.round((random.poisson((Math.max(0, value) / 255) * electronsAtWhite) / electronsAtWhite) * 255))),
  );
  return { widthPx: image.widthPx, heightPx: image.heightPx, data };
}
