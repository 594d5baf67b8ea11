import type { GreyImage } from '../../src/contract/frame.ts';
import type { Random } from '../../src/lib/random.ts';

/** Texels of a patch, and how many of them lie over each other on average. */
const PATCH = 96;
const LAYERS = 6;
/** Unevenness larger than this is illumination of the swatch, not texture. */
const FLAT_RADIUS = 32;

export interface SwatchStatistics {
  readonly level: number;
  /** Standard deviation of the fine texture. */
  readonly contrast: number;
}

/** Deviation from the mean of the surroundings, by an integral image. */
function detailOf({ widthPx, heightPx, data }: GreyImage): Float32Array {
  const stride = widthPx + 1;
  const sums = new Float64Array(stride * (heightPx + 1));
  for (let y = 0; y < heightPx; y++) {
    let row = 0;
    for (let x = 0; x < widthPx; x++) {
      row += data[y * widthPx + x]! / 255;
      sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1]! + row;
    }
  }
  const detail = new Float32Array(widthPx * heightPx);
  for (let y = 0; y < heightPx; y++) {
    const top = Math.max(0, y - FLAT_RADIUS);
    const bottom = Math.min(heightPx, y + FLAT_RADIUS + 1);
    for (let x = 0; x < widthPx; x++) {
      const left = Math.max(0, x - FLAT_RADIUS);
      const right = Math.min(widthPx, x + FLAT_RADIUS + 1);
      const sum = sums[bottom * stride + right]! - sums[top * stride + right]! - sums[bottom * stride + left]! + sums[top * stride + left]!;
      detail[y * widthPx + x] = data[y * widthPx + x]! / 255 - sum / ((bottom - top) * (right - left));
    }
  }
  return detail;
}

/**
 * Texture without seams and without end from pictures of empty substrate: soft patches from random places of the swatches,
 * laid over each other at random on a torus and weighted so that the contrast stays. Returns texels around 0 and what the
 * swatches look like on average.
 */
export function textureFromSwatches(swatches: readonly GreyImage[], edge: number, random: Random): SwatchStatistics & { texels: Float32Array } {
  const sum = new Float32Array(edge * edge);
  const power = new Float32Array(edge * edge);
  const usable = swatches.filter(({ widthPx, heightPx }) => Math.min(widthPx, heightPx) > PATCH);
  const sources = usable.length > 0 ? usable : swatches;
  const details = sources.map(detailOf);
  const patches = Math.ceil((LAYERS * edge * edge) / (PATCH * PATCH));
  for (let patch = 0; patch < patches; patch++) {
    const chosen = random.integer(sources.length);
    const { widthPx, heightPx } = sources[chosen]!;
    const detail = details[chosen]!;
    const width = Math.min(PATCH, widthPx);
    const height = Math.min(PATCH, heightPx);
    const fromX = random.integer(widthPx - width + 1);
    const fromY = random.integer(heightPx - height + 1);
    const toX = random.integer(edge);
    const toY = random.integer(edge);
    for (let y = 0; y < height; y++) {
      const fadeY = Math.sin((Math.PI * (y + 0.5)) / height) ** 2;
      for (let x = 0; x < width; x++) {
        const weight = fadeY * Math.sin((Math.PI * (x + 0.5)) / width) ** 2;
        const at = ((toY + y) % edge) * edge + ((toX + x) % edge);
        sum[at] = sum[at]! + weight * detail[(fromY + y) * widthPx + fromX + x]!;
        power[at] = power[at]! + weight * weight;
      }
    }
  }
  let variance = 0;
  const texels = sum.map((value, at) => value / Math.sqrt(Math.max(power[at]!, 1e-3)));
  for (const value of texels) variance += (value * value) / texels.length;
  let level = 0;
  for (const { data } of swatches) {
    let mean = 0;
    for (const value of data) mean += value / data.length;
    level += mean / 255 / swatches.length;
  }
  return { texels, level, contrast: Math.sqrt(variance) };
}
