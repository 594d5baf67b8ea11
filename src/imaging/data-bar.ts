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

/** A bar that floats above the lower edge, with some of the picture under it, begins below this part of the height and is black or white. */
const FLOATING = { below: 0.7, black: 12, white: 243 } as const;

/**
 * Rows of the micrograph above the vendor's data bar; all rows when there is none. A bar is a flat strip along the lower
 * edge, or near it, with text of strong contrast on it, and a sudden end towards the picture.
 */
export function rowsAboveDataBar(picture: GreyImage): number {
  const { widthPx, heightPx, data } = picture;
  const lowest = Math.max(1, Math.round(heightPx * HEIGHT.min));
  const along = rowsAboveStrip(picture, heightPx, groundOf(data, (heightPx - lowest) * widthPx, heightPx * widthPx));
  if (along < heightPx) return along;
  const highest = Math.ceil(heightPx * FLOATING.below);
  for (let row = heightPx - LINE_PX - 1; row > highest; row--) {
    const ground = groundOf(data, row * widthPx, (row + 1) * widthPx);
    if ((ground > FLOATING.black && ground < FLOATING.white) || groundShare(picture, row, ground) < GROUND_SHARE) continue;
    if (groundShare(picture, row + 2 * LINE_PX, ground) > PICTURE_SHARE) continue;
    const above = rowsAboveStrip(picture, row + 1, ground);
    if (above > highest && above < row) return above;
  }
  return heightPx;
}

function groundShare({ widthPx, heightPx, data }: GreyImage, row: number, ground: number): number {
  const at = Math.min(heightPx - 1, row) * widthPx;
  let count = 0;
  for (let x = 0; x < widthPx; x++) if (Math.abs(data[at + x]! - ground) <= NEAR) count++;
  return count / widthPx;
}

/** Rows above the strip of this ground that ends at the row `end`; the height of the picture when there is none. */
function rowsAboveStrip(picture: GreyImage, end: number, ground: number): number {
  const { widthPx, heightPx, data } = picture;
  let top = end;
  let gap = 0;
  for (let row = end - 1; row >= 0 && gap <= LINE_PX; row--) {
    if (groundShare(picture, row, ground) >= GROUND_SHARE) {
      top = row;
      gap = 0;
    } else gap++;
  }
  const height = end - top;
  if (height < heightPx * HEIGHT.min - 1 || height > heightPx * HEIGHT.max) return heightPx;
  // The frame of the bar, if it has one, is cut off with it.
  const above = Array.from({ length: 2 * LINE_PX }, (_, index) => top - LINE_PX - 1 - index).filter((row) => row >= 0);
  if (above.length === 0 || above.some((row) => groundShare(picture, row, ground) > PICTURE_SHARE)) return heightPx;
  let text = 0;
  for (let index = top * widthPx; index < end * widthPx; index++) if (Math.abs(data[index]! - ground) >= TEXT.contrast) text++;
  return text >= TEXT.share * height * widthPx ? Math.max(1, top - LINE_PX) : heightPx;
}

/** The picture without its data bar. */
export function withoutDataBar(picture: GreyImage): GreyImage {
  const heightPx = rowsAboveDataBar(picture);
  return heightPx === picture.heightPx ? picture : { ...picture, heightPx, data: picture.data.subarray(0, heightPx * picture.widthPx) };
}
