import type { PictureSource } from './picture-source.ts';
import { buildPyramid, type Pyramid } from './pyramid.ts';
import type { Site } from './site.ts';

/** Bytes of picture pyramids kept: some two hundred pictures of 768 x 576. */
const LIMIT_BYTES = 128 * 1024 * 1024;

/** Pictures of sites, loaded when first looked at; the one looked at longest ago goes when the memory is full. */
export interface PictureCache {
  /** Fine enough for pixels of this size on the specimen. Throws EM_PICTURE. */
  get(site: Site, pixelUm: number): Promise<Pyramid>;
  readonly bytes: number;
}

/** A picture is fine enough when its pixels are smaller than this share of a pixel of the frame. */
const FINE_ENOUGH = 0.75;

function widthFor(site: Site, pixelUm: number, widthsPx: readonly number[]): number {
  return widthsPx.find((width) => site.widthUm / width <= FINE_ENOUGH * pixelUm) ?? widthsPx[widthsPx.length - 1] ?? 0;
}

export function createPictureCache(source: PictureSource, limitBytes = LIMIT_BYTES): PictureCache {
  // A Map keeps the order of insertion: the first is the one used longest ago.
  const kept = new Map<string, Pyramid>();
  let bytes = 0;
  return {
    get bytes() {
      return bytes;
    },
    get: async (site, pixelUm) => {
      const widthPx = widthFor(site, pixelUm, source.widthsPx);
      const key = `${site.id}/${widthPx}`;
      const known = kept.get(key);
      if (known !== undefined) {
        kept.delete(key);
        kept.set(key, known);
        return known;
      }
      const pyramid = buildPyramid(await source.load(site, widthPx));
      // Drawing takes a while: others get their turn between two pictures.
      await new Promise((resolve) => setImmediate(resolve));
      if (!kept.has(key)) {
        kept.set(key, pyramid);
        bytes += pyramid.bytes;
      }
      for (const [id, oldest] of kept) {
        if (bytes <= limitBytes || id === key) break;
        kept.delete(id);
        bytes -= oldest.bytes;
      }
      return pyramid;
    },
  };
}
