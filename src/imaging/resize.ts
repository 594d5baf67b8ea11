import sharp from 'sharp';
import type { GreyImage } from '../contract/frame.ts';

/** The same picture on another grid of pixels: averaged when it shrinks, interpolated when it grows. The depth stays. */
export async function resizeGrey(image: GreyImage & { readonly data: Uint8Array | Uint16Array }, size: { readonly widthPx: number; readonly heightPx: number }): Promise<GreyImage & { readonly data: Uint8Array | Uint16Array }> {
  const { widthPx, heightPx } = size;
  if (image.widthPx === widthPx && image.heightPx === heightPx) return image;
  const is16 = image.data instanceof Uint16Array;
  const { data } = await sharp(image.data, { raw: { width: image.widthPx, height: image.heightPx, channels: 1 } })
    .resize(widthPx, heightPx, { fit: 'fill', kernel: 'linear' })
    .toColourspace(is16 ? 'grey16' : 'b-w')
    .raw({ depth: is16 ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  // A copy, because a Buffer of the pool may begin at an odd address.
  const bytes = new Uint8Array(data);
  return { widthPx, heightPx, data: is16 ? new Uint16Array(bytes.buffer) : bytes };
}
