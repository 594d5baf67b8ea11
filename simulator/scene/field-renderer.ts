import { fadeMargin } from './edge-mask.ts';
import { levelFor, levelsFor, sampleLevel, type Level, type LevelPair, type Pyramid } from './pyramid.ts';
import type { Site } from './site.ts';
import { common, scanGrid, spanWithin, type Span } from './scan-grid.ts';
import type { Disc } from './disc.ts';
import { discSpan } from './disc.ts';
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
  /** Length on the specimen per length of scan across the lines: 1/cos of the stage tilt; negative where the image is mirrored. */
  readonly stretch: number;
  /** Displacement along the lines per length across them; 0 when absent. */
  readonly shear?: number;
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
  readonly picture: LevelPair;
  readonly mask: Level;
  /** From stage to site: u = x * ux + y * uy + u0 from 0 at its left edge to 1, v the same from its top. */
  readonly ux: number;
  readonly uy: number;
  readonly u0: number;
  readonly vx: number;
  readonly vy: number;
  readonly v0: number;
  /** Part of the picture that is used, so that a pixel keeps its shape. */
  readonly cropU: number;
  readonly cropV: number;
  /** Beyond this from the border it is opaque; 1/2 when nowhere. */
  readonly margin: number;
}

function prepare({ site, picture, mask }: LoadedSite, pixelUm: number): PreparedSite {
  const angle = (site.rotationDeg * Math.PI) / 180;
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const { widthPx, heightPx } = picture.levels[0]!;
  const pictureAspect = widthPx / heightPx;
  const siteAspect = site.widthUm / site.heightUm;
  const cropU = Math.min(1, siteAspect / pictureAspect);
  const cropV = Math.min(1, pictureAspect / siteAspect);
  const texelUm = site.widthUm / (widthPx * cropU);
  const maskStep = pixelUm / (site.widthUm / mask.levels[0]!.widthPx);
  const [ux, uy] = [cos / site.widthUm, sin / site.widthUm];
  const [vx, vy] = [sin / site.heightUm, -cos / site.heightUm];
  return {
    picture: levelsFor(picture, pixelUm / texelUm),
    mask: levelFor(mask, maskStep),
    ux,
    uy,
    u0: 0.5 - site.xUm * ux - site.yUm * uy,
    vx,
    vy,
    v0: 0.5 - site.xUm * vx - site.yUm * vy,
    cropU,
    cropV,
    margin: maskStep > 1 ? 0.5 : fadeMargin(site.blend),
  };
}

/** Renders lines of a field as electron yields (0 to 1); blocks of lines can be asked for in any order. */
export type LineRenderer = (out: Float32Array, fromRow: number, toRow: number) => void;

/** A site on one line: where it is, where it is opaque, and its coordinates along the line. */
interface Crossing {
  readonly site: PreparedSite;
  readonly all: Span;
  readonly opaque: Span;
  readonly u: number;
  readonly du: number;
  readonly v: number;
  readonly dv: number;
}

/** Trilinear samples of a site's picture, over what is there already where it fades. */
function paint(line: Float32Array, { site, u, du, v, dv, opaque }: Crossing, [from, to]: Span): void {
  const { picture, mask, cropU, cropV } = site;
  const { fine, coarse, share } = picture;
  const pu = (u - 0.5) * cropU + 0.5;
  const pv = (v - 0.5) * cropV + 0.5;
  const dpu = du * cropU;
  const dpv = dv * cropV;
  for (let k = from; k < to; k++) {
    let value = sampleLevel(fine, pu + k * dpu, pv + k * dpv);
    if (share > 0) value += share * (sampleLevel(coarse, pu + k * dpu, pv + k * dpv) - value);
    value /= 255;
    if (k >= opaque[0] && k < opaque[1]) line[k] = value;
    else line[k] = line[k]! + (sampleLevel(mask, u + k * du, v + k * dv) / 255) * (value - line[k]!);
  }
}

/**
 * Substrate and sites under a field, line by line, each pixel as one sample of the mip levels that are nearest to a pixel
 * in size: the mean over the pixel's area at any magnification.
 */
export function createLineRenderer(field: FieldGeometry, substrate: Substrate, { sites, discs = [] }: { readonly sites: readonly LoadedSite[]; readonly discs?: readonly Disc[] }): LineRenderer {
  const { pixelUm, widthPx } = field;
  const { stepX, stepY, start } = scanGrid(field);
  const prepared = sites.map((loaded) => prepare(loaded, pixelUm));
  const sampleSubstrate = substrate.rowSampler(pixelUm);
  const line = new Float32Array(widthPx);

  const cross = (site: PreparedSite, x0: number, y0: number): Crossing => {
    const u = x0 * site.ux + y0 * site.uy + site.u0;
    const v = x0 * site.vx + y0 * site.vy + site.v0;
    const du = stepX * site.ux + stepY * site.uy;
    const dv = stepX * site.vx + stepY * site.vy;
    const within = (low: number): Span => common(spanWithin(u, du, { low, length: widthPx }), spanWithin(v, dv, { low, length: widthPx }));
    return { site, u, du, v, dv, all: within(0), opaque: site.margin < 0.5 ? within(site.margin) : [0, 0] };
  };

  return (out, fromRow, toRow) => {
    for (let row = fromRow; row < toRow; row++) {
      const [x0, y0] = start(row);
      const crossings = prepared.map((site) => cross(site, x0, y0)).filter(({ all }) => all[0] < all[1]);
      // The widest opaque stretch hides the substrate: none is made there.
      let hidden: Span = [0, 0];
      for (const { opaque } of crossings) if (opaque[1] - opaque[0] > hidden[1] - hidden[0]) hidden = opaque;
      const substrateOver = ([from, to]: Span): void => {
        if (from < to) sampleSubstrate(line.subarray(from, to), [x0 + from * stepX, y0 + from * stepY], [stepX, stepY]);
      };
      if (hidden[0] < hidden[1]) {
        substrateOver([0, hidden[0]]);
        substrateOver([hidden[1], widthPx]);
      } else substrateOver([0, widthPx]);
      for (const crossing of crossings) paint(line, crossing, crossing.all);
      for (const disc of discs) {
        const [from, to] = discSpan(disc, { start: [x0, y0], step: [stepX, stepY], length: widthPx });
        if (from < to) line.fill(disc.yield, from, to);
      }
      out.set(line, row * widthPx);
    }
  };
}
