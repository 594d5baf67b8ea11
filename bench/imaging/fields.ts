import { CATEGORIES } from '../../src/contract/categories.ts';
import type { GreyImage } from '../../src/contract/frame.ts';
import { cropImage } from '../../src/imaging/crop.ts';
import { binFrequency, fourierTransform2d } from '../../src/imaging/fourier.ts';
import type { FloatImage } from '../../src/imaging/gaussian.ts';
import { randomFor } from '../../src/lib/random.ts';
import { renderYield } from '../../simulator/render/micrograph.ts';

/** Edge of the square that a field is cut from, and the part along its border that is faded out before it is shifted. */
const CANVAS_PX = 512;
const FADE_PX = 48;

/** A drawn specimen without noise, yields 0 to 1, the ten categories in turn; `seed` from 0. */
export function drawnField(seed: number, size = { widthPx: CANVAS_PX, heightPx: CANVAS_PX }): FloatImage {
  return renderYield({ category: CATEGORIES[seed % CATEGORIES.length]!, seed: 1000 + seed, ...size });
}

/** The middle of a picture. */
export function middleOf(image: GreyImage, widthPx: number, heightPx: number): FloatImage {
  const part = cropImage(image, { xPx: (image.widthPx - widthPx) >> 1, yPx: (image.heightPx - heightPx) >> 1, widthPx, heightPx });
  return { ...part, data: Float32Array.from(part.data) };
}

/** The canvas with its content moved right and down by any fraction of a pixel, exact for what is band-limited. */
export function shiftedCanvas(canvas: FloatImage, xPx: number, yPx: number): FloatImage {
  const { widthPx, heightPx } = canvas;
  const mean = canvas.data.reduce((sum, value) => sum + value, 0) / canvas.data.length;
  const fade = (k: number, length: number): number => 0.5 - 0.5 * Math.cos(Math.PI * Math.min(1, Math.min(k, length - 1 - k) / FADE_PX));
  const re = new Float64Array(canvas.data.length);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) re[y * widthPx + x] = (canvas.data[y * widthPx + x]! - mean) * fade(x, widthPx) * fade(y, heightPx);
  }
  const values = { re, im: new Float64Array(re.length) };
  fourierTransform2d(values, widthPx, 'forward');
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const at = y * widthPx + x;
      const turn = -2 * Math.PI * (binFrequency(x, widthPx) * xPx + binFrequency(y, heightPx) * yPx);
      const [c, s] = [Math.cos(turn), Math.sin(turn)];
      [values.re[at], values.im[at]] = [values.re[at]! * c - values.im[at]! * s, values.re[at]! * s + values.im[at]! * c];
    }
  }
  fourierTransform2d(values, widthPx, 'backward');
  return { widthPx, heightPx, data: Float32Array.from(values.re, (value) => value + mean) };
}

export function varianceOf(data: ArrayLike<number>): number {
  let [sum, squares] = [0, 0];
  for (let k = 0; k < data.length; k++) {
    sum += data[k]!;
    squares += data[k]! ** 2;
  }
  return squares / data.length - (sum / data.length) ** 2;
}

/** White Gaussian noise is added so that the ratio of the variances is `snrDb`. */
export function withNoise(image: GreyImage, snrDb: number, seed: number): FloatImage {
  const random = randomFor(seed, 'added-noise');
  const sigma = Math.sqrt(varianceOf(image.data) / 10 ** (snrDb / 10));
  return { widthPx: image.widthPx, heightPx: image.heightPx, data: Float32Array.from(image.data, (value) => value + sigma * random.gaussian()) };
}

/** The 8-bit frame that a detector counting `electronsAtWhite` electrons makes of yields of 0 to `white`. */
export function exposed(image: GreyImage, options: { readonly electronsAtWhite: number; readonly seed: number; readonly white?: number }): GreyImage & { data: Uint8Array } {
  const { electronsAtWhite, seed, white = 1 } = options;
  const random = randomFor(seed, 'exposure');
  const data = Uint8Array.from(image.data, (value) =>
    Math.min(255, Math.max(0, Math.round((random.poisson((Math.max(0, value) / white) * electronsAtWhite) / electronsAtWhite) * 255))),
  );
  return { widthPx: image.widthPx, heightPx: image.heightPx, data };
}

