import type { Frame, GreyImage } from '../contract/frame.ts';

/** A field that was imaged before the stop, by which the specimen is recognised. */
export interface Anchor {
  readonly image: GreyImage;
  readonly xUm: number;
  readonly yUm: number;
  readonly fieldWidthUm: number;
  /** As it was focused then: on the way out the instrument was given back as it was found. */
  readonly workingDistanceMm: number;
  readonly dwellUs: number;
}

export function anchorOf(frame: Frame): Anchor {
  return { image: frame, xUm: frame.stage.xUm, yUm: frame.stage.yUm, fieldWidthUm: frame.optics.fieldWidthUm, workingDistanceMm: frame.optics.workingDistanceMm, dwellUs: frame.request.dwellUs };
}
