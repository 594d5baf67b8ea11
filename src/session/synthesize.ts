import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderedCategory } from '../../simulator/render/micrograph.ts';
import { RENDERED_CATEGORIES, type RenderedCategory } from '../../simulator/render/registry.ts';
import { renderVariedMicrograph } from '../../simulator/render/varied/varied-micrograph.ts';
import { EmagentError } from '../contract/errors.ts';
import { encodePng } from '../imaging/picture-file.ts';
import { packageVersion } from '../lib/package-root.ts';
import { randomFor } from '../lib/random.ts';
import { storageError } from '../lib/storage-errors.ts';

export interface SynthesizeOptions {
  /** Folder to write to: made when it is not there. */
  readonly dir: string;
  readonly perCategory: number;
  /** Two seeds share no picture. */
  readonly seed: number;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Names of categories; all ten and Background when absent. */
  readonly categories?: readonly string[];
  readonly onPicture?: (done: number, total: number) => void;
}

export interface SynthesizeResult {
  readonly dir: string;
  readonly seed: number;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Pictures written per category. */
  readonly counts: Readonly<Record<string, number>>;
  readonly total: number;
}

/** Beside the category folders: what made them. Also the sign that the folder is ours. */
const MANIFEST = 'synthesis.json';

/** Picture seeds of a data set: the same for every category, and others for another seed. */
function pictureSeeds(seed: number, count: number): number[] {
  const random = randomFor(seed, 'synthesize');
  const seeds = new Set<number>();
  while (seeds.size < count) seeds.add(random.integer(0x7fff_ffff));
  return [...seeds];
}

async function listFolder(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw storageError(thrown, path);
  }
}

/** Pictures of an earlier synthesis in the folder. Throws EM_USAGE when there is anything else in it. */
async function earlierPictures(dir: string): Promise<string[]> {
  const pictures: string[] = [];
  for (const entry of await listFolder(dir)) {
    if (entry === MANIFEST) continue;
    const foreign = new EmagentError('EM_USAGE', `${dir} holds ${entry}, which \`dataset synthesize\` did not write: give an empty or a new folder.`);
    if (!RENDERED_CATEGORIES.some((category) => category === entry)) throw foreign;
    for (const name of await listFolder(join(dir, entry))) {
      if (!name.startsWith(`${entry}-`) || !/-\d+\.png$/.test(name)) throw new EmagentError('EM_USAGE', `${dir} holds ${entry}/${name}, which \`dataset synthesize\` did not write: give an empty or a new folder.`);
      pictures.push(join(dir, entry, name));
    }
  }
  return pictures;
}

/**
 * Draws a data set in the layout `<Category>/<Category>-<seed>.png`. Same seed, same bytes. What an earlier synthesis left in
 * the folder is replaced. Throws EM_UNKNOWN_NAME, EM_USAGE (sizes, a folder with other things in it), EM_WRITE, EM_DISK_FULL.
 */
export async function synthesizeDataset(options: SynthesizeOptions): Promise<SynthesizeResult> {
  const { dir, perCategory, seed, widthPx, heightPx, onPicture } = options;
  const categories: readonly RenderedCategory[] = [...new Set((options.categories ?? RENDERED_CATEGORIES).map(renderedCategory))];
  if (categories.length === 0) throw new EmagentError('EM_USAGE', 'No category was named.');
  const earlier = await earlierPictures(dir);
  const seeds = pictureSeeds(seed, perCategory);
  const total = categories.length * seeds.length;
  const counts: Record<string, number> = {};
  let done = 0;
  // The first picture is drawn before anything is touched: a size that cannot be drawn leaves the folder as it was.
  renderVariedMicrograph({ category: 'Background', seed, widthPx, heightPx });
  try {
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, MANIFEST), `${JSON.stringify({ emagent: packageVersion, seed, perCategory, widthPx, heightPx, categories }, null, 2)}\n`);
    for (const path of earlier) await rm(path, { force: true });
    for (const category of categories) {
      await mkdir(join(dir, category), { recursive: true });
      // One picture is encoded and written while the next is drawn.
      let writing: Promise<void> = Promise.resolve();
      for (const pictureSeed of seeds) {
        const picture = renderVariedMicrograph({ category, seed: pictureSeed, widthPx, heightPx });
        await writing;
        writing = encodePng(picture).then((bytes) => writeFile(join(dir, category, `${category}-${pictureSeed}.png`), bytes));
        onPicture?.(++done, total);
      }
      await writing;
      counts[category] = seeds.length;
    }
  } catch (thrown) {
    throw storageError(thrown, dir);
  }
  return { dir, seed, widthPx, heightPx, counts, total };
}
