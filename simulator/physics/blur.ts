/** Below this the blur is not worth doing. */
const NEGLIGIBLE_PX = 0.4;

/** Covariance of a blur in pixels: x to the right, y down. */
export interface BlurPx {
  readonly xx: number;
  readonly xy: number;
  readonly yy: number;
}

/** From standard deviations in pixels along two directions; the angle is counter-clockwise on the image (y up). */
export function blurCovariance(sigmaU: number, sigmaV: number, angleDeg: number): BlurPx {
  const angle = (angleDeg * Math.PI) / 180;
  const cos = Math.cos(angle);
  const sin = -Math.sin(angle);
  const u = sigmaU * sigmaU;
  const v = sigmaV * sigmaV;
  return { xx: u * cos * cos + v * sin * sin, xy: (u - v) * cos * sin, yy: u * sin * sin + v * cos * cos };
}

/** Pixels beyond the frame that the blur needs. */
export function blurReachPx({ xx, yy }: BlurPx): number {
  const sigma = Math.sqrt(Math.max(xx, yy));
  return sigma < NEGLIGIBLE_PX ? 0 : Math.ceil(3 * sigma) + 1;
}

function kernel(sigma: number): Float32Array {
  const radius = Math.max(1, Math.ceil(3 * sigma));
  const taps = new Float32Array(2 * radius + 1);
  let sum = 0;
  for (let index = -radius; index <= radius; index++) {
    const value = Math.exp((-0.5 * index * index) / (sigma * sigma));
    taps[index + radius] = value;
    sum += value;
  }
  return taps.map((tap) => tap / sum);
}

export interface Plane {
  readonly data: Float32Array;
  readonly widthPx: number;
  readonly heightPx: number;
}

function rowPass({ data, widthPx }: Plane, sigma: number): RowPass {
  const taps = kernel(sigma);
  const radius = taps.length >> 1;
  const padded = new Float32Array(widthPx + 2 * radius);
  return (out, fromRow, toRow) => {
    for (let row = fromRow; row < toRow; row++) {
      const base = row * widthPx;
      padded.fill(data[base]!, 0, radius);
      padded.set(data.subarray(base, base + widthPx), radius);
      padded.fill(data[base + widthPx - 1]!, radius + widthPx);
      for (let x = 0; x < widthPx; x++) {
        let sum = taps[radius]! * padded[x + radius]!;
        for (let tap = 1; tap <= radius; tap++) sum += taps[radius + tap]! * (padded[x + radius - tap]! + padded[x + radius + tap]!);
        out[base + x] = sum;
      }
    }
  };
}

/** Down the columns, sheared by `shear` pixels to the right per row. */
function columnPass({ data, widthPx, heightPx }: Plane, sigma: number, shear: number): RowPass {
  const taps = kernel(sigma);
  const radius = taps.length >> 1;
  const last = widthPx - 1;
  const rowAt = (row: number): number => Math.min(heightPx - 1, Math.max(0, row)) * widthPx;
  const above = new Int32Array(radius + 1);
  const below = new Int32Array(radius + 1);
  const straight = (out: Float32Array, row: number): void => {
    for (let tap = 1; tap <= radius; tap++) {
      above[tap] = rowAt(row - tap);
      below[tap] = rowAt(row + tap);
    }
    const base = row * widthPx;
    const centre = taps[radius]!;
    for (let x = 0; x < widthPx; x++) {
      let sum = centre * data[base + x]!;
      for (let tap = 1; tap <= radius; tap++) sum += taps[radius + tap]! * (data[above[tap]! + x]! + data[below[tap]! + x]!);
      out[base + x] = sum;
    }
  };
  return (out, fromRow, toRow) => {
    for (let row = fromRow; row < toRow; row++) {
      const base = row * widthPx;
      if (shear === 0) {
        straight(out, row);
        continue;
      }
      out.fill(0, base, base + widthPx);
      for (let tap = -radius; tap <= radius; tap++) {
        const weight = taps[tap + radius]!;
        const source = rowAt(row + tap);
        const whole = Math.floor(tap * shear);
        const part = tap * shear - whole;
        const near = weight * (1 - part);
        const far = weight * part;
        for (let x = 0; x < widthPx; x++) {
          const at = x + whole;
          const left = at < 0 ? 0 : at > last ? last : at;
          const right = at + 1 < 0 ? 0 : at + 1 > last ? last : at + 1;
          out[base + x] = out[base + x]! + near * data[source + left]! + far * data[source + right]!;
        }
      }
    }
  };
}

/** Writes rows of the next plane; a caller may do something else between blocks of rows. */
export type RowPass = (out: Float32Array, fromRow: number, toRow: number) => void;

/**
 * Gaussian blur of any direction in two one-dimensional passes, each over the whole result of the one before: along the
 * rows with variance xx - xy^2/yy, then along the line (xy/yy, 1) with variance yy. Cut at 3 sigma. Passes that would do
 * nothing are left out. Source: Geusebroek, Smeulders, van de Weijer (2003), Fast anisotropic Gauss filtering.
 */
export function blurPasses({ xx, xy, yy }: BlurPx): ((plane: Plane) => RowPass)[] {
  const rows = Math.sqrt(Math.max(0, yy > 0 ? xx - (xy * xy) / yy : xx));
  const columns = Math.sqrt(yy);
  const passes: ((plane: Plane) => RowPass)[] = [];
  if (rows >= NEGLIGIBLE_PX) passes.push((plane) => rowPass(plane, rows));
  if (columns >= NEGLIGIBLE_PX) passes.push((plane) => columnPass(plane, columns, xy / yy));
  return passes;
}
