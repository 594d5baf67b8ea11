import sharp from 'sharp';

/** Three bytes for each pixel, row by row from the top left. */
export interface ColourImage {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly rgb: Uint8Array;
}

export async function encodeColourPng({ widthPx, heightPx, rgb }: ColourImage): Promise<Uint8Array> {
  return sharp(rgb, { raw: { width: widthPx, height: heightPx, channels: 3 } }).png({ compressionLevel: 9 }).toBuffer();
}
