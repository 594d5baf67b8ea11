import { viewsOf, type ViewSettings } from '../../classify/views.ts';
import { resamplePart } from '../../classify/resample.ts';
import type { GreyImage } from '../../contract/frame.ts';
import { withoutDataBar } from '../../imaging/data-bar.ts';
import { readPicture } from '../../imaging/picture-file.ts';
import { createRandom } from '../../lib/random.ts';
import { augment, type Augmentation, type Pyramid } from './augment.ts';

/** One view that is wanted. */
export interface ViewRequest {
  readonly path: string;
  /** Of the random stream; the plain centred view of inference when absent. */
  readonly seed?: number;
}

export interface ViewMakerOptions {
  readonly input: ViewSettings;
  readonly augmentation: Augmentation;
}

/** Decoded pictures that are kept, bytes: an epoch comes back to each of them. */
const KEPT_BYTES = 256e6;
/** Shorter side of a kept picture, in edges of a view. */
const KEPT_EDGES = 2;

function shrunk(picture: GreyImage, factor: number): GreyImage {
  if (factor >= 1) return picture;
  const [widthPx, heightPx] = [Math.max(2, Math.round(picture.widthPx * factor)), Math.max(2, Math.round(picture.heightPx * factor))];
  const target = new Float32Array(widthPx * heightPx);
  resamplePart(picture, { leftPx: 0, topPx: 0, widthPx: picture.widthPx, heightPx: picture.heightPx }, { target, widthPx });
  return { widthPx, heightPx, data: Uint8Array.from(target, Math.round) };
}

/** Makes views: decodes, cuts off the data bar, shrinks and keeps; then augments, or not. */
export function createViewMaker({ input, augmentation }: ViewMakerOptions): (request: ViewRequest) => Promise<Float32Array> {
  const kept = new Map<string, Pyramid>();
  let bytes = 0;
  const pyramidOf = async (path: string): Promise<Pyramid> => {
    const known = kept.get(path);
    if (known !== undefined) return known;
    const picture = withoutDataBar(await readPicture(path));
    const full = shrunk(picture, (KEPT_EDGES * input.widthPx) / Math.min(picture.widthPx, picture.heightPx));
    const levels = [full, shrunk(full, 0.5)];
    bytes += levels.reduce((sum, { data }) => sum + data.byteLength, 0);
    if (bytes <= KEPT_BYTES) kept.set(path, levels);
    else bytes -= levels.reduce((sum, { data }) => sum + data.byteLength, 0);
    return levels;
  };
  return async ({ path, seed }) => {
    // Unshrunk, and with its data bar if it has one: exactly what inference will see.
    if (seed === undefined) return viewsOf(await readPicture(path), input, 1)[0]!;
    const view = augment(await pyramidOf(path), input.widthPx, { augmentation, random: createRandom(seed) });
    return viewsOf(view, input, 1)[0]!;
  };
}
