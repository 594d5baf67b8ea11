import { BACKGROUND } from '../../src/contract/categories.ts';
import { EmagentError } from '../../src/contract/errors.ts';
import type { GreyImage } from '../../src/contract/frame.ts';
import type { SplitFile } from '../../src/contract/model-manifest.ts';
import { readPicture } from '../../src/imaging/picture-file.ts';
import { randomFor } from '../../src/lib/random.ts';
import { OTHER } from '../scenario-schema.ts';
import { withoutDataBar } from '../../src/imaging/data-bar.ts';
import { readShownPictures } from './dataset-folder.ts';
import type { PictureSource } from './picture-source.ts';
import { buildPyramid } from './pyramid.ts';

/** Wider pictures are halved: no magnification of the agent shows more. */
const MAX_WIDTH_PX = 1600;
/** Pictures of empty substrate that make its texture. */
const SUBSTRATES = 6;

function seededOrder<T>(items: readonly T[], seed: number, part: string): T[] {
  const random = randomFor(seed, part);
  const order = [...items];
  for (let index = order.length - 1; index > 0; index--) {
    const other = random.integer(index + 1);
    [order[index], order[other]] = [order[other]!, order[index]!];
  }
  return order;
}

async function loadPicture(path: string): Promise<GreyImage> {
  const picture = withoutDataBar(await readPicture(path));
  if (picture.widthPx <= MAX_WIDTH_PX) return picture;
  return buildPyramid(picture).levels.find(({ widthPx }) => widthPx <= MAX_WIDTH_PX)!;
}

/**
 * Pictures of a data set folder, for each label in an order drawn from the seed. Categories of the scenario that the data
 * set does not have get no site. Throws EM_DATASET, EM_PICTURE.
 */
export async function createDatasetPictures(options: {
  readonly dataset: string;
  readonly split?: SplitFile;
  readonly seed: number;
  readonly log: (level: 'info', message: string) => void;
}): Promise<PictureSource> {
  const { dataset, seed, log } = options;
  const shown = await readShownPictures(dataset, options.split);
  const ordered = new Map([...shown].map(([label, paths]) => [label, seededOrder(paths, seed, `dataset/${label}`)]));
  const substrates = await Promise.all((ordered.get(BACKGROUND) ?? []).slice(0, SUBSTRATES).map(loadPicture));
  return {
    counts: (asked, ofUnnamed) => {
      const counts: Record<string, number> = {};
      for (const [label, count] of Object.entries(asked)) {
        if (ordered.has(label)) counts[label] = count;
        else if (count > 0) log('info', `The data set has no pictures of ${label}: it has no sites.`);
      }
      for (const label of ordered.keys()) if (label !== BACKGROUND && label !== OTHER) counts[label] ??= ofUnnamed;
      const wanted = Object.values(asked).some((count) => count > 0);
      if (wanted && Object.values(counts).every((count) => count === 0)) {
        throw new EmagentError('EM_DATASET', `The data set ${dataset} has none of the categories of the scenario (${Object.keys(asked).join(', ')}).`);
      }
      return counts;
    },
    assign: (label, index) => {
      const paths = ordered.get(label) ?? [];
      return { kind: 'file', path: paths[index % paths.length]! };
    },
    widthsPx: [],
    load: async ({ picture }) => {
      if (picture.kind !== 'file') throw new Error('not a picture of the data set');
      return loadPicture(picture.path);
    },
    substrates,
  };
}
