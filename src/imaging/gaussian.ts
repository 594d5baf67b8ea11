import type { GreyImage } from '../contract/frame.ts';

export type FloatImage = GreyImage & { readonly data: Float32Array };

/** Half of a normalised Gaussian kernel cut at 3.5 sigma, from the middle outwards. */
function halfKernel(sigmaPx: number): Float64Array {
  const half = Float64Array.from({ length: Math.ceil(3.5 * sigmaPx) + 1 }, (_, k) => Math.exp(-((k / sigmaPx) ** 2) / 2));
  const sum = half.reduce((total, tap, k) => total + (k === 0 ? tap : 2 * tap), 0);
  return half.map((tap) => tap / sum);
}

/** One line blurred; its ends are repeated outwards. */
function blurLine(line: Float64Array, taps: Float64Array, out: Float64Array): void {
  const last = line.length - 1;
  for (let x = 0; x <= last; x++) {
    let sum = taps[0]! * line[x]!;
    for (let k = 1; k < taps.length; k++) sum += taps[k]! * (line[x < k ? 0 : x - k]! + line[x + k > last ? last : x + k]!);
    out[x] = sum;
  }
}

/** Gaussian blur of standard deviation `sigmaPx`, separable, edges repeated. A copy when `sigmaPx` is 0. */
export function gaussianBlur({ widthPx, heightPx, data }: GreyImage, sigmaPx: number): FloatImage {
  const out = Float32Array.from(data);
  if (!(sigmaPx > 0)) return { widthPx, heightPx, data: out };
  const taps = halfKernel(sigmaPx);
  for (const [lines, length, stride, step] of [[heightPx, widthPx, 1, widthPx], [widthPx, heightPx, widthPx, 1]] as const) {
    const line = new Float64Array(length);
    const blurred = new Float64Array(length);
    for (let index = 0; index < lines; index++) {
      for (let k = 0; k < length; k++) line[k] = out[index * step + k * stride]!;
      blurLine(line, taps, blurred);
      for (let k = 0; k < length; k++) out[index * step + k * stride] = blurred[k]!;
    }
  }
  return { widthPx, heightPx, data: out };
}
