import type { OpticsState, StagePosition } from './microscope.ts';

/** A grey picture, row by row from the top left, without any meaning beyond its pixels. */
export interface GreyImage {
  readonly widthPx: number;
  readonly heightPx: number;
  /** 8-bit as Uint8Array, 16-bit as Uint16Array; Float32Array only for intermediate results. */
  readonly data: Uint8Array | Uint16Array | Float32Array;
}

/** What was asked of the scan generator. */
export interface AcquireRequest {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Time on each pixel. */
  readonly dwellUs: number;
  readonly depth: 8 | 16;
  /** One of `info.detectors`; the first when absent. */
  readonly detector?: string;
}

/** One acquired image with what was asked and what the instrument said it did, kept apart. */
export interface Frame extends GreyImage {
  /** Opaque and unique in the run. Says nothing of the content. */
  readonly id: string;
  readonly data: Uint8Array | Uint16Array;
  readonly depth: 8 | 16;
  /** Edge of a pixel on the specimen, from the field width read back. */
  readonly pixelSizeNm: number;
  /** Read back when the exposure began. The centre of the frame. */
  readonly stage: StagePosition;
  /** Read back when the exposure began. */
  readonly optics: OpticsState;
  readonly request: AcquireRequest;
  /** Charge per scanned area, C/m^2 (beam current x dwell / pixel area). */
  readonly doseCPerM2: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}
