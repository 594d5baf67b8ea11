import type { GreyImage } from '../contract/frame.ts';

/** Means over boxes of 2^k x 2^k pixels, row by row; an incomplete last row or column is left out. */
export interface Level {
  readonly binPx: number;
  readonly columns: number;
  readonly rows: number;
  readonly means: Float32Array;
}

function halved({ binPx, columns, rows, means }: Level): Level {
  const halfColumns = columns >> 1;
  const halfRows = rows >> 1;
  const half = new Float32Array(halfColumns * halfRows);
  for (let y = 0; y < halfRows; y++) {
    for (let x = 0; x < halfColumns; x++) {
      const at = 2 * y * columns + 2 * x;
      half[y * halfColumns + x] = (means[at]! + means[at + 1]! + means[at + columns]! + means[at + columns + 1]!) * 0.25;
    }
  }
  return { binPx: binPx * 2, columns: halfColumns, rows: halfRows, means: half };
}

/** Level below which half of what the histogram counts lies. */
function medianOf(histogram: Uint32Array, count: number): number {
  let seen = 0;
  let bin = 0;
  while (2 * (seen += histogram[bin]!) < count) bin++;
  return bin;
}

/**
 * Noise of a frame, standard deviation in grey levels, from the second difference across each 2x2 box
 * (a - b - c + d) / 2: structure that the probe has smoothed hardly reaches it. Boxes beyond three standard deviations
 * of the median, where structure does, are left out; what the cut takes from a normal distribution is given back.
 */
function noiseOf(differences: Uint32Array, count: number, unit: number): number {
  const cut = Math.max(3, Math.ceil(3 * 1.4826 * medianOf(differences, count)));
  let squares = 0;
  let inside = 0;
  for (let bin = 0; bin <= Math.min(cut, differences.length - 1); bin++) {
    squares += differences[bin]! * bin * bin;
    inside += differences[bin]!;
  }
  const sharePassed = 0.9733;
  return (Math.sqrt(squares / Math.max(1, inside) / sharePassed) * unit) / 2;
}

/** Box means of all levels down to `smallest` boxes in a row, the noise, and the mean of each row, in one pass. */
export function analyseLevels(image: GreyImage, smallest = 8): { levels: Level[]; noiseLevels: number; rowMeans: Float64Array } {
  const { widthPx, heightPx, data } = image;
  const columns = widthPx >> 1;
  const rows = heightPx >> 1;
  const means = new Float32Array(columns * rows);
  const rowMeans = new Float64Array(2 * rows);
  // 16-bit differences are counted in steps of 64 levels, a quarter of an 8-bit level.
  const unit = data instanceof Uint8Array ? 1 : 64;
  const differences = new Uint32Array(1024);
  for (let y = 0; y < rows; y++) {
    let upper = 0;
    let lower = 0;
    for (let x = 0; x < columns; x++) {
      const at = 2 * y * widthPx + 2 * x;
      const a = data[at]!;
      const b = data[at + 1]!;
      const c = data[at + widthPx]!;
      const d = data[at + widthPx + 1]!;
      upper += a + b;
      lower += c + d;
      means[y * columns + x] = (a + b + c + d) * 0.25;
      const difference = Math.abs(a - b - c + d) / unit;
      differences[difference > 1023 ? 1023 : (difference + 0.5) | 0]!++;
    }
    rowMeans[2 * y] = upper / (2 * columns);
    rowMeans[2 * y + 1] = lower / (2 * columns);
  }
  const levels: Level[] = [{ binPx: 2, columns, rows, means }];
  for (let level = levels[0]!; Math.min(level.columns, level.rows) >= 2 * smallest; ) {
    level = halved(level);
    levels.push(level);
  }
  return { levels, noiseLevels: noiseOf(differences, columns * rows, unit), rowMeans };
}

/** Variance of the difference between neighbouring boxes, halved: for white noise, its variance in a box. */
export function neighbourVariance({ columns, rows, means }: Level): number {
  let squares = 0;
  for (let y = 0; y < rows - 1; y++) {
    for (let x = 0; x < columns - 1; x++) {
      const at = y * columns + x;
      const right = means[at + 1]! - means[at]!;
      const below = means[at + columns]! - means[at]!;
      squares += right * right + below * below;
    }
  }
  return squares / (4 * (rows - 1) * (columns - 1));
}

/** Root of the mean square of the second difference over three neighbouring boxes: blind to even shading. */
export function curvature({ columns, rows, means }: Level): number {
  let squares = 0;
  let count = 0;
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const at = y * columns + x;
      if (x > 0 && x < columns - 1) {
        squares += (means[at - 1]! - 2 * means[at]! + means[at + 1]!) ** 2;
        count++;
      }
      if (y > 0 && y < rows - 1) {
        squares += (means[at - columns]! - 2 * means[at]! + means[at + columns]!) ** 2;
        count++;
      }
    }
  }
  return Math.sqrt(squares / Math.max(1, count));
}
