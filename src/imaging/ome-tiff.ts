import type { Frame, GreyImage } from '../contract/frame.ts';
import { describePicture, parseDescription, type Annotations } from './ome-xml.ts';
import { decodeTiff, encodeTiff } from './tiff.ts';

/** A frame as it is read back: pixels and what was said of them. */
export interface OmePicture extends GreyImage {
  readonly data: Uint8Array | Uint16Array;
  readonly name?: string;
  readonly pixelSizeUm?: number;
  readonly positionUm?: { readonly x: number; readonly y: number; readonly z: number };
  readonly annotations: Readonly<Record<string, string>>;
}

/** What is known of a frame beyond the words of OME; what was asked and what was read back are kept apart. */
function acquisitionOf(frame: Frame): Annotations {
  return {
    dwellUs: frame.request.dwellUs,
    accelerationKv: frame.optics.accelerationKv,
    beamCurrentPa: frame.optics.beamCurrentPa,
    workingDistanceMm: frame.optics.workingDistanceMm,
    fieldWidthUm: frame.optics.fieldWidthUm,
    scanRotationDeg: frame.optics.scanRotationDeg,
    stigmatorX: frame.optics.stigmatorX,
    stigmatorY: frame.optics.stigmatorY,
    stageRotationDeg: frame.stage.rotationDeg,
    stageTiltDeg: frame.stage.tiltDeg,
    doseCPerM2: frame.doseCPerM2,
    startedAtMs: frame.startedAtMs,
    endedAtMs: frame.endedAtMs,
    ...(frame.request.detector === undefined ? {} : { detector: frame.request.detector }),
  };
}

/**
 * OME-TIFF of one frame. Its position is that of the frame's centre on the stage in micrometres, x right and y up as
 * seen on the picture. `annotations` (scores, verdict) stand beside the acquisition's own values.
 */
export function encodeOmeTiff(frame: Frame, options: { annotations?: Annotations; acquiredAt?: string } = {}): Uint8Array {
  const pixelSizeUm = frame.pixelSizeNm / 1000;
  const description = describePicture({
    name: frame.id,
    depth: frame.depth,
    widthPx: frame.widthPx,
    heightPx: frame.heightPx,
    pixelSizeUm,
    positionUm: { x: frame.stage.xUm, y: frame.stage.yUm, z: frame.stage.zUm },
    exposureS: (frame.widthPx * frame.heightPx * frame.request.dwellUs) / 1e6,
    ...(options.acquiredAt === undefined ? {} : { acquiredAt: options.acquiredAt }),
    annotations: { ...acquisitionOf(frame), ...options.annotations },
  });
  return encodeTiff(frame, { description, pixelSizeUm });
}

/** Reads what `encodeOmeTiff` wrote, and any other uncompressed grey TIFF. Throws EM_PICTURE. */
export function decodeOmeTiff(bytes: Uint8Array, name: string): OmePicture {
  const { description, ...image } = decodeTiff(bytes, name);
  return { ...image, ...parseDescription(description) };
}
