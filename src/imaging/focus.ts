import type { GreyImage } from '../contract/frame.ts';
import { gaussianBlur } from './gaussian.ts';

/**
 * Focus measures: each is larger the sharper the same field is, and means nothing across fields. Compared by Pertuz et
 * al., Pattern Recognition 46 (2013) 1415; Vollath's F4 ignores white noise, the two derivative measures do not.
 */

/** Variance of the 4-neighbour Laplacian over the interior pixels. */
export function varianceOfLaplacian({ widthPx, heightPx, data }: GreyImage): number {
  let sum = 0;
  let squares = 0;
  let count = 0;
  for (let y = 1; y < heightPx - 1; y++) {
    for (let x = 1; x < widthPx - 1; x++) {
      const at = y * widthPx + x;
      const value = data[at - widthPx]! + data[at + widthPx]! + data[at - 1]! + data[at + 1]! - 4 * data[at]!;
      sum += value;
      squares += value * value;
      count++;
    }
  }
  return count === 0 ? 0 : squares / count - (sum / count) ** 2;
}

/** Mean of Gx^2 + Gy^2 with Sobel's kernels over the interior pixels. */
export function tenengrad({ widthPx, heightPx, data }: GreyImage): number {
  let sum = 0;
  let count = 0;
  for (let y = 1; y < heightPx - 1; y++) {
    for (let x = 1; x < widthPx - 1; x++) {
      const at = y * widthPx + x;
      const [nw, n, ne] = [data[at - widthPx - 1]!, data[at - widthPx]!, data[at - widthPx + 1]!];
      const [w, e] = [data[at - 1]!, data[at + 1]!];
      const [sw, s, se] = [data[at + widthPx - 1]!, data[at + widthPx]!, data[at + widthPx + 1]!];
      const gx = ne + 2 * e + se - nw - 2 * w - sw;
      const gy = sw + 2 * s + se - nw - 2 * n - ne;
      sum += gx * gx + gy * gy;
      count++;
    }
  }
  return count === 0 ? 0 : sum / count;
}

/** Mean of (I - mean)^2 divided by the mean. 0 for a black picture. */
export function normalisedVariance({ data }: GreyImage): number {
  let sum = 0;
  let squares = 0;
  for (const value of data) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / data.length;
  return mean <= 0 ? 0 : Math.max(0, squares / data.length - mean * mean) / mean;
}

/** Vollath's F4 per pixel, along the fast axis: mean of I(x) I(x+1) - I(x) I(x+2). */
export function vollathF4({ widthPx, heightPx, data }: GreyImage): number {
  let sum = 0;
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx - 2; x++) {
      const at = y * widthPx + x;
      sum += data[at]! * (data[at + 1]! - data[at + 2]!);
    }
  }
  return widthPx < 3 ? 0 : sum / ((widthPx - 2) * heightPx);
}

/**
 * Mean of the squared derivatives along x and y after a Gaussian blur of `sigmaPx`. The blur takes the noise away and makes the
 * measure nearly a parabola of the defocus around focus (Rudnaya et al., Ultramicroscopy 2012).
 */
export function derivativeAfterBlur(image: GreyImage, sigmaPx: number): number {
  const { widthPx, heightPx, data } = gaussianBlur(image, sigmaPx);
  let sum = 0;
  for (let y = 0; y < heightPx - 1; y++) {
    for (let x = 0; x < widthPx - 1; x++) {
      const at = y * widthPx + x;
      sum += (data[at + 1]! - data[at]!) ** 2 + (data[at + widthPx]! - data[at]!) ** 2;
    }
  }
  return sum / Math.max(1, (widthPx - 1) * (heightPx - 1));
}
