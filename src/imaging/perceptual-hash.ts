import type { GreyImage } from '../contract/frame.ts';
import { rowsAboveDataBar } from './data-bar.ts';
import { toEightBit } from './picture-file.ts';
import { resizeGrey } from './resize.ts';

const EDGE = 32;
const KEPT = 8;

/** cos((2 x + 1) k pi / (2 EDGE)) for the first KEPT + 1 frequencies k. */
const COSINES = Array.from({ length: KEPT + 1 }, (_, k) => Float64Array.from({ length: EDGE }, (_x, x) => Math.cos(((2 * x + 1) * k * Math.PI) / (2 * EDGE))));

/** 64 bits as two numbers of 32. */
export type PerceptualHash = readonly [number, number];

/**
 * Perceptual hash of a picture without its data bar (pHash, Zauner 2010): the discrete cosine transform of 32 x 32 pixels, its 64
 * lowest frequencies but those that are constant along an axis, each a bit that says whether it lies above their median.
 * Brightness, contrast, size and compression hardly change it; another place on the specimen does.
 */
export async function perceptualHash(picture: GreyImage): Promise<PerceptualHash> {
  const heightPx = rowsAboveDataBar(picture);
  const whole = toEightBit(picture);
  const { data } = await resizeGrey({ widthPx: picture.widthPx, heightPx, data: whole.subarray(0, heightPx * picture.widthPx) }, { widthPx: EDGE, heightPx: EDGE });
  const coefficients: number[] = [];
  for (let v = 1; v <= KEPT; v++) {
    for (let u = 1; u <= KEPT; u++) {
      let sum = 0;
      for (let y = 0; y < EDGE; y++) {
        let row = 0;
        for (let x = 0; x < EDGE; x++) row += data[y * EDGE + x]! * COSINES[u]![x]!;
        sum += row * COSINES[v]![y]!;
      }
      coefficients.push(sum);
    }
  }
  const sorted = coefficients.toSorted((a, b) => a - b);
  const median = (sorted[KEPT * KEPT / 2 - 1]! + sorted[KEPT * KEPT / 2]!) / 2;
  const words: [number, number] = [0, 0];
  coefficients.forEach((coefficient, bit) => {
    if (coefficient > median) words[bit >> 5]! |= 1 << (bit & 31);
  });
  return [words[0] >>> 0, words[1] >>> 0];
}

function ones(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Bits in which two hashes differ, 0 to 64. */
export const hashDistance = (a: PerceptualHash, b: PerceptualHash): number => ones(a[0] ^ b[0]) + ones(a[1] ^ b[1]);
