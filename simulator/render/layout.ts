import { blurPlane, createPlane, type Grid } from './raster.ts';
import { addHeight, pixelRange, type Relief } from './relief.ts';

/** Signed distance to the outline of a drawn pattern, fractions of the picture's width: positive inside. */
export type Distance = (x: number, y: number) => number;

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
    return corner - Math.hypot(Math.max(u, 0), Math.max(v, 0)) - Math.min(0, Math.max(u, v));
  };
}

export function disc(x: number, y: number, radius: number): Distance {
  return (px, py) => radius - Math.hypot(px - x, py - y);
}

export function ring(shape: { x: number; y: number; radius: number; width: number }): Distance {
  return (px, py) => shape.width / 2 - Math.abs(Math.hypot(px - shape.x, py - shape.y) - shape.radius);
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

/** Adds a shape; only the pixels in `box` (fractions of the width), with a margin, are looked at. */
export function unite(grid: Grid, layout: Float32Array, shape: { distance: Distance; box?: Box; margin?: number }): void {
  forEachPixel(grid, shape, (index, x, y) => {
    const value = shape.distance(x, y);
    if (value > layout[index]!) layout[index] = value;
  });
}

/** Cuts a shape out. */
export function subtract(grid: Grid, layout: Float32Array, shape: { distance: Distance; box?: Box; margin?: number }): void {
  forEachPixel(grid, shape, (index, x, y) => {
    const value = -shape.distance(x, y);
    if (value < layout[index]!) layout[index] = value;
  });
}

function forEachPixel(grid: Grid, area: { box?: Box; margin?: number }, visit: (index: number, x: number, y: number) => void): void {
  const { widthPx: width, heightPx: height } = grid;
  const margin = area.margin ?? 0.03;
  const box = area.box ?? { left: 0, right: 1, top: 0, bottom: grid.aspect };
  const [left, right] = pixelRange(box.left - margin, box.right + margin, { scale: width, count: width });
  const [top, bottom] = pixelRange(box.top - margin, box.bottom + margin, { scale: width, count: height });
  for (let py = top; py <= bottom; py++) {
    for (let px = left; px <= right; px++) visit(py * width + px, (px + 0.5) / width, (py + 0.5) / width);
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
