import type { GreyImage } from '../../../src/contract/frame.ts';
import { randomFor } from '../../../src/lib/random.ts';
import { detect } from '../detector.ts';
import { chance, logBetween, pick } from '../draws.ts';
import { renderedCategory, renderMicrograph, requireEdge, type RenderOptions } from '../micrograph.ts';
import { createGrid } from '../raster.ts';
import { RENDERERS } from '../registry.ts';
import { annotations, circumstances, viewpoint } from './look.ts';
import { MORE_MORPHOLOGIES } from './registry.ts';

/** Share of the pictures that are those of a search's scenes, unchanged: the model is used there too. */
const SCENE_SHARE = 0.35;
/** Share of the others whose structure, at least, is one of theirs. */
const SCENE_STRUCTURE_SHARE = 0.25;

/**
 * A drawn micrograph for a data set: wider than the scenes of a search in morphology, viewpoint, circumstances and instrument, so that
 * what is learned from it holds on instruments that nobody has drawn. 8 bit; same options, same bytes.
 * Throws EM_UNKNOWN_NAME and EM_USAGE.
 */
export function renderVariedMicrograph(options: RenderOptions): GreyImage & { readonly data: Uint8Array } {
  const { seed, widthPx, heightPx } = options;
  const category = renderedCategory(options.category);
  requireEdge('The width', widthPx);
  requireEdge('The height', heightPx);
  const random = randomFor(seed, `varied/${category}`);
  if (chance(random, SCENE_SHARE)) return renderMicrograph(options);
  const render = chance(random, SCENE_STRUCTURE_SHARE) ? RENDERERS[category] : pick(random, MORE_MORPHOLOGIES[category]);
  const grid = createGrid(widthPx, heightPx);
  const drawn = render(grid, randomFor(seed, `varied-structure/${category}`));
  const seen = category === 'Background' ? drawn : viewpoint(grid, drawn, random);
  const data = category === 'Background' ? drawn : circumstances(grid, seen, random);
  for (let index = 0; index < data.length; index++) data[index] = Math.min(1, Math.max(0, data[index]!));
  const picture = detect({ widthPx, heightPx, data }, { seed, dwellUs: logBetween(random, 0.2, 60) });
  if (chance(random, 0.35)) annotations(grid, picture, random);
  return { widthPx, heightPx, data: picture };
}
