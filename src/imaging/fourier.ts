/** Complex numbers as two arrays of the same length. */
export interface ComplexArray {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

export function nextPowerOfTwo(n: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, n)));
}

/** In-place radix-2 transform (Cooley and Tukey 1965) of a power-of-two length; `sign` -1 forward, 1 backward; unscaled. */
function transform({ re, im }: ComplexArray, sign: 1 | -1): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j]!, re[i]!];
      [im[i], im[j]] = [im[j]!, im[i]!];
    }
  }
  for (let size = 2; size <= n; size *= 2) {
    const half = size / 2;
    const step = (sign * 2 * Math.PI) / size;
    for (let k = 0; k < half; k++) {
      const [c, s] = [Math.cos(step * k), Math.sin(step * k)];
      for (let start = k; start < n; start += size) {
        const other = start + half;
        const tr = re[other]! * c - im[other]! * s;
        const ti = re[other]! * s + im[other]! * c;
        re[other] = re[start]! - tr;
        im[other] = im[start]! - ti;
        re[start]! += tr;
        im[start]! += ti;
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
