import type { PictureSource } from './picture-source.ts';
import { buildPyramid, type Pyramid } from './pyramid.ts';
import type { Site } from './site.ts';

/** Bytes of picture pyramids kept: some two hundred pictures of 768 x 576. */
const LIMIT_BYTES = 128 * 1024 * 1024;

/** Pictures of sites, loaded when first looked at; the one looked at longest ago goes when the memory is full. */
export interface PictureCache {
  /** Fine enough for pixels of this size on the specimen. Throws EM_PICTURE. */
  get(site: Site, pixelUm: number): Promise<Pyramid>;
  /** Loads what is likely to be looked at next, as long as nobody waits: the first of these sites that is not there yet. */
  prefetch(sites: readonly Site[], pixelUm: number): void;
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
  const loading = new Map<string, Promise<Pyramid>>();
  let bytes = 0;
  const keyOf = (site: Site, pixelUm: number): { key: string; widthPx: number } => {
    const widthPx = widthFor(site, pixelUm, source.widthsPx);
    return { key: `${site.id}/${widthPx}`, widthPx };
  };
  const load = async (site: Site, { key, widthPx }: { key: string; widthPx: number }): Promise<Pyramid> => {
    const pyramid = buildPyramid(await source.load(site, widthPx));
    kept.set(key, pyramid);
    bytes += pyramid.bytes;
    for (const [id, oldest] of kept) {
      if (bytes <= limitBytes || id === key) break;
      kept.delete(id);
      bytes -= oldest.bytes;
    }
    return pyramid;
  };
  const begin = (site: Site, wanted: { key: string; widthPx: number }): Promise<Pyramid> => {
    const known = loading.get(wanted.key);
    if (known !== undefined) return known;
    const work = load(site, wanted).finally(() => loading.delete(wanted.key));
    loading.set(wanted.key, work);
    return work;
  };
  return {
    get bytes() {
      return bytes;
    },
    get: async (site, pixelUm) => {
      const wanted = keyOf(site, pixelUm);
      const known = kept.get(wanted.key);
      if (known === undefined) return begin(site, wanted);
      kept.delete(wanted.key);
      kept.set(wanted.key, known);
      return known;
    },
    prefetch: (sites, pixelUm) => {
      if (loading.size > 0 || bytes > limitBytes / 2) return;
      for (const site of sites) {
        const wanted = keyOf(site, pixelUm);
        if (kept.has(wanted.key)) continue;
        // A picture that cannot be had is reported when it is looked at.
        begin(site, wanted).catch(() => undefined);
        return;
      }
    },
  };
}
