import { encodeMessage } from './message.ts';

/** Name of the messages that carry pictures of the chamber, on the data connection. */
export const CAMERA_DATA = 'CameraData';

/** A whole picture of the chamber camera, 8 bit, row by row. */
export interface CameraPicture {
  readonly channel: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly pixels: Uint8Array;
}

export function encodeCameraPicture({ channel, widthPx, heightPx, pixels }: CameraPicture): Buffer {
  const body = Buffer.alloc(20 + Math.ceil(pixels.length / 4) * 4);
  for (const [index, value] of [channel, 8, widthPx, heightPx, pixels.length].entries()) body.writeUInt32LE(value, 4 * index);
  body.set(pixels, 20);
  return encodeMessage({ command: CAMERA_DATA, id: 0, flags: 0, body });
}
