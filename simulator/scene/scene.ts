import { hash32, randomFor } from '../../src/lib/random.ts';
import type { Scenario } from '../scenario-schema.ts';
import { buildEdgeMask } from './edge-mask.ts';
import { createLineRenderer, touches, type FieldGeometry, type LineRenderer, type LoadedSite } from './field-renderer.ts';
import { createPictureCache } from './picture-cache.ts';
import type { PictureSource } from './picture-source.ts';
import { placeSites } from './placement.ts';
import type { Pyramid } from './pyramid.ts';
import type { Site } from './site.ts';
import { createSubstrate, type Substrate } from './substrate.ts';

/** The specimen: a substrate without end, and sites on it. */
export interface Scene {
  /** Ground truth. */
  readonly sites: readonly Site[];
  /** Loads what lies under the field. Throws EM_PICTURE. */
  look(field: FieldGeometry): Promise<LineRenderer>;
  /** Loads every site's picture, so that a broken one is found before the run. Throws EM_PICTURE. */
  preload(): Promise<void>;
}

/** Throws EM_SCENARIO, EM_DATASET. */
export function createScene(options: { readonly scenario: Scenario; readonly seed: number; readonly pictures: PictureSource }): Scene {
  const { scenario, seed, pictures } = options;
  const { sample } = scenario;
  const counts = new Map<string, number>();
  const sites = placeSites({ ...sample, sites: pictures.counts(sample.sites, sample.sitesOfUnnamed) }, randomFor(seed, 'placement')).map((placed, index): Site => {
    const nth = counts.get(placed.label) ?? 0;
    counts.set(placed.label, nth + 1);
    return {
      ...placed,
      id: `site-${index + 1}`,
      blend: sample.site.blend,
      edgeSeed: hash32(`${seed}/edge/${index}`),
      picture: pictures.assign(placed.label, nth),
    };
  });
  // Made when first looked at: whoever only moves does not wait for it.
  let substrate: Substrate | undefined;
  const cache = createPictureCache(pictures);
  const masks = new Map<string, Pyramid>();
  const maskOf = (site: Site): Pyramid => {
    const known = masks.get(site.id) ?? buildEdgeMask(site.edgeSeed, site.blend);
    masks.set(site.id, known);
    return known;
  };
  return {
    sites,
    preload: async () => {
      for (const site of sites) await cache.get(site, 0);
    },
    look: async (field) => {
      const loaded: LoadedSite[] = [];
      for (const site of sites) {
        if (touches(site, field)) loaded.push({ site, picture: await cache.get(site, field.pixelUm), mask: maskOf(site) });
      }
      substrate ??= createSubstrate(sample.substrate, seed, pictures.substrates);
      return createLineRenderer(field, substrate, loaded);
    },
  };
}
