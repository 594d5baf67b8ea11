import { encodeMessage } from './message.ts';
import { encodeBytes, encodeValues } from './values.ts';

/** Name of the messages that carry pictures of the chamber, on the data connection. */
const CAMERA_DATA = 'CameraData';
const BITS = 8;

/** A whole picture of the chamber camera, 8 bit, row by row. */
export interface CameraPicture {
  readonly channel: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly pixels: Uint8Array;
}

export function encodeCameraPicture({ channel, widthPx, heightPx, pixels }: CameraPicture): Buffer {
  return encodeMessage({ command: CAMERA_DATA, id: 0, flags: 0, body: Buffer.concat([encodeValues(['i', 'i', 'i', 'i'], [channel, BITS, widthPx, heightPx]), encodeBytes(pixels)]) });
}
