import { readFile } from 'node:fs/promises';
import { EmagentError } from '../contract/errors.ts';
import { SplitFile } from '../contract/model-manifest.ts';

/** Reads the split of a model or a data set. Throws EM_DATASET. */
export async function readSplit(path: string): Promise<SplitFile> {
  try {
    return SplitFile.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'is not there' : 'is no split file (v, seed, by, parts with train, validation, test)';
    throw new EmagentError('EM_DATASET', `The split ${path} ${reason}.`, { cause });
  }
}
