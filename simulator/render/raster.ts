/**
 * The grid that a micrograph is drawn on. Lengths of a drawing are fractions of the picture's *width* (x from 0 to 1,
 * y from 0 to `aspect` downwards), so that a drawing has the same structure at any number of pixels.
 */
export interface Grid {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Height over width: the largest y. */
  readonly aspect: number;
}

export function createGrid(widthPx: number, heightPx: number): Grid {
  return { widthPx, heightPx, aspect: heightPx / widthPx };
}

export function createPlane(grid: Grid, value = 0): Float32Array {
  const plane = new Float32Array(grid.widthPx * grid.heightPx);
  if (value !== 0) plane.fill(value);
  return plane;
}

interface Line {
  readonly start: number;
  readonly stride: number;
  readonly length: number;
  readonly radius: number;
}

/** Running mean along one line, edge values repeated beyond the ends. */
function boxLine(source: Float32Array, target: Float32Array, line: Line): void {
  const { start, stride, length, radius } = line;
  const last = start + (length - 1) * stride;
  const span = 2 * radius + 1;
  let sum = source[start]! * (radius + 1);
  for (let offset = 1; offset <= radius; offset++) sum += source[offset < length ? start + offset * stride : last]!;
  for (let index = 0; index < length; index++) {
    target[start + index * stride] = sum / span;
    const enters = index + radius + 1;
    const leaves = index - radius;
    sum += source[enters < length ? start + enters * stride : last]!;
    sum -= source[leaves > 0 ? start + leaves * stride : start]!;
  }
}

/** Running mean down all columns at once, row by row: columns one by one would miss the cache at every step. */
function boxColumns(source: Float32Array, target: Float32Array, options: { grid: Grid; radius: number }): void {
  const { widthPx: width, heightPx: height } = options.grid;
  const { radius } = options;
  const span = 2 * radius + 1;
  const sums = new Float64Array(width);
  const row = (index: number): number => Math.min(height - 1, Math.max(0, index)) * width;
  for (let offset = -radius; offset <= radius; offset++) {
    const from = row(offset);
    for (let x = 0; x < width; x++) sums[x]! += source[from + x]!;
  }
  for (let y = 0; y < height; y++) {
    const to = y * width;
    const enters = row(y + radius + 1);
    const leaves = row(y - radius);
    for (let x = 0; x < width; x++) {
      target[to + x] = sums[x]! / span;
      sums[x]! += source[enters + x]! - source[leaves + x]!;
    }
  }
}

/** Mean over a square of side `2 * radiusPx + 1`, twice: close to a gaussian of sigma 0.82 * radiusPx. */
export function blurPlane(grid: Grid, source: Float32Array, radiusPx: number): Float32Array {
  const radius = Math.round(radiusPx);
  if (radius < 1) return source.slice();
  const across = new Float32Array(source.length);
  const both = new Float32Array(source.length);
  let from = source;
  for (let pass = 0; pass < 2; pass++) {
    for (let y = 0; y < grid.heightPx; y++) boxLine(from, across, { start: y * grid.widthPx, stride: 1, length: grid.widthPx, radius });
    boxColumns(across, both, { grid, radius });
    from = both;
  }
  return both;
}

/** Blur of a wide radius, from a picture of fewer pixels: only slow changes survive it anyway. */
export function blurWide(grid: Grid, source: Float32Array, radiusPx: number): Float32Array {
  const step = Math.floor(radiusPx / 4);
  if (step < 2) return blurPlane(grid, source, radiusPx);
  const small = createGrid(Math.ceil(grid.widthPx / step), Math.ceil(grid.heightPx / step));
  const reduced = createPlane(small);
  for (let y = 0; y < small.heightPx; y++) {
    const top = y * step;
    const bottom = Math.min(grid.heightPx, top + step);
    for (let x = 0; x < small.widthPx; x++) {
      const left = x * step;
      const right = Math.min(grid.widthPx, left + step);
      let sum = 0;
      for (let row = top; row < bottom; row++) for (let column = left; column < right; column++) sum += source[row * grid.widthPx + column]!;
      reduced[y * small.widthPx + x] = sum / ((bottom - top) * (right - left));
    }
  }
  return enlarge(small, blurPlane(small, reduced, radiusPx / step), { grid, step });
}

/** Bilinear enlargement: pixel (i, j) of `small` is the middle of a block of `step` x `step` pixels of the grid. */
export function enlarge(small: Grid, source: Float32Array, onto: { grid: Grid; step: number }): Float32Array {
  const { grid, step } = onto;
  const target = createPlane(grid);
  const columns = new Int32Array(grid.widthPx);
  const weights = new Float32Array(grid.widthPx);
  for (let x = 0; x < grid.widthPx; x++) {
    const u = Math.min(small.widthPx - 1, Math.max(0, (x + 0.5) / step - 0.5));
    columns[x] = Math.min(Math.max(0, small.widthPx - 2), Math.floor(u));
    weights[x] = u - columns[x]!;
  }
  const next = small.widthPx > 1 ? 1 : 0;
  const mixed = new Float32Array(small.widthPx);
  for (let y = 0; y < grid.heightPx; y++) {
    const v = Math.min(small.heightPx - 1, Math.max(0, (y + 0.5) / step - 0.5));
    const row = Math.min(Math.max(0, small.heightPx - 2), Math.floor(v));
    const down = v - row;
    const upper = row * small.widthPx;
    const lower = small.heightPx > 1 ? upper + small.widthPx : upper;
    // Down first, on the few points of a coarse row; then across.
    for (let x = 0; x < small.widthPx; x++) mixed[x] = source[upper + x]! + (source[lower + x]! - source[upper + x]!) * down;
    const to = y * grid.widthPx;
    for (let x = 0; x < grid.widthPx; x++) {
      const left = mixed[columns[x]!]!;
      target[to + x] = left + (mixed[columns[x]! + next]! - left) * weights[x]!;
    }
  }
  return target;
}
