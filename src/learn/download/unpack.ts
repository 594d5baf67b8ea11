import { createReadStream } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Parser, type ReadEntry } from 'tar';
import { EmagentError, isEmagentError } from '../../contract/errors.ts';
import { PICTURE_NAME } from '../../imaging/picture-file.ts';
import { storageError } from '../../lib/storage-errors.ts';

export const ARCHIVE_NAME = /\.(tar|tar\.gz|tgz)$/i;

export interface UnpackOptions {
  readonly signal?: AbortSignal;
  readonly onPicture?: (count: number) => void;
}

/** `<Category>/<picture>` of an entry; the archive's own name is the category of pictures that lie in no folder. */
function placeOf(entryPath: string, archive: string): { category: string; name: string } | undefined {
  const path = posix.normalize(entryPath.replaceAll('\\', '/'));
  if (path.startsWith('../') || path.startsWith('/')) throw new EmagentError('EM_DATASET', `${archive} holds ${entryPath}, which would lie outside of the data set: nothing of the archive is trusted.`);
  const name = posix.basename(path);
  if (!PICTURE_NAME.test(name) || name.startsWith('.')) return undefined;
  const folder = posix.basename(posix.dirname(path));
  const category = folder === '.' || folder === '' ? archive.replace(ARCHIVE_NAME, '') : folder;
  return category.startsWith('.') ? undefined : { category, name };
}

/**
 * Unpacks the pictures of a tar file (also gzipped) to `<dir>/<Category>/<picture>`. Other files, links and hidden files in it are
 * passed over. Returns the number of pictures by category. Throws EM_DATASET (no tar file, cut short, paths that lead outside),
 * EM_DISK_FULL, EM_WRITE.
 */
export async function unpackPictures(archivePath: string, dir: string, { signal, onPicture }: UnpackOptions = {}): Promise<Record<string, number>> {
  const archive = posix.basename(archivePath.replaceAll('\\', '/'));
  const counts: Record<string, number> = {};
  const folders = new Set<string>();
  let count = 0;
  let working: Promise<void> = Promise.resolve();
  const parser = new Parser({ strict: true, onReadEntry: (entry: ReadEntry) => void handle(entry) });
  const handle = (entry: ReadEntry): Promise<void> => {
    working = working.then(() => keep(entry)).catch((thrown: unknown) => {
      parser.abort(thrown as Error);
      throw thrown;
    });
    working.catch(() => undefined);
    return working.catch(() => undefined);
  };
  const keep = async (entry: ReadEntry): Promise<void> => {
    const place = entry.type === 'File' || entry.type === 'OldFile' ? placeOf(entry.path, archive) : undefined;
    if (place === undefined) {
      entry.resume();
      return;
    }
    const bytes = await entry.concat();
    const folder = join(dir, place.category);
    const path = join(folder, place.name);
    try {
      if (!folders.has(folder)) await mkdir(folder, { recursive: true });
      await writeFile(`${path}.part`, bytes);
      await rename(`${path}.part`, path);
    } catch (cause) {
      throw storageError(cause, path);
    }
    folders.add(folder);
    counts[place.category] = (counts[place.category] ?? 0) + 1;
    onPicture?.(++count);
  };
  try {
    await pipeline(createReadStream(archivePath, { highWaterMark: 1 << 20 }), parser as unknown as NodeJS.WritableStream, ...(signal === undefined ? [] : [{ signal }]));
    await working;
  } catch (thrown) {
    if (signal?.aborted === true) throw signal.reason;
    if (isEmagentError(thrown)) throw thrown;
    if (isEmagentError((thrown as Error).cause)) throw (thrown as Error).cause;
    throw new EmagentError('EM_DATASET', `${archive} is no readable tar file: ${(thrown as Error).message}.`, { cause: thrown });
  }
  return counts;
}
