import type { StagePosition } from '../../src/contract/microscope.ts';
import { randomFor } from '../../src/lib/random.ts';

const CHAMBER_WIDTH_PX = 640;
const CHAMBER_HEIGHT_PX = 480;
/** Of the camera at its whole size, in the plane of the optical axis (to be confirmed on hardware). */
const PX_PER_MM = 5;
const POLE_PIECE = { tipYPx: 150, tipHalfPx: 30, slope: 1.1, grey: 150 } as const;
const STAGE = { halfWidthMm: 30, thicknessMm: 8, grey: 110 } as const;
const STUB = { halfWidthMm: 6.35, heightMm: 8, grey: 190 } as const;
/** What the infrared lamp and the far wall leave. */
const WALL_GREY = 45;
const DARK_GREY = 4;
const NOISE_GREY = 3;

/** The number of pixels of a side at this zoom, a multiple of 4 as frame grabbers have it. */
const zoomed = (sizePx: number, zoom: number): number => Math.max(4, Math.round((sizePx * zoom) / 4) * 4);

export interface ChamberViewOptions {
  readonly stage: StagePosition;
  /** Of the specimen under the pole piece. */
  readonly workingDistanceMm: number;
  /** 0.05..1: of the whole picture's size. */
  readonly zoom: number;
  /** The lamp in the chamber. */
  readonly isLit: boolean;
  /** A number for each picture: noise differs. */
  readonly seed: number;
}

/**
 * What the infrared camera in the chamber sees from the side: the cone of the objective above, the stage with its stub
 * below it, moved with x and tilted about the specimen. A sketch for orientation, 8 bit, row by row; nothing is measured in it.
 */
export function drawChamber({ stage, workingDistanceMm, zoom, isLit, seed }: ChamberViewOptions): { readonly widthPx: number; readonly heightPx: number; readonly pixels: Uint8Array } {
  const widthPx = zoomed(CHAMBER_WIDTH_PX, zoom);
  const heightPx = zoomed(CHAMBER_HEIGHT_PX, zoom);
  const random = randomFor(seed, 'chamber-view');
  const tilt = (stage.tiltDeg * Math.PI) / 180;
  const [cos, sin] = [Math.cos(tilt), Math.sin(tilt)];
  const greyAt = (xPx: number, yPx: number): number => {
    const x = xPx - CHAMBER_WIDTH_PX / 2;
    const above = POLE_PIECE.tipYPx - yPx;
    if (above >= 0) return Math.abs(x) < POLE_PIECE.tipHalfPx + POLE_PIECE.slope * above ? POLE_PIECE.grey - 0.12 * Math.abs(x) : WALL_GREY;
    // In the specimen's own frame, mm, its surface at 0 and the axis of tilt in it.
    const xMm = x / PX_PER_MM;
    const yMm = -above / PX_PER_MM - workingDistanceMm;
    const along = cos * xMm + sin * yMm - stage.xUm / 1000;
    const below = -sin * xMm + cos * yMm;
    if (below >= 0 && below < STUB.heightMm && Math.abs(along) < STUB.halfWidthMm) return STUB.grey - 4 * below;
    if (below >= STUB.heightMm && below < STUB.heightMm + STAGE.thicknessMm && Math.abs(along) < STAGE.halfWidthMm) return STAGE.grey;
    return WALL_GREY + 0.05 * yPx;
  };
  const pixels = new Uint8Array(widthPx * heightPx);
  for (let row = 0; row < heightPx; row++) {
    for (let column = 0; column < widthPx; column++) {
      const grey = isLit ? greyAt((column + 0.5) * (CHAMBER_WIDTH_PX / widthPx), (row + 0.5) * (CHAMBER_HEIGHT_PX / heightPx)) : DARK_GREY;
      pixels[row * widthPx + column] = Math.min(255, Math.max(0, Math.round(grey + NOISE_GREY * random.gaussian())));
    }
  }
  return { widthPx, heightPx, pixels };
}
