import { resolve } from 'node:path';
import { BACKGROUND, OTHER } from '../../contract/categories.ts';
import { EmagentError } from '../../contract/errors.ts';
import { listPictures, readDataset, type DatasetItem } from '../dataset.ts';
import type { ExamplePicture } from './examples.ts';

/** Fewer pictures of a category than this teach nothing that could be checked. */
export const LEAST_PICTURES = 5;
/** The same for pictures of other things: without any there are the shipped ones, with one or two there is neither. */
export const LEAST_AGAINST = 5;

export interface OwnPictures {
  /** Categories, `Other` last. */
  readonly labels: readonly string[];
  readonly pictures: readonly ExamplePicture[];
}

/** Throws EM_USAGE for a name that cannot be a category of one's own. */
export function checkName(name: string): void {
  if (name === OTHER || name === BACKGROUND) throw new EmagentError('EM_USAGE', `${name} means everything else in a model: choose another name for your category.`);
  if (name.startsWith('_') || /[\\/]/.test(name) || name.trim() !== name || name === '') {
    throw new EmagentError('EM_USAGE', `"${name}" cannot be the name of a category: no leading underscore, no slash, no space at its ends.`);
  }
}

const exampleOf = (item: DatasetItem, label: number): ExamplePicture => ({
  name: item.path,
  sha256: item.sha256,
  label,
  ...(item.group !== undefined && { group: item.group }),
  picture: item.path,
});

/** Pictures of a folder, or of its subfolders when it has none itself. */
async function picturesIn(dir: string): Promise<{ own: readonly DatasetItem[]; folders: readonly DatasetItem[] }> {
  const own = await listPictures(dir);
  if (own.length > 0) return { own, folders: [] };
  const { items, other } = await readDataset(dir);
  return { own, folders: [...items, ...other] };
}

async function readOwn(images: string, name: string | undefined): Promise<Map<string, readonly DatasetItem[]>> {
  const { own, folders } = await picturesIn(images);
  if (own.length > 0) {
    if (name === undefined) throw new EmagentError('EM_USAGE', `What do the pictures in ${images} show? Give the category a name with --name.`);
    return new Map([[name, own]]);
  }
  const categories = [...new Set(folders.map(({ category }) => category))];
  if (name !== undefined && categories.length > 1) {
    throw new EmagentError('EM_USAGE', `${images} holds ${categories.length} folders of pictures (${categories.join(', ')}), each a category with its own name: leave --name out, or give one of them as --images.`);
  }
  return new Map(categories.map((category) => [name ?? category, folders.filter((item) => item.category === category)]));
}

/**
 * Reads what a user gives: `images` with pictures of one category (named by `name`) or with a folder for each, `against` with pictures of
 * other things, in folders or not. Nothing is decoded yet. Throws EM_USAGE, EM_DATASET.
 */
export async function readOwnPictures({ images, name, against }: { images: string; name?: string; against?: string }): Promise<OwnPictures> {
  const categories = await readOwn(images, name);
  for (const [category, items] of categories) {
    checkName(category);
    if (items.length < LEAST_PICTURES) {
      throw new EmagentError('EM_DATASET', `${images} holds only ${items.length} picture${items.length === 1 ? '' : 's'} of ${category}: at least ${LEAST_PICTURES} are needed, 10 to 20 of different places are good.`);
    }
  }
  const labels = [...categories.keys(), OTHER];
  const own = [...categories.values()].flatMap((items, label) => items.map((item) => exampleOf(item, label)));
  if (against === undefined) return { labels, pictures: own };
  if (resolve(against) === resolve(images)) throw new EmagentError('EM_USAGE', `--against must be another folder than --images: ${images} was given for both.`);
  const { own: flat, folders } = await picturesIn(against);
  const others = [...flat, ...folders];
  if (others.length < LEAST_AGAINST) {
    throw new EmagentError('EM_DATASET', `${against} holds only ${others.length} picture${others.length === 1 ? '' : 's'} of other things: at least ${LEAST_AGAINST} are needed, 10 to 20 are good.`);
  }
  const known = new Map(own.map(({ sha256, name: path }) => [sha256, path]));
  const both = others.find(({ sha256 }) => known.has(sha256));
  if (both !== undefined) throw new EmagentError('EM_DATASET', `${both.path} is the same picture as ${known.get(both.sha256)!}: it cannot both show the category and something else.`);
  return { labels, pictures: [...own, ...others.map((item) => exampleOf(item, labels.length - 1))] };
}
