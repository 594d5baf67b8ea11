import { EmagentError } from '../../../src/contract/errors.ts';
import { encodeMessage, type Message } from './message.ts';
import { createBodyReader, encodeBytes, encodeValues } from './values.ts';

/** Name of the messages that carry pixels, on the data connection. */
export const SCAN_DATA = 'ScData';

/** Some pixels of one channel of one frame. */
export interface ScanChunk {
  readonly frame: number;
  readonly channel: number;
  /** Index of its first pixel, row by row. */
  readonly firstPx: number;
  readonly depth: 8 | 16;
  /** One or two bytes, little-endian, for each pixel. */
  readonly pixels: Uint8Array;
}

export function encodeScanChunk({ frame, channel, firstPx, depth, pixels }: ScanChunk): Buffer {
  return encodeMessage({ command: SCAN_DATA, id: 0, flags: 0, body: Buffer.concat([encodeValues(['u', 'i', 'u', 'i'], [frame, channel, firstPx, depth]), encodeBytes(pixels)]) });
}

/** Throws EM_PROTOCOL. */
export function decodeScanChunk({ body }: Message): ScanChunk {
  const reader = createBodyReader(body);
  const frame = reader.unsigned();
  const channel = reader.int();
  const firstPx = reader.unsigned();
  const depth = reader.int();
  const pixels = reader.bytes();
  if (depth !== 8 && depth !== 16) throw new EmagentError('EM_PROTOCOL', `A part of frame ${frame} has ${depth} bit; 8 and 16 are known.`);
  if (pixels.length % (depth / 8) !== 0) throw new EmagentError('EM_PROTOCOL', `A part of frame ${frame} ends in the middle of a pixel.`);
  return { frame, channel, firstPx, depth, pixels };
}
