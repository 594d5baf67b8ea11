import type { PictureSource } from './picture-source.ts';
import { buildPyramid, type Pyramid } from './pyramid.ts';
import type { Site } from './site.ts';

/** Bytes of picture pyramids kept: some two hundred pictures of 768 x 576. */
const LIMIT_BYTES = 128 * 1024 * 1024;

/** Pictures of sites, loaded when first looked at; the one looked at longest ago goes when the memory is full. */
export interface PictureCache {
  /** Throws EM_PICTURE. */
  get(site: Site): Promise<Pyramid>;
  readonly bytes: number;
}

export function createPictureCache(source: PictureSource, limitBytes = LIMIT_BYTES): PictureCache {
  // A Map keeps the order of insertion: the first is the one used longest ago.
  const kept = new Map<string, Pyramid>();
  let bytes = 0;
  return {
    get bytes() {
      return bytes;
    },
    get: async (site) => {
      const known = kept.get(site.id);
      if (known !== undefined) {
        kept.delete(site.id);
        kept.set(site.id, known);
        return known;
      }
      const pyramid = buildPyramid(await source.load(site));
      if (!kept.has(site.id)) {
        kept.set(site.id, pyramid);
        bytes += pyramid.bytes;
      }
      for (const [id, oldest] of kept) {
        if (bytes <= limitBytes || id === site.id) break;
        kept.delete(id);
        bytes -= oldest.bytes;
      }
      return pyramid;
    },
  };
}
