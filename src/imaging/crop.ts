import type { GreyImage } from '../contract/frame.ts';

export interface PixelRectangle {
  readonly xPx: number;
  readonly yPx: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

function sameKind(data: GreyImage['data'], length: number): GreyImage['data'] {
  if (data instanceof Uint8Array) return new Uint8Array(length);
  return data instanceof Uint16Array ? new Uint16Array(length) : new Float32Array(length);
}

/** A copy of the part of the picture that lies in the rectangle. Throws RangeError when none or not all of it does. */
export function cropImage(image: GreyImage, { xPx, yPx, widthPx, heightPx }: PixelRectangle): GreyImage {
  const whole = [xPx, yPx, widthPx, heightPx].every(Number.isInteger);
  if (!whole || widthPx < 1 || heightPx < 1 || xPx < 0 || yPx < 0 || xPx + widthPx > image.widthPx || yPx + heightPx > image.heightPx) {
    throw new RangeError(`a part of ${widthPx}x${heightPx} px at ${xPx},${yPx} does not lie in a picture of ${image.widthPx}x${image.heightPx} px`);
  }
  const data = sameKind(image.data, widthPx * heightPx);
  for (let row = 0; row < heightPx; row++) {
    const from = (yPx + row) * image.widthPx + xPx;
    data.set(image.data.subarray(from, from + widthPx), row * widthPx);
  }
  return { widthPx, heightPx, data };
}
