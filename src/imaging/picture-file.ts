import { readFile } from 'node:fs/promises';
import sharp, { type Sharp } from 'sharp';
import { EmagentError } from '../contract/errors.ts';
import type { GreyImage } from '../contract/frame.ts';
import { isCutShort } from './tiff.ts';

// sharp's operation cache only grows in a long run that never sees the same file twice.
sharp.cache(false);

/** File names that are taken for pictures. */
export const PICTURE_NAME = /\.(jpe?g|png|tiff?)$/i;

/**
 * Reads a picture as 8-bit grey (luma of a coloured one, 16 bit scaled down).
 * Throws EM_PICTURE when the bytes are no picture or are cut short.
 */
export async function decodePicture(bytes: Uint8Array, name: string): Promise<GreyImage> {
  try {
    const { data, info } = await sharp(bytes, { failOn: 'truncated' })
      .flatten({ background: '#000' })
      .toColourspace('b-w')
      .extractChannel(0)
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { widthPx: info.width, heightPx: info.height, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
  } catch (cause) {
    throw new EmagentError('EM_PICTURE', `${name} is not a readable picture: ${(cause as Error).message.split('\n')[0] ?? ''}`, { cause });
  }
}

/** A decoded picture in the depth of its file. */
export interface DecodedPicture extends GreyImage {
  readonly data: Uint8Array | Uint16Array;
}

/** As `decodePicture`, but a picture of 16 bit stays one of 16 bit. Throws EM_PICTURE. */
export async function decodeGrey(bytes: Uint8Array, name: string): Promise<DecodedPicture> {
  if (isCutShort(bytes)) throw new EmagentError('EM_PICTURE', `${name} is not a readable picture: it is cut short`);
  try {
    const { depth } = await sharp(bytes, { failOn: 'truncated' }).metadata();
    if (depth === 'ushort') {
      const { data, info } = await sharp(bytes, { failOn: 'truncated' })
        .toColourspace('grey16')
        .extractChannel(0)
        .raw({ depth: 'ushort' })
        .toBuffer({ resolveWithObject: true });
      // A copy, because a Buffer of the pool may begin at an odd address.
      return { widthPx: info.width, heightPx: info.height, data: new Uint16Array(new Uint8Array(data).buffer) };
    }
  } catch (cause) {
    throw new EmagentError('EM_PICTURE', `${name} is not a readable picture: ${(cause as Error).message.split('\n')[0] ?? ''}`, { cause });
  }
  const { widthPx, heightPx, data } = await decodePicture(bytes, name);
  return { widthPx, heightPx, data: data as Uint8Array };
}

export async function readPicture(path: string): Promise<GreyImage> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new EmagentError('EM_PICTURE', `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
  return decodePicture(bytes, path);
}

/** 16-bit and float pictures are brought to 8 bit from their full range; 8 bit is passed through. */
export function toEightBit(image: GreyImage): Uint8Array {
  if (image.data instanceof Uint8Array) return image.data;
  const top = image.data instanceof Uint16Array ? 65535 : 255;
  return Uint8Array.from(image.data, (value) => Math.min(255, Math.max(0, Math.round((value * 255) / top))));
}

function pipeline(image: GreyImage): Sharp {
  return sharp(toEightBit(image), { raw: { width: image.widthPx, height: image.heightPx, channels: 1 } }).toColourspace('b-w');
}

export async function encodePng(image: GreyImage): Promise<Uint8Array> {
  return pipeline(image).png().toBuffer();
}

/** JPEG, scaled down to at most `maxWidthPx`. */
export async function encodeJpeg(image: GreyImage, options: { maxWidthPx?: number; quality?: number } = {}): Promise<Uint8Array> {
  return pipeline(image)
    .resize({ width: Math.min(image.widthPx, options.maxWidthPx ?? image.widthPx) })
    .jpeg({ quality: options.quality ?? 85 })
    .toBuffer();
}
