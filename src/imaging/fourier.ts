/** Complex numbers as two arrays of the same length. */
export interface ComplexArray {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

export function nextPowerOfTwo(n: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, n)));
}

/** Frequency of a bin in cycles per pixel, -0.5 to 0.5. */
export function binFrequency(index: number, length: number): number {
  return (index <= length / 2 ? index : index - length) / length;
}

/** Cosines and sines of k / n turns up to half a turn, for each length that was asked for. */
const TURNS = new Map<number, { cos: Float64Array; sin: Float64Array }>();

function turnsOf(n: number): { cos: Float64Array; sin: Float64Array } {
  let turns = TURNS.get(n);
  if (turns === undefined) {
    const angles = Float64Array.from({ length: n / 2 }, (_, k) => (2 * Math.PI * k) / n);
    turns = { cos: angles.map((angle) => Math.cos(angle)), sin: angles.map((angle) => Math.sin(angle)) };
    TURNS.set(n, turns);
  }
  return turns;
}

/** In-place radix-2 transform (Cooley and Tukey 1965) of a power-of-two length; `sign` -1 forward, 1 backward; unscaled. */
function transform({ re, im }: ComplexArray, sign: 1 | -1): void {
  const n = re.length;
  const { cos, sin } = turnsOf(n);
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      const [r, m] = [re[i]!, im[i]!];
      re[i] = re[j]!;
      im[i] = im[j]!;
      re[j] = r;
      im[j] = m;
    }
  }
  for (let size = 2; size <= n; size *= 2) {
    const half = size / 2;
    const stride = n / size;
    for (let start = 0; start < n; start += size) {
      for (let k = 0; k < half; k++) {
        const c = cos[k * stride]!;
        const s = sign * sin[k * stride]!;
        const at = start + k;
        const other = at + half;
        const tr = re[other]! * c - im[other]! * s;
        const ti = re[other]! * s + im[other]! * c;
        re[other] = re[at]! - tr;
        im[other] = im[at]! - ti;
        re[at]! += tr;
        im[at]! += ti;
      }
    }
  }
}

/** In-place 2-D transform of `width` x `height` values, both powers of two. The backward one divides by their number. */
export function fourierTransform2d(values: ComplexArray, width: number, direction: 'forward' | 'backward'): void {
  const height = values.re.length / width;
  const sign = direction === 'forward' ? -1 : 1;
  for (let y = 0; y < height; y++) {
    transform({ re: values.re.subarray(y * width, (y + 1) * width), im: values.im.subarray(y * width, (y + 1) * width) }, sign);
  }
  const column = { re: new Float64Array(height), im: new Float64Array(height) };
  const scale = direction === 'backward' ? 1 / values.re.length : 1;
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      column.re[y] = values.re[y * width + x]!;
      column.im[y] = values.im[y * width + x]!;
    }
    transform(column, sign);
    for (let y = 0; y < height; y++) {
      values.re[y * width + x] = column.re[y]! * scale;
      values.im[y * width + x] = column.im[y]! * scale;
    }
  }
}
