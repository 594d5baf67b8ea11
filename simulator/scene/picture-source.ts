import type { GreyImage } from '../../src/contract/frame.ts';
import type { SiteLabel } from '../scenario-schema.ts';
import type { PictureRef, Site } from './site.ts';

/** Where the pictures of the sites come from: a data set, or the procedural renderer. */
export interface PictureSource {
  /** Chooses the picture of the `index`-th site of a label. Throws EM_DATASET, EM_SCENARIO. */
  assign(label: SiteLabel, index: number): PictureRef;
  /** Throws EM_PICTURE. */
  load(site: Site): Promise<GreyImage>;
}
