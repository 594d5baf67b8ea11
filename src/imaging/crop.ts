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

/** Start, end and share of the source pixels under each target pixel along one axis. */
function spans(source: number, target: number): { first: number; weights: Float64Array }[] {
  const ratio = source / target;
  return Array.from({ length: target }, (_, index) => {
    if (ratio <= 1) {
      // Enlarging: linear between the centres of the two nearest source pixels.
      const centre = Math.min(source - 1, Math.max(0, (index + 0.5) * ratio - 0.5));
      const first = Math.min(Math.floor(centre), source - 1);
      return { first, weights: first === source - 1 ? Float64Array.of(1) : Float64Array.of(1 - (centre - first), centre - first) };
    }
    const [from, to] = [index * ratio, (index + 1) * ratio];
    const first = Math.floor(from + 1e-9);
    const last = Math.min(source, Math.ceil(to - 1e-9));
    const weights = Float64Array.from({ length: last - first }, (__, k) => (Math.min(to, first + k + 1) - Math.max(from, first + k)) / ratio);
    return { first, weights };
  });
}

/** Area average when it becomes smaller, bilinear when it becomes larger. The result is Float32Array, in the source's unit. */
export function resampleImage(image: GreyImage, widthPx: number, heightPx: number): GreyImage & { data: Float32Array } {
  const columns = spans(image.widthPx, widthPx);
  const rows = spans(image.heightPx, heightPx);
  const narrow = new Float32Array(widthPx * image.heightPx);
  for (let y = 0; y < image.heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const { first, weights } = columns[x]!;
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * image.data[y * image.widthPx + first + k]!;
      narrow[y * widthPx + x] = sum;
    }
  }
  const data = new Float32Array(widthPx * heightPx);
  for (let y = 0; y < heightPx; y++) {
    const { first, weights } = rows[y]!;
    for (let k = 0; k < weights.length; k++) {
      const weight = weights[k]!;
      const from = (first + k) * widthPx;
      for (let x = 0; x < widthPx; x++) data[y * widthPx + x]! += weight * narrow[from + x]!;
    }
  }
  return { widthPx, heightPx, data };
}
