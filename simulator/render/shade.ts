import { blurPlane, blurWide, createPlane } from './raster.ts';
import type { Relief } from './relief.ts';
import type { Random } from '../../src/lib/random.ts';
import { between, chance } from './draws.ts';

/** How the detector sees a relief. */
export interface Contrast {
  /** Gain of yield with tilt: yield = material * (1 + tilt * (1 / cos(angle) - 1)). */
  readonly tilt: number;
  /** What 1 / cos(angle) tends to in effect: the escape of electrons saturates at grazing angles. */
  readonly maxSecant: number;
  /** Weight of the side from which the detector looks (Everhart-Thornley): 0 none. */
  readonly detector: number;
  /** Direction of the detector in the picture, radians. */
  readonly azimuth: number;
  /** Darkening of places that lie deeper than their surroundings. */
  readonly occlusion: number;
  /** Widths over which "surroundings" are taken, fractions of the picture's width. */
  readonly occlusionWidths: readonly number[];
  /** Glow at edges: share of the blurred excess yield that is added. */
  readonly glow: number;
  readonly glowWidth: number;
  /** Texture for rough surfaces: a height, multiplied by the relief's roughness. */
  readonly bump?: Float32Array;
}

/** A plausible detector, spread by the random stream. */
export function drawContrast(random: Random): Contrast {
  return {
    tilt: between(random, 0.25, 0.8),
    maxSecant: between(random, 2.5, 5),
    detector: chance(random, 0.75) ? between(random, 0.08, 0.4) : 0.03,
    azimuth: between(random, -Math.PI, Math.PI),
    occlusion: between(random, 0.5, 1.2),
    occlusionWidths: [0.012, 0.045],
    glow: between(random, 0.05, 0.4),
    glowWidth: between(random, 0.002, 0.006),
  };
}

function occlude(relief: Relief, yields: Float32Array, contrast: Contrast): void {
  const heights = relief.height;
  const share = contrast.occlusion / contrast.occlusionWidths.length;
  for (const width of contrast.occlusionWidths) {
    const blurred = blurWide(relief, relief.height, Math.max(1, width * relief.widthPx));
    const scale = 1 / width;
    for (let index = 0; index < yields.length; index++) {
      const depth = (heights[index]! - blurred[index]!) * scale;
      // A pit loses most of its electrons to the walls; a peak gains little.
      yields[index]! *= depth < 0 ? 1 / (1 - 1.6 * share * depth) : 1 + share * 0.35 * (depth / (1 + depth));
    }
  }
}

/**
 * Secondary-electron yield of a relief, relative and unbounded: the secant law with saturation, the side of the
 * detector, occlusion by the surroundings, and the glow of edges thinner than the escape range (Reimer, Scanning
 * Electron Microscopy, chapters 4 and 6, for the effects; the forms are the project's own approximations).
 */
export function secondaryYield(relief: Relief, contrast: Contrast): Float32Array {
  const { widthPx: width, heightPx: height } = relief;
  const yields = createPlane(relief);
  const lightX = Math.cos(contrast.azimuth) * contrast.detector;
  const lightY = Math.sin(contrast.azimuth) * contrast.detector;
  const bump = contrast.bump;
  const { tilt } = contrast;
  const limit = contrast.maxSecant - 1;
  for (let y = 0; y < height; y++) {
    const row = y * width;
    const up = bump === undefined || y === 0 ? 0 : width;
    const down = bump === undefined || y === height - 1 ? 0 : width;
    for (let x = 0; x < width; x++) {
      const index = row + x;
      let gx = relief.slopeX[index]!;
      let gy = relief.slopeY[index]!;
      if (bump !== undefined) {
        const rough = (relief.roughness[index]! * width) / 2;
        if (rough > 0) {
          gx += rough * (bump[x < width - 1 ? index + 1 : index]! - bump[x > 0 ? index - 1 : index]!);
          gy += rough * (bump[index + down]! - bump[index - up]!);
        }
      }
      const secant = Math.sqrt(1 + gx * gx + gy * gy);
      const excess = ((secant - 1) * limit) / (secant - 1 + limit);
      const side = -(gx * lightX + gy * lightY) / secant;
      yields[index] = relief.material[index]! * (1 + tilt * excess) * Math.max(0.05, 1 + side * 1.5);
    }
  }
  if (contrast.occlusion > 0) occlude(relief, yields, contrast);
  if (contrast.glow > 0) {
    const glow = blurPlane(relief, yields, Math.max(1, contrast.glowWidth * width));
    for (let index = 0; index < yields.length; index++) yields[index]! += contrast.glow * Math.max(0, glow[index]! - yields[index]! * 0.5);
  }
  return yields;
}

/** The value below which the given share of all pixels lies, from about 20 000 of them. */
export function quantile(plane: Float32Array, share: number): number {
  const step = Math.max(1, Math.floor(plane.length / 20_000)) | 1;
  const sample = new Float32Array(Math.ceil(plane.length / step));
  for (let index = 0; index < sample.length; index++) sample[index] = plane[Math.min(plane.length - 1, index * step)]!;
  sample.sort();
  return sample[Math.min(sample.length - 1, Math.floor(share * sample.length))]!;
}

/** Brings relative yields to 0..1: the brightest hundredth to `white`, with a shoulder instead of a hard clip above. */
export function normaliseYield(plane: Float32Array, white = 0.85): Float32Array {
  const top = Math.max(1e-6, quantile(plane, 0.99));
  const knee = white * 0.85;
  for (let index = 0; index < plane.length; index++) {
    const value = (plane[index]! * white) / top;
    plane[index] = value <= knee ? Math.max(0, value) : knee + (1 - knee) * (1 - Math.exp(-(value - knee) / (1 - knee)));
  }
  return plane;
}

/** From a relief to a finished yield picture in 0..1, with a drawn detector that `overrides` may fix in part. */
export function develop(relief: Relief, random: Random, overrides: Partial<Contrast> & { readonly white?: number } = {}): Float32Array {
  return normaliseYield(secondaryYield(relief, { ...drawContrast(random), ...overrides }), overrides.white ?? between(random, 0.7, 0.95));
}
