import { hash32, randomFor } from '../../src/lib/random.ts';
import type { Scenario } from '../scenario-schema.ts';
import { buildEdgeMask } from './edge-mask.ts';
import { createLineRenderer, type FieldGeometry, type LineRenderer, type LoadedSite } from './field-renderer.ts';
import { createPictureCache } from './picture-cache.ts';
import type { PictureSource } from './picture-source.ts';
import { placeSites } from './placement.ts';
import { mayTouch, rectangleSpans, type Span } from './scan-grid.ts';
import type { Pyramid } from './pyramid.ts';
import { rectangleOf, type Site } from './site.ts';
import { createSubstrate, type Substrate } from './substrate.ts';

/** Something on the specimen as the lines of a field cross it. */
export interface ScannedArea {
  readonly id: string;
  readonly spans: (row: number) => Span;
}

/** The specimen: a substrate without end, and sites on it. */
export interface Scene {
  /** Ground truth. */
  readonly sites: readonly Site[];
  /** Loads what lies under the field. Throws EM_PICTURE. */
  look(field: FieldGeometry): Promise<LineRenderer>;
  /** The sites of some labels that may reach into a field, as stretches of its lines. */
  areasOf(labels: ReadonlySet<string>, field: FieldGeometry): ScannedArea[];
  /** Loads every site's picture, so that a broken one is found before the run. Throws EM_PICTURE. */
  preload(): Promise<void>;
}

/** A site this many field widths away is likely to be looked at soon. */
const PREFETCH_FIELDS = 4;

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
    areasOf: (labels, field) =>
      sites
        .filter((site) => labels.has(site.label) && mayTouch(field, rectangleOf(site)))
        .map((site) => ({ id: site.id, spans: rectangleSpans(field, rectangleOf(site)) })),
    preload: async () => {
      for (const site of sites) await cache.get(site, 0);
    },
    look: async (field) => {
      const loaded = await Promise.all(
        sites
          .filter((site) => mayTouch(field, rectangleOf(site)))
          .map(async (site): Promise<LoadedSite> => ({ site, mask: maskOf(site), picture: await cache.get(site, field.pixelUm) })),
      );
      substrate ??= createSubstrate(sample.substrate, seed, pictures.substrates);
      const distance = (site: Site): number => Math.hypot(site.xUm - field.xUm, site.yUm - field.yUm);
      const reachUm = PREFETCH_FIELDS * field.widthPx * field.pixelUm;
      cache.prefetch(sites.filter((site) => distance(site) < reachUm).toSorted((a, b) => distance(a) - distance(b)), field.pixelUm);
      return createLineRenderer(field, substrate, { sites: loaded, discs: sample.discs });
    },
  };
}
