import type { RunEvent } from '../contract/events.ts';

/** Where points of a picture lie on the stage, from its middle; um, and pixels to the right and down. */
export interface ImageAxes {
  toStage(xPx: number, yPx: number, pixelUm: number): { readonly xUm: number; readonly yUm: number };
  toImage(xUm: number, yUm: number, pixelUm: number): { readonly xPx: number; readonly yPx: number };
}

type Matrix = readonly [readonly [number, number], readonly [number, number]];

/** `matrix`: stage micrometres per micrometre of the picture to the right and down. */
export function imageAxes(matrix: Matrix): ImageAxes {
  const [[a, b], [c, d]] = matrix;
  const determinant = a * d - b * c;
  return {
    toStage: (xPx, yPx, pixelUm) => ({ xUm: (a * xPx + b * yPx) * pixelUm, yUm: (c * xPx + d * yPx) * pixelUm }),
    toImage: (xUm, yUm, pixelUm) => ({
      xPx: (d * xUm - b * yUm) / (determinant * pixelUm),
      yPx: (a * yUm - c * xUm) / (determinant * pixelUm),
    }),
  };
}

/** What every driver promises: x right and y up, as seen on the picture. */
export const PROMISED_AXES = imageAxes([[1, 0], [0, -1]]);

/** The axes of a run that goes on: those that it measured before it was stopped. */
export function axesIn(events: readonly RunEvent[]): ImageAxes | undefined {
  const measured = events.findLast((event) => event.type === 'calibrated');
  return measured === undefined ? undefined : imageAxes(measured.matrix);
}
