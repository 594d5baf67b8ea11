import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Classifier, Prediction } from '../contract/classifier.ts';
import { EmagentError, toEmagentError } from '../contract/errors.ts';
import type { GreyImage } from '../contract/frame.ts';
import { PICTURE_NAME, readPicture } from '../imaging/picture-file.ts';

/** What became of one picture: a prediction, or why there is none. */
export type ClassifiedPicture = { readonly path: string } & ({ readonly prediction: Prediction } | { readonly error: EmagentError });

/** Pictures decoded and classified together. */
const TOGETHER = 8;

async function picturesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.name.startsWith('.')) return [];
      if (entry.isDirectory()) return picturesBelow(path);
      return entry.isFile() && PICTURE_NAME.test(entry.name) ? [path] : [];
    }),
  );
  return found.flat().sort();
}

/**
 * Files as they are named, folders with all pictures in and below them, in the order of their names.
 * Throws EM_PICTURE for a path that does not exist or a folder without pictures.
 */
export async function findPictures(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    try {
      const pictures = (await stat(path)).isDirectory() ? await picturesBelow(path) : [path];
      if (pictures.length === 0) throw new EmagentError('EM_PICTURE', `The folder ${path} holds no pictures (.jpg, .png or .tif).`);
      found.push(...pictures);
    } catch (thrown) {
      const missing = (thrown as NodeJS.ErrnoException).code === 'ENOENT';
      throw missing ? new EmagentError('EM_PICTURE', `There is no file or folder ${path}.`, { cause: thrown }) : toEmagentError(thrown, 'EM_PICTURE');
    }
  }
  return [...new Set(found)];
}

/** Classifies pictures a few at a time, in order. A picture that cannot be read is told of in its place and the rest go on. */
export async function* classifyPictures(classifier: Classifier, paths: readonly string[], { views }: { views?: number } = {}): AsyncGenerator<ClassifiedPicture> {
  for (let from = 0; from < paths.length; from += TOGETHER) {
    const read = await Promise.all(
      paths.slice(from, from + TOGETHER).map(async (path): Promise<{ path: string; image?: GreyImage; error?: EmagentError }> => {
        try {
          return { path, image: await readPicture(path) };
        } catch (thrown) {
          return { path, error: toEmagentError(thrown, 'EM_PICTURE') };
        }
      }),
    );
    const images = read.flatMap(({ image }) => (image === undefined ? [] : [image]));
    const predictions = images.length === 0 ? [] : await classifier.classify(images, views === undefined ? {} : { views });
    for (const { path, error } of read) yield error === undefined ? { path, prediction: predictions.shift()! } : { path, error };
  }
}
