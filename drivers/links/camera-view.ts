import { EmagentError } from '../../src/contract/errors.ts';
import { cropImage } from '../../src/imaging/crop.ts';
import type { DecodedPicture } from '../../src/imaging/picture-file.ts';
import { resizeGrey } from '../../src/imaging/resize.ts';

export interface CameraView {
  /** Part of the picture's width and height that is shown, about its centre: 1 is all of it. */
  readonly share: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly depth: 8 | 16;
}

/**
 * The middle of a camera's picture on a grid of its own: what an instrument with one magnification has instead of a zoom.
 * It resolves nothing that the whole picture does not. Throws EM_LIMIT when the part has less than a pixel.
 */
export async function viewOf(picture: DecodedPicture, { share, widthPx, heightPx, depth }: CameraView): Promise<Uint8Array | Uint16Array> {
  const part = { widthPx: Math.round(picture.widthPx * share), heightPx: Math.round(picture.heightPx * share) };
  if (part.widthPx < 1 || part.heightPx < 1) throw new EmagentError('EM_LIMIT', `A ${share} part of a picture of ${picture.widthPx} x ${picture.heightPx} px is less than a pixel.`);
  const corner = { xPx: Math.floor((picture.widthPx - part.widthPx) / 2), yPx: Math.floor((picture.heightPx - part.heightPx) / 2) };
  const middle = share === 1 ? picture : (cropImage(picture, { ...corner, ...part }) as DecodedPicture);
  const { data } = await resizeGrey(middle, { widthPx, heightPx });
  if (depth === 8) return data instanceof Uint16Array ? Uint8Array.from(data, (grey) => grey >> 8) : data;
  return data instanceof Uint16Array ? data : Uint16Array.from(data, (grey) => grey * 257);
}
