import { createPlane, type Grid } from './raster.ts';

/** What a surface is made of. */
export interface Surface {
  /** Secondary-electron yield of the flat material, relative. */
  readonly material: number;
  /** How much of the picture's bump texture it takes (0 smooth). */
  readonly roughness: number;
}

/** A surface seen from above: heights (fractions of the picture's width) with slopes and material for every pixel. */
export interface Relief extends Grid {
  readonly height: Float32Array;
  /** dz/dx and dz/dy. */
  readonly slopeX: Float32Array;
  readonly slopeY: Float32Array;
  readonly material: Float32Array;
  readonly roughness: Float32Array;
}

export function createRelief(grid: Grid, base: Surface & { readonly height?: number }): Relief {
  return {
    ...grid,
    height: createPlane(grid, base.height ?? 0),
    slopeX: createPlane(grid),
    slopeY: createPlane(grid),
    material: createPlane(grid, base.material),
    roughness: createPlane(grid, base.roughness),
  };
}

/** Adds a height to the whole relief, with its slopes by central differences. */
export function addHeight(relief: Relief, plane: Float32Array, amplitude: number): void {
  const { widthPx: width, heightPx: height, slopeX, slopeY } = relief;
  const scale = (amplitude * width) / 2;
  for (let y = 0; y < height; y++) {
    const up = Math.max(0, y - 1) * width;
    const down = Math.min(height - 1, y + 1) * width;
    const row = y * width;
    for (let x = 0; x < width; x++) {
      const index = row + x;
      relief.height[index]! += amplitude * plane[index]!;
      slopeX[index]! += scale * (plane[x < width - 1 ? index + 1 : index]! - plane[x > 0 ? index - 1 : index]!);
      slopeY[index]! += scale * (plane[down + x]! - plane[up + x]!);
    }
  }
}

/** Tilts the whole specimen: heights grow along x and y without touching the slopes of shading. */
export function inclineHeights(relief: Relief, perX: number, perY: number): void {
  const { widthPx: width, heightPx: height } = relief;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) relief.height[y * width + x]! += (perX * x + perY * y) / width;
  }
}

/** Pixel rows (or columns) that a stretch of a drawing touches, cut to the picture. */
export function pixelRange(from: number, to: number, options: { scale: number; count: number }): [number, number] {
  return [Math.max(0, Math.floor(from * options.scale)), Math.min(options.count - 1, Math.ceil(to * options.scale))];
}

/** Adds the slopes of the heights as they stand, and limits all, so that a torn edge shines without burning out. */
export function settle(relief: Relief, limit: number): void {
  const heights = relief.height.slice();
  relief.height.fill(0);
  addHeight(relief, heights, 1);
  for (let index = 0; index < heights.length; index++) {
    const steep = Math.sqrt(relief.slopeX[index]! ** 2 + relief.slopeY[index]! ** 2);
    if (steep <= limit) continue;
    relief.slopeX[index]! *= limit / steep;
    relief.slopeY[index]! *= limit / steep;
  }
}
