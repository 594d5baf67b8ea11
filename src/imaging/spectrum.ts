import type { GreyImage } from '../contract/frame.ts';
import { fourierTransform2d, nextPowerOfTwo, type ComplexArray } from './fourier.ts';

/** Fourier transform of a picture under a window; bins row by row from frequency 0, both lengths powers of two. */
export interface Spectrum extends ComplexArray {
  readonly width: number;
  readonly height: number;
  /** Expected |F|^2 of white noise of variance 1: sum of the squares of the window. */
  readonly noisePower: number;
}

/** Where the window lies on a picture, pixels; any fraction, for a window that follows the specimen. */
export interface WindowPlace {
  /** Share of the window at each end over which it rises from 0 to 1; 0.5 for Hann's. */
  readonly taper: number;
  readonly leftPx: number;
  readonly topPx: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Raised-cosine slopes over the share `taper` of `span` pixels at each end, zero outside of them. A taper of 0.5 is Hann's window. */
function slopedWindow(length: number, place: { start: number; span: number; taper: number }): Float64Array {
  return Float64Array.from({ length }, (_, index) => {
    const phase = (index + 0.5 - place.start) / place.span;
    const inward = Math.min(phase, 1 - phase) / place.taper;
    return inward <= 0 ? 0 : inward >= 1 ? 1 : 0.5 - 0.5 * Math.cos(Math.PI * inward);
  });
}

/** Writes the picture under its window, without the mean that the window sees; returns the sum of the window's squares. */
function writeWindowed(image: GreyImage, place: WindowPlace, out: { values: Float64Array; width: number }): number {
  const columns = slopedWindow(image.widthPx, { start: place.leftPx, span: place.widthPx, taper: place.taper });
  const rows = slopedWindow(image.heightPx, { start: place.topPx, span: place.heightPx, taper: place.taper });
  const { widthPx, heightPx, data } = image;
  let [sum, weight, noisePower] = [0, 0, 0];
  for (let y = 0; y < heightPx; y++) {
    const row = rows[y]!;
    for (let x = 0; x < widthPx; x++) {
      const w = row * columns[x]!;
      sum += data[y * widthPx + x]! * w;
      weight += w;
      noisePower += w * w;
    }
  }
  const mean = sum / weight;
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) out.values[y * out.width + x] = (data[y * widthPx + x]! - mean) * rows[y]! * columns[x]!;
  }
  return noisePower;
}

function wholePlace({ widthPx, heightPx }: GreyImage): WindowPlace {
  return { leftPx: 0, topPx: 0, widthPx, heightPx, taper: 0.5 };
}

/** Padded with zeros to powers of two. */
export function windowedSpectrum(image: GreyImage): Spectrum {
  const width = nextPowerOfTwo(image.widthPx);
  const height = nextPowerOfTwo(image.heightPx);
  const values = { re: new Float64Array(width * height), im: new Float64Array(width * height) };
  const noisePower = writeWindowed(image, wholePlace(image), { values: values.re, width });
  fourierTransform2d(values, width, 'forward');
  return { ...values, width, height, noisePower };
}

/** Two pictures of one size, each under a window of its own, by one transform: of the first plus i times the second. */
export function windowedSpectra(first: GreyImage, second: GreyImage, places: readonly [WindowPlace, WindowPlace] = [wholePlace(first), wholePlace(second)]): [Spectrum, Spectrum] {
  if (first.widthPx !== second.widthPx || first.heightPx !== second.heightPx) {
    throw new RangeError(`pictures of ${first.widthPx}x${first.heightPx} and ${second.widthPx}x${second.heightPx} px cannot be compared`);
  }
  const width = nextPowerOfTwo(first.widthPx);
  const height = nextPowerOfTwo(first.heightPx);
  const n = width * height;
  const both = { re: new Float64Array(n), im: new Float64Array(n) };
  const powers = [
    writeWindowed(first, places[0], { values: both.re, width }),
    writeWindowed(second, places[1], { values: both.im, width }),
  ] as const;
  fourierTransform2d(both, width, 'forward');
  const [a, b] = [0, 1].map(() => ({ re: new Float64Array(n), im: new Float64Array(n) })) as [ComplexArray, ComplexArray];
  for (let y = 0; y < height; y++) {
    const opposite = ((height - y) % height) * width;
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const mirrored = opposite + ((width - x) % width);
      a.re[at] = (both.re[at]! + both.re[mirrored]!) / 2;
      a.im[at] = (both.im[at]! - both.im[mirrored]!) / 2;
      b.re[at] = (both.im[at]! + both.im[mirrored]!) / 2;
      b.im[at] = (both.re[mirrored]! - both.re[at]!) / 2;
    }
  }
  return [{ ...a, width, height, noisePower: powers[0] }, { ...b, width, height, noisePower: powers[1] }];
}

/** Where neither axis' frequency is below this, cycles per pixel, a probe of usual width has left nothing but noise. */
const CORNER = 0.38;

/** Mean |F|^2 in the corners of the spectrum, of both axes' highest frequencies: what white noise has everywhere. */
export function noiseFloor({ re, im, width, height }: Spectrum): number {
  let [sum, count] = [0, 0];
  for (let y = Math.ceil(CORNER * height); y <= height * (1 - CORNER); y++) {
    for (let x = Math.ceil(CORNER * width); x <= width / 2; x++) {
      const at = y * width + x;
      sum += re[at]! ** 2 + im[at]! ** 2;
      count++;
    }
  }
  return sum / Math.max(1, count);
}
