import { levelFor, sampleLevel, type Level, type Pyramid } from './pyramid.ts';
import { outlineOf, type Site } from './site.ts';
import type { Substrate } from './substrate.ts';

/** A field of view on the stage, as it is scanned. */
export interface FieldGeometry {
  /** Point under the centre of the field. */
  readonly xUm: number;
  readonly yUm: number;
  /** Direction of the scan lines, counter-clockwise from +x of the stage. */
  readonly angleDeg: number;
  readonly pixelUm: number;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Length on the specimen per length of scan across the lines: 1/cos of the stage tilt. */
  readonly stretch: number;
  /** Displacement of the specimen under the beam while line `row` is scanned, um. */
  readonly shiftUm: (row: number) => readonly [number, number];
}

/** A site with its picture at hand. */
export interface LoadedSite {
  readonly site: Site;
  readonly picture: Pyramid;
  readonly mask: Pyramid;
}

interface PreparedSite {
  readonly picture: Level;
  readonly mask: Level;
  /** Stage to site: u = (x - cx) * ux + (y - cy) * uy + 1/2, v the same, downwards. */
  readonly cx: number;
  readonly cy: number;
  readonly ux: number;
  readonly uy: number;
  readonly vx: number;
  readonly vy: number;
  /** Part of the picture that is used, so that a pixel keeps its shape. */
  readonly cropU: number;
  readonly cropV: number;
}

function prepare({ site, picture, mask }: LoadedSite, subStepUm: number): PreparedSite {
  const angle = (site.rotationDeg * Math.PI) / 180;
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const { widthPx, heightPx } = picture.levels[0]!;
  const pictureAspect = widthPx / heightPx;
  const siteAspect = site.widthUm / site.heightUm;
  const cropU = Math.min(1, siteAspect / pictureAspect);
  const cropV = Math.min(1, pictureAspect / siteAspect);
  const texelUm = site.widthUm / (widthPx * cropU);
  return {
    picture: levelFor(picture, subStepUm / texelUm),
    mask: levelFor(mask, (2 * subStepUm) / (site.widthUm / mask.levels[0]!.widthPx)),
    cx: site.xUm,
    cy: site.yUm,
    ux: cos / site.widthUm,
    uy: sin / site.widthUm,
    vx: sin / site.heightUm,
    vy: -cos / site.heightUm,
    cropU,
    cropV,
  };
}

/** Range of k with 0 < start + k * step < 1, cut to [0, length). */
function spanWithin(start: number, step: number, length: number): [number, number] {
  if (Math.abs(step) < 1e-12) return start > 0 && start < 1 ? [0, length] : [0, 0];
  const a = -start / step;
  const b = (1 - start) / step;
  return [Math.max(0, Math.ceil(Math.min(a, b))), Math.min(length, Math.floor(Math.max(a, b)) + 1)];
}

/** Whether any of the site can lie in the field: circles around both. */
export function touches(site: Site, field: FieldGeometry): boolean {
  const half = Math.hypot(field.widthPx, field.heightPx * field.stretch) * field.pixelUm * 0.5;
  const reach = half + Math.hypot(site.widthUm, site.heightUm) / 2;
  const shift = field.shiftUm(0);
  return Math.hypot(site.xUm - field.xUm - shift[0], site.yUm - field.yUm - shift[1]) < reach + 1;
}

/** Renders lines of a field as electron yields (0 to 1); blocks of lines can be asked for in any order. */
export type LineRenderer = (out: Float32Array, fromRow: number, toRow: number) => void;

/**
 * Substrate and sites under a field. A site's pixel is the mean of 2 x 2 samples of the mip level nearest to half a pixel:
 * the mean over the pixel's area at any magnification.
 */
export function createLineRenderer(field: FieldGeometry, substrate: Substrate, sites: readonly LoadedSite[]): LineRenderer {
  const { pixelUm, widthPx, heightPx, stretch } = field;
  const angle = (field.angleDeg * Math.PI) / 180;
  const stepX = pixelUm * Math.cos(angle);
  const stepY = pixelUm * Math.sin(angle);
  // One pixel down the image.
  const downX = stepY * stretch;
  const downY = -stepX * stretch;
  const prepared = sites.map((loaded) => prepare(loaded, pixelUm / 2));
  const sampleSubstrate = substrate.rowSampler(pixelUm);
  const line = new Float32Array(widthPx);

  const paint = (site: PreparedSite, x0: number, y0: number): void => {
    const { picture, mask, cx, cy, ux, uy, vx, vy, cropU, cropV } = site;
    const u0 = (x0 - cx) * ux + (y0 - cy) * uy + 0.5;
    const v0 = (x0 - cx) * vx + (y0 - cy) * vy + 0.5;
    const du = stepX * ux + stepY * uy;
    const dv = stepX * vx + stepY * vy;
    const [fromU, toU] = spanWithin(u0, du, widthPx);
    const [fromV, toV] = spanWithin(v0, dv, widthPx);
    const from = Math.max(fromU, fromV);
    const to = Math.min(toU, toV);
    // Quarter-pixel offsets of the four samples, in the picture.
    const alongU = (du * cropU) / 4;
    const alongV = (dv * cropV) / 4;
    const downU = ((downX * ux + downY * uy) * cropU) / 4;
    const downV = ((downX * vx + downY * vy) * cropV) / 4;
    for (let k = from; k < to; k++) {
      const u = u0 + k * du;
      const v = v0 + k * dv;
      const alpha = sampleLevel(mask, u, v) / 255;
      if (alpha <= 0) continue;
      const pu = (u - 0.5) * cropU + 0.5;
      const pv = (v - 0.5) * cropV + 0.5;
      const value =
        (sampleLevel(picture, pu - alongU - downU, pv - alongV - downV) +
          sampleLevel(picture, pu + alongU - downU, pv + alongV - downV) +
          sampleLevel(picture, pu - alongU + downU, pv - alongV + downV) +
          sampleLevel(picture, pu + alongU + downU, pv + alongV + downV)) /
        1020;
      line[k] = line[k]! + alpha * (value - line[k]!);
    }
  };

  return (out, fromRow, toRow) => {
    for (let row = fromRow; row < toRow; row++) {
      const [shiftX, shiftY] = field.shiftUm(row);
      const along = 0.5 - widthPx / 2;
      const down = row + 0.5 - heightPx / 2;
      const x0 = field.xUm + shiftX + along * stepX + down * downX;
      const y0 = field.yUm + shiftY + along * stepY + down * downY;
      sampleSubstrate(line, [x0, y0], [stepX, stepY]);
      for (const site of prepared) paint(site, x0, y0);
      out.set(line, row * widthPx);
    }
  };
}

/** For the overlap of fields with sites in tests and dose accounting. */
export const fieldOutline = (field: FieldGeometry): [number, number][] =>
  outlineOf({
    xUm: field.xUm,
    yUm: field.yUm,
    widthUm: field.widthPx * field.pixelUm,
    heightUm: field.heightPx * field.pixelUm * field.stretch,
    rotationDeg: field.angleDeg,
  });
