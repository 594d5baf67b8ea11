import { endianness } from 'node:os';
import { EmagentError } from '../../src/contract/errors.ts';
import type { AcquireRequest } from '../../src/contract/frame.ts';
import type { ImageChunk, WireFrameMetadata } from './codec.ts';

export interface AssembledFrame {
  readonly data: Uint8Array | Uint16Array;
  readonly metadata: WireFrameMetadata;
}

/** Puts the chunks of one image together and insists that every pixel came exactly once, in order. */
export interface FrameAssembler {
  add(chunk: ImageChunk): void;
  /** Remembers that something on the way was wrong; the first reason counts. */
  spoil(error: EmagentError): void;
  /** Throws EM_FRAME_INCOMPLETE when anything is missing, double, damaged or of another image. */
  finish(): AssembledFrame;
}

export function createFrameAssembler(frame: number, request: AcquireRequest): FrameAssembler {
  const totalPx = request.widthPx * request.heightPx;
  const bytesPerPx = request.depth / 8;
  const bytes = Buffer.alloc(totalPx * bytesPerPx);
  let receivedPx = 0;
  let complete = false;
  let metadata: WireFrameMetadata | undefined;
  let spoiled: EmagentError | undefined;
  const spoil = (error: EmagentError): void => {
    spoiled ??= error;
  };
  const incomplete = (why: string): void => spoil(new EmagentError('EM_FRAME_INCOMPLETE', `Image ${frame} is not complete: ${why}.`));

  return {
    spoil,
    add: (chunk) => {
      if (chunk.frame !== frame) return incomplete(`a part of image ${chunk.frame} came in between`);
      if (chunk.widthPx !== request.widthPx || chunk.heightPx !== request.heightPx || chunk.depth !== request.depth || chunk.totalPx !== totalPx) {
        return incomplete(
          `${request.widthPx} x ${request.heightPx} px of ${request.depth} bit were asked for, ${chunk.widthPx} x ${chunk.heightPx} px of ${chunk.depth} bit came`,
        );
      }
      const pixels = chunk.pixels.byteLength / bytesPerPx;
      if (chunk.offsetPx > receivedPx) return incomplete(`pixels ${receivedPx} to ${chunk.offsetPx - 1} are missing`);
      if (chunk.offsetPx < receivedPx) return incomplete(`pixel ${chunk.offsetPx} came twice`);
      if (complete || chunk.offsetPx + pixels > totalPx) return incomplete('more pixels came than it has');
      bytes.set(chunk.pixels, chunk.offsetPx * bytesPerPx);
      receivedPx += pixels;
      if (chunk.metadata !== undefined) metadata = chunk.metadata;
      complete = chunk.last;
      return undefined;
    },
    finish: () => {
      if (receivedPx < totalPx) incomplete(`${totalPx - receivedPx} of ${totalPx} pixels did not come`);
      else if (!complete) incomplete('the last part was not marked as such');
      if (spoiled !== undefined) throw spoiled;
      if (metadata === undefined) throw new EmagentError('EM_PROTOCOL', `Image ${frame} came without its metadata.`);
      if (request.depth === 8) return { data: new Uint8Array(bytes.buffer, bytes.byteOffset, totalPx), metadata };
      if (endianness() === 'BE') bytes.swap16();
      const data = new Uint16Array(totalPx);
      new Uint8Array(data.buffer).set(bytes);
      return { data, metadata };
    },
  };
}
