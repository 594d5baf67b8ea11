import { EmagentError } from '../../src/contract/errors.ts';
import { hash32 } from '../../src/lib/random.ts';
import { OTHER } from '../scenario-schema.ts';
import type { PictureSource } from './picture-source.ts';

/** Size of a drawn picture: 26 nm per pixel on a site of 20 x 15 um, about what the highest magnification asks for. */
const WIDTH_PX = 768;
const HEIGHT_PX = 576;

/** Sites without a data set: drawn by the procedural renderer, each with a seed of its own. */
export function createDrawnPictures(seed: number): PictureSource {
  return {
    assign: (label, index) => {
      if (label === OTHER) {
        throw new EmagentError('EM_SCENARIO', `The scenario has sites of "${OTHER}", which only a data set with a folder _<name> provides.`);
      }
      return { kind: 'drawn', seed: hash32(`${seed}/${label}/${index}`) };
    },
    load: async ({ label, picture }) => {
      if (picture.kind !== 'drawn' || label === OTHER) throw new Error('not a drawn picture');
      // Loaded when first needed: a run on a data set never needs it.
      const { renderYield } = await import('../render/micrograph.ts');
      return renderYield({ category: label, seed: picture.seed, widthPx: WIDTH_PX, heightPx: HEIGHT_PX });
    },
  };
}
