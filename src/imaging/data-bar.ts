import type { GreyImage } from '../../src/contract/frame.ts';

/** A pixel belongs to the bar's ground when it is this near to its grey. */
const NEAR = 6;
/** Share of ground that a row of the bar has at least: the rest is text, logo and scale. */
const GROUND_SHARE = 0.5;
/** Share of ground above which a row of the micrograph itself would be as flat as a bar. */
const PICTURE_SHARE = 0.35;
/** Lines across the bar (frames, separators) are no end of it when they are not thicker than this. */
const LINE_PX = 4;
/** Part of the picture's height that a bar takes. */
const HEIGHT = { min: 0.03, max: 0.25 } as const;
/** Text: share of the bar's pixels that differ from its ground by at least so much. */
const TEXT = { share: 0.004, contrast: 70 } as const;

function groundOf(data: ArrayLike<number>, from: number, to: number): number {
  const histogram = new Uint32Array(256);
  for (let index = from; index < to; index++) histogram[data[index]!]!++;
  let mode = 0;
  for (let grey = 1; grey < 256; grey++) if (histogram[grey]! > histogram[mode]!) mode = grey;
  return mode;
}

/**
 * Rows of the micrograph above the vendor's data bar; all rows when there is none. A bar is a flat strip along the lower
 * edge with text of strong contrast on it, and a sudden end towards the picture.
 */
export function rowsAboveDataBar({ widthPx, heightPx, data }: GreyImage): number {
  const lowest = Math.max(1, Math.round(heightPx * HEIGHT.min));
  const ground = groundOf(data, (heightPx - lowest) * widthPx, heightPx * widthPx);
  const share = (row: number): number => {
    let count = 0;
    for (let x = 0; x < widthPx; x++) if (Math.abs(data[row * widthPx + x]! - ground) <= NEAR) count++;
    return count / widthPx;
  };
  let top = heightPx;
  let gap = 0;
  for (let row = heightPx - 1; row >= 0 && gap <= LINE_PX; row--) {
    if (share(row) >= GROUND_SHARE) {
      top = row;
      gap = 0;
    } else gap++;
  }
  const height = heightPx - top;
  if (height < lowest || height > heightPx * HEIGHT.max) return heightPx;
  // The frame of the bar, if it has one, is cut off with it.
  const above = Array.from({ length: 2 * LINE_PX }, (_, index) => top - LINE_PX - 1 - index).filter((row) => row >= 0);
  if (above.length === 0 || above.some((row) => share(row) > PICTURE_SHARE)) return heightPx;
  let text = 0;
  for (let index = top * widthPx; index < heightPx * widthPx; index++) if (Math.abs(data[index]! - ground) >= TEXT.contrast) text++;
  return text >= TEXT.share * height * widthPx ? Math.max(1, top - LINE_PX) : heightPx;
}

/** The picture without its data bar. */
export function withoutDataBar(picture: GreyImage): GreyImage {
  const heightPx = rowsAboveDataBar(picture);
  return heightPx === picture.heightPx ? picture : { ...picture, heightPx, data: picture.data.subarray(0, heightPx * picture.widthPx) };
}
