import { BACKGROUND, CATEGORIES } from '../../src/contract/categories.ts';
import { EmagentError } from '../../src/contract/errors.ts';
import { hash32 } from '../../src/lib/random.ts';
import { drawYield } from '../render/drawing.ts';
import { OTHER } from '../scenario-schema.ts';
import type { PictureSource } from './picture-source.ts';

/**
 * Widths in which a site is drawn: 26 nm per pixel on a site of 20 um, about what the highest magnification asks for, and
 * half of that for surveys, which see many sites and would wait for pixels that they do not show.
 */
const WIDTHS_PX = [384, 768] as const;

const DRAWN: ReadonlySet<string> = new Set([...CATEGORIES, BACKGROUND]);

/** Sites without a data set: drawn by the procedural renderer, each with a seed of its own. */
export function createDrawnPictures(seed: number): PictureSource {
  return {
    counts: (asked) => {
      for (const label of Object.keys(asked)) {
        if (DRAWN.has(label)) continue;
        const what = label === OTHER ? 'a data set with a folder _<name>' : `a data set with a folder ${label}`;
        throw new EmagentError('EM_SCENARIO', `The scenario has sites of "${label}", which only ${what} provides.`);
      }
      return { ...asked };
    },
    assign: (label, index) => ({ kind: 'drawn', seed: hash32(`${seed}/${label}/${index}`) }),
    widthsPx: WIDTHS_PX,
    load: async ({ label, picture }, widthPx) => {
      if (picture.kind !== 'drawn') throw new Error('not a drawn picture');
      return drawYield({ category: label, seed: picture.seed, widthPx, heightPx: (widthPx * 3) / 4 });
    },
    substrates: [],
  };
}
