import type { GreyImage } from '../../src/contract/frame.ts';
import type { SiteLabel } from '../scenario-schema.ts';
import type { PictureRef, Site } from './site.ts';

/** Where the pictures of the sites come from: a data set, or the procedural renderer. */
export interface PictureSource {
  /** Number of sites of each label that there shall be, given what the scenario asks for. Throws EM_DATASET, EM_SCENARIO. */
  counts(asked: Readonly<Record<SiteLabel, number>>, ofUnnamed: number): Record<SiteLabel, number>;
  /** Chooses the picture of the `index`-th site of a label. */
  assign(label: SiteLabel, index: number): PictureRef;
  /** Widths in which a picture can be had, ascending; none when it has a size of its own. */
  readonly widthsPx: readonly number[];
  /** Throws EM_PICTURE. */
  load(site: Site, widthPx: number): Promise<GreyImage>;
  /** Pictures of empty substrate, if there are any. */
  readonly substrates: readonly GreyImage[];
}
