import { blurPlane, createPlane, type Grid } from './raster.ts';
import { addHeight, pixelRange, type Relief } from './relief.ts';

/** Signed distance to the outline of a drawn pattern, fractions of the picture's width: positive inside. */
export type Distance = (x: number, y: number) => number;

/** Several times faster than Math.hypot, which guards against overflow. */
export function length(x: number, y: number): number {
  return Math.sqrt(x * x + y * y);
}

export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A rectangle about its centre, with rounded corners. */
export function rectangle(shape: { x: number; y: number; width: number; height: number; angle?: number; corner?: number }): Distance {
  const cosine = Math.cos(shape.angle ?? 0);
  const sine = Math.sin(shape.angle ?? 0);
  const corner = shape.corner ?? 0;
  return (x, y) => {
    const dx = x - shape.x;
    const dy = y - shape.y;
    const u = Math.abs(dx * cosine + dy * sine) - shape.width / 2 + corner;
    const v = Math.abs(dy * cosine - dx * sine) - shape.height / 2 + corner;
    return corner - length(Math.max(u, 0), Math.max(v, 0)) - Math.min(0, Math.max(u, v));
  };
}

export function disc(x: number, y: number, radius: number): Distance {
  return (px, py) => radius - length(px - x, py - y);
}

export function ring(shape: { x: number; y: number; radius: number; width: number }): Distance {
  return (px, py) => shape.width / 2 - Math.abs(length(px - shape.x, py - shape.y) - shape.radius);
}

/** A track of constant width through the points. */
export function track(points: readonly (readonly [x: number, y: number])[], width: number): Distance {
  return (x, y) => {
    let nearest = Infinity;
    for (let index = 1; index < points.length; index++) {
      const [ax, ay] = points[index - 1]!;
      const [bx, by] = points[index]!;
      const dx = bx - ax;
      const dy = by - ay;
      const t = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / Math.max(1e-12, dx * dx + dy * dy)));
      nearest = Math.min(nearest, (x - ax - t * dx) ** 2 + (y - ay - t * dy) ** 2);
    }
    return width / 2 - Math.sqrt(nearest);
  };
}

/** A layout: the union of its shapes as a plane of signed distances. */
export function createLayout(grid: Grid): Float32Array {
  return createPlane(grid, -1);
}

export interface LayoutShape {
  readonly distance: Distance;
  /** Where the shape lies at most; the whole picture when absent. */
  readonly box?: Box;
  /** Distances below minus this are not told apart; 0.03 when absent. */
  readonly margin?: number;
}

/** Adds a shape. */
export function unite(grid: Grid, layout: Float32Array, shape: LayoutShape): void {
  forEachPixel(grid, shape, (index, value) => {
    if (value > layout[index]!) layout[index] = value;
  });
}

/** Cuts a shape out. */
export function subtract(grid: Grid, layout: Float32Array, shape: LayoutShape): void {
  forEachPixel(grid, shape, (index, value) => {
    if (-value < layout[index]!) layout[index] = -value;
  });
}

/** Edge of the blocks that are asked first whether the shape comes near them. */
const BLOCK_PX = 24;

function forEachPixel(grid: Grid, shape: LayoutShape, visit: (index: number, value: number) => void): void {
  const { widthPx: width, heightPx: height } = grid;
  const { distance, margin = 0.03, box = { left: 0, right: 1, top: 0, bottom: grid.aspect } } = shape;
  const [left, right] = pixelRange(box.left - margin, box.right + margin, { scale: width, count: width });
  const [top, bottom] = pixelRange(box.top - margin, box.bottom + margin, { scale: width, count: height });
  // A distance changes by at most the way gone; half as much again for shapes whose distance is only nearly one.
  const tooFar = -margin - (1.5 * BLOCK_PX * Math.SQRT1_2) / width;
  for (let blockY = top; blockY <= bottom; blockY += BLOCK_PX) {
    for (let blockX = left; blockX <= right; blockX += BLOCK_PX) {
      if (distance((blockX + BLOCK_PX / 2) / width, (blockY + BLOCK_PX / 2) / width) < tooFar) continue;
      const lastX = Math.min(right, blockX + BLOCK_PX - 1);
      const lastY = Math.min(bottom, blockY + BLOCK_PX - 1);
      for (let py = blockY; py <= lastY; py++) {
        for (let px = blockX; px <= lastX; px++) visit(py * width + px, distance((px + 0.5) / width, (py + 0.5) / width));
      }
    }
  }
}

export interface Extrusion {
  /** Step from outside to inside; negative for trenches. */
  readonly height: number;
  /** Width of the side wall in projection. */
  readonly wall: number;
  /** Yield inside relative to outside. */
  readonly material: number;
  readonly roughness: number;
  /** Extra yield along the edge, inside, and how far in it reaches. */
  readonly rim?: number;
  readonly rimWidth?: number;
  /** Wobble of the outline: a plane of displacements and its amplitude (line-edge roughness). */
  readonly wobble?: { readonly plane: Float32Array; readonly amplitude: number };
}

/** Raises (or sinks) the inside of a layout. */
export function extrude(relief: Relief, layout: Float32Array, options: Extrusion): void {
  const profile = createPlane(relief);
  const wall = Math.max(options.wall, 1.5 / relief.widthPx);
  const rimWidth = Math.max(options.rimWidth ?? 0.004, 1 / relief.widthPx);
  for (let index = 0; index < profile.length; index++) {
    const wobble = options.wobble === undefined ? 0 : options.wobble.plane[index]! * options.wobble.amplitude;
    const distance = layout[index]! + wobble;
    const t = Math.min(1, Math.max(0, distance / wall + 0.5));
    profile[index] = t * t * (3 - 2 * t);
    const share = Math.min(1, Math.max(0, (distance * relief.widthPx) / 1.5 + 0.5));
    relief.material[index]! *= 1 + (options.material - 1) * share;
    relief.roughness[index]! += (options.roughness - relief.roughness[index]!) * share;
    if (options.rim !== undefined) relief.material[index]! *= 1 + options.rim * Math.exp(-Math.abs(distance) / rimWidth);
  }
  addHeight(relief, wall * relief.widthPx < 3 ? blurPlane(relief, profile, 1) : profile, options.height);
}
