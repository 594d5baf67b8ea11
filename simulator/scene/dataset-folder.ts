import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EmagentError } from '../../src/contract/errors.ts';
import type { SplitFile } from '../../src/contract/model-manifest.ts';
import { decodePicture, PICTURE_NAME } from '../../src/imaging/picture-file.ts';
import { OTHER } from '../scenario-schema.ts';

/** Paths of the pictures that may be shown, by label, sorted. */
export type ShownPictures = ReadonlyMap<string, readonly string[]>;

const JPEG_END = Buffer.from([0xff, 0xd9]);
const PNG_END = Buffer.from('IEND', 'latin1');

/** Some programs write a few bytes after the end; a thumbnail's end lies far before it. */
const END_WITHIN = 64;

/** Cheap look at the bytes: a file that begins and ends as its kind does is taken for whole until it is decoded. */
function looksWhole(bytes: Buffer): boolean {
  const near = bytes.length - END_WITHIN;
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return bytes.lastIndexOf(JPEG_END) > Math.max(0, near);
  if (bytes[0] === 0x89 && bytes[1] === 0x50) return bytes.lastIndexOf(PNG_END) > Math.max(0, near);
  return false;
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new EmagentError('EM_PICTURE', `${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

async function foldersOf(dir: string): Promise<string[]> {
  try {
    const entries = await readdir(dir, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name).sort();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const reason = code === 'ENOENT' ? 'does not exist' : code === 'ENOTDIR' ? 'is not a folder' : `cannot be read (${code ?? ''})`;
    throw new EmagentError('EM_DATASET', `The data set folder ${dir} ${reason}.`, { cause });
  }
}

/**
 * Pictures of a data set in the layout <Category>/<picture>, without those that the split has in `train` or `validation`: a
 * simulator that showed what the network learned from would measure memory, not search. Folders whose name begins with `_`
 * are labelled `other`.
 * Throws EM_DATASET (no folder, no pictures, a folder all of whose pictures are excluded), EM_PICTURE (a broken file).
 */
export async function readShownPictures(dir: string, split: SplitFile | undefined): Promise<ShownPictures> {
  const excluded = new Set(split === undefined ? [] : [...split.parts.train, ...split.parts.validation]);
  const shown = new Map<string, string[]>();
  let seen = 0;
  for (const folder of await foldersOf(dir)) {
    const names = (await readdir(join(dir, folder))).filter((name) => PICTURE_NAME.test(name)).sort();
    const allowed: string[] = [];
    for (const name of names) {
      const path = join(dir, folder, name);
      const bytes = await read(path);
      if (!looksWhole(bytes)) await decodePicture(bytes, path);
      if (excluded.size === 0 || !excluded.has(createHash('sha256').update(bytes).digest('hex'))) allowed.push(path);
    }
    seen += names.length;
    if (names.length > 0 && allowed.length === 0) {
      throw new EmagentError(
        'EM_DATASET',
        `All ${names.length} pictures in ${join(dir, folder)} are among those that the model was trained on, so that none of them can be shown.`,
      );
    }
    const label = folder.startsWith('_') ? OTHER : folder;
    if (allowed.length > 0) shown.set(label, [...(shown.get(label) ?? []), ...allowed]);
  }
  if (seen === 0) {
    throw new EmagentError('EM_DATASET', `There are no pictures in ${dir}: it must hold folders named after categories with .jpg, .png or .tif files in them.`);
  }
  return shown;
}
