import { endianness } from 'node:os';
import { encodeChunk } from '../../drivers/scope/codec.ts';
import { EmagentError } from '../../src/contract/errors.ts';
import type { Frame } from '../../src/contract/frame.ts';
import { metadataOf } from './scope-conversion.ts';

/** Chunks of a frame: several even for a small one, none near the limit of a message. */
const CHUNKS_PER_FRAME = 4;
const MAX_CHUNK_PX = 1 << 19;

interface Sink {
  readonly isOpen: boolean;
  sendBinary(bytes: Uint8Array): void;
}

function littleEndianBytes(data: Uint8Array | Uint16Array): Uint8Array {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return data.BYTES_PER_ELEMENT === 2 && endianness() === 'BE' ? Buffer.from(bytes).swap16() : bytes;
}

/** Sends one image, in order, its metadata with the last chunk. Throws EM_LINK_CLOSED when nobody is there to take it. */
export function sendFrame(sink: Sink, { frame, image, detector }: { readonly frame: number; readonly image: Frame; readonly detector: string }): void {
  const bytes = littleEndianBytes(image.data);
  const bytesPerPx = image.depth / 8;
  const totalPx = image.widthPx * image.heightPx;
  const chunkPx = Math.min(MAX_CHUNK_PX, Math.max(1, Math.ceil(totalPx / CHUNKS_PER_FRAME)));
  for (let offsetPx = 0; offsetPx < totalPx; offsetPx += chunkPx) {
    if (!sink.isOpen) throw new EmagentError('EM_LINK_CLOSED', 'The client that asked for the image is gone.');
    const endPx = Math.min(totalPx, offsetPx + chunkPx);
    const last = endPx === totalPx;
    sink.sendBinary(
      encodeChunk({
        frame,
        offsetPx,
        totalPx,
        widthPx: image.widthPx,
        heightPx: image.heightPx,
        depth: image.depth,
        last,
        pixels: bytes.subarray(offsetPx * bytesPerPx, endPx * bytesPerPx),
        ...(last ? { metadata: metadataOf(image, detector) } : {}),
      }),
    );
  }
}
