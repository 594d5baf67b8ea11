import { endianness } from 'node:os';
import type { AcquireRequest } from '../../src/contract/frame.ts';
import { EmagentError } from '../../src/contract/errors.ts';
import type { ScanChunk } from './codec/scan-data.ts';

/**
 * Puts the parts of one channel of one frame together. A part that comes again replaces what was there; the order does not
 * matter; parts of other frames and channels are passed over. The frame is whole when every pixel has come.
 */
export interface FrameAssembler {
  /** Whether it was a part of this frame. */
  add(chunk: ScanChunk): boolean;
  readonly receivedPx: number;
  readonly isComplete: boolean;
  /** A part that cannot belong to the frame that was ordered. */
  readonly spoiled: EmagentError | undefined;
  /** Throws EM_FRAME_INCOMPLETE. */
  finish(): Uint8Array | Uint16Array;
}

export function createFrameAssembler(frame: number, channel: number, request: AcquireRequest): FrameAssembler {
  const totalPx = request.widthPx * request.heightPx;
  const bytesPerPx = request.depth / 8;
  const bytes = new Uint8Array(totalPx * bytesPerPx);
  /** What has come: ranges of pixels without overlap, in order. */
  let ranges: (readonly [from: number, to: number])[] = [];
  let spoiled: EmagentError | undefined;

  const cover = (from: number, to: number): void => {
    const apart = ranges.filter(([start, end]) => end < from || start > to);
    const touching = ranges.filter(([start, end]) => end >= from && start <= to);
    const merged = [Math.min(from, ...touching.map(([start]) => start)), Math.max(to, ...touching.map(([, end]) => end))] as const;
    ranges = [...apart, merged].toSorted((a, b) => a[0] - b[0]);
  };
  const receivedPx = (): number => ranges.reduce((sum, [from, to]) => sum + to - from, 0);

  return {
    add: (chunk) => {
      if (chunk.frame !== frame || chunk.channel !== channel) return false;
      const pixels = chunk.pixels.length / bytesPerPx;
      if (chunk.depth !== request.depth || chunk.firstPx + pixels > totalPx) {
        spoiled ??= new EmagentError(
          'EM_FRAME_INCOMPLETE',
          `Frame ${frame} is not the one that was ordered: ${request.widthPx} x ${request.heightPx} px of ${request.depth} bit were asked for, pixel ${chunk.firstPx + pixels - 1} of ${chunk.depth} bit came.`,
        );
        return true;
      }
      bytes.set(chunk.pixels, chunk.firstPx * bytesPerPx);
      if (pixels > 0) cover(chunk.firstPx, chunk.firstPx + pixels);
      return true;
    },
    get receivedPx() {
      return receivedPx();
    },
    get isComplete() {
      return receivedPx() === totalPx;
    },
    get spoiled() {
      return spoiled;
    },
    finish: () => {
      if (spoiled !== undefined) throw spoiled;
      const missing = totalPx - receivedPx();
      if (missing > 0) throw new EmagentError('EM_FRAME_INCOMPLETE', `Frame ${frame} is not complete: ${missing} of ${totalPx} pixels did not come.`);
      if (request.depth === 8) return bytes;
      if (endianness() === 'BE') Buffer.from(bytes.buffer).swap16();
      return new Uint16Array(bytes.buffer);
    },
  };
}
