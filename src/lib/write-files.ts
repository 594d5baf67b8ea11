import { access, constants, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { storageError } from './storage-errors.ts';

/** Says before long work that its result could not be kept: makes the folder and looks whether it may be written. Throws EM_WRITE. */
export async function prepareFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true });
    await access(dir, constants.W_OK);
  } catch (cause) {
    throw storageError(cause, dir);
  }
}

/**
 * Writes files into a folder, all or none: first beside it, then moved to their names. What was there under the same names is
 * replaced, other files stay. Throws EM_WRITE, EM_DISK_FULL.
 */
export async function writeFiles(dir: string, files: ReadonlyMap<string, Uint8Array | string>): Promise<void> {
  await prepareFolder(dir);
  let fresh: string | undefined;
  try {
    fresh = await mkdtemp(join(dirname(resolve(dir)), '.emagent-'));
    for (const [name, content] of files) await writeFile(join(fresh, name), content);
    for (const name of files.keys()) await rename(join(fresh, name), join(dir, name));
  } catch (cause) {
    throw storageError(cause, dir);
  } finally {
    if (fresh !== undefined) await rm(fresh, { recursive: true, force: true });
  }
}
