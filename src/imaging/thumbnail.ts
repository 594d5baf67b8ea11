import sharp from 'sharp';
import type { GreyImage } from '../contract/frame.ts';
import { toEightBit } from './picture-file.ts';

/** A JPEG of exactly this size: the middle of the picture, cut to the shape. */
export async function thumbnailJpeg(picture: GreyImage, { widthPx, heightPx }: { readonly widthPx: number; readonly heightPx: number }): Promise<Uint8Array> {
  return sharp(toEightBit(picture), { raw: { width: picture.widthPx, height: picture.heightPx, channels: 1 } })
    .resize(widthPx, heightPx, { fit: 'cover' })
    .toColourspace('b-w')
    .jpeg({ quality: 88 })
    .toBuffer();
}
