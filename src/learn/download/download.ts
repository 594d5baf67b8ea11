import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../contract/clock.ts';
import { EmagentError } from '../../contract/errors.ts';
import { PICTURE_NAME } from '../../imaging/picture-file.ts';
import { unknownNameMessage } from '../../lib/nearest-name.ts';
import { formatBytes, freeBytes, storageError } from '../../lib/storage-errors.ts';
import { prepareFolder, writeFiles } from '../../lib/write-files.ts';
import { fetchRecord, type PublishedRecord, type RecordFile } from './record.ts';
import { downloadFile } from './transfer.ts';
import { ARCHIVE_NAME, unpackPictures } from './unpack.ts';

/** Published data sets by name. */
export const PUBLISHED = {
  /** The 100 % set of Aversa et al. (2018, corrected 2019): ten categories, CC BY 4.0, about 10 GB. */
  nffa: { server: 'https://b2share.eudat.eu', id: '80df8606fcdb4b2bae1656f0dc6db8ba' },
} as const;
export type PublishedName = keyof typeof PUBLISHED;

/** In the data set's folder: what came from where. */
const RECORD_FILE = 'download.json';
/** Archives under way. A hidden folder is no category. */
const ARCHIVES = '.download';

export interface DownloadOptions {
  readonly name: PublishedName;
  readonly dir: string;
  readonly clock: Clock;
  /** Another server with the same interface: a mirror. */
  readonly server?: string;
  /** Only these archives, named without their ending. */
  readonly only?: readonly string[];
  /** Archives stay beside the pictures. */
  readonly keepArchives?: boolean;
  readonly onBytes?: (key: string, bytes: number, total: number) => void;
  readonly onPicture?: (key: string, count: number) => void;
  readonly signal?: AbortSignal;
}

export interface DownloadResult {
  readonly dir: string;
  readonly record: Pick<PublishedRecord, 'id' | 'title' | 'licence' | 'doi'>;
  /** Pictures by category. */
  readonly counts: Readonly<Record<string, number>>;
  readonly total: number;
  readonly archives: readonly { readonly key: string; readonly md5: string; readonly sizeBytes: number; readonly counts: Readonly<Record<string, number>>; readonly had: boolean }[];
  /** Files of the record that hold no pictures. */
  readonly passedOver: readonly string[];
}

type Done = Readonly<Record<string, { readonly md5: string; readonly counts: Readonly<Record<string, number>> }>>;

async function readDone(path: string): Promise<Done> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Done;
  } catch {
    return {};
  }
}

/** Archives whose pictures are all still in their folders. */
async function unpackedKeys(dir: string, files: readonly RecordFile[], done: Done): Promise<Set<string>> {
  const wanted: Record<string, number> = {};
  for (const { counts } of Object.values(done)) for (const [category, count] of Object.entries(counts)) wanted[category] = (wanted[category] ?? 0) + count;
  const complete = new Set<string>();
  for (const [category, count] of Object.entries(wanted)) {
    const names = await readdir(join(dir, category)).catch(() => []);
    if (names.filter((name) => PICTURE_NAME.test(name)).length >= count) complete.add(category);
  }
  return new Set(files.filter(({ key, md5 }) => done[key]?.md5 === md5 && Object.keys(done[key].counts).every((category) => complete.has(category))).map(({ key }) => key));
}

function choose(record: PublishedRecord, only: readonly string[] | undefined): RecordFile[] {
  const archives = record.files.filter(({ key }) => ARCHIVE_NAME.test(key));
  if (archives.length === 0) throw new EmagentError('EM_DOWNLOAD', `The record ${record.id} has no tar files: ${record.files.map(({ key }) => key).join(', ')}.`);
  const outside = archives.find(({ key }) => /[\\/]/.test(key));
  if (outside !== undefined) throw new EmagentError('EM_DOWNLOAD', `The record ${record.id} names a file ${outside.key}, which is no file name.`);
  if (only === undefined) return archives;
  const names = archives.map(({ key }) => key.replace(ARCHIVE_NAME, ''));
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new EmagentError('EM_UNKNOWN_NAME', unknownNameMessage('archive', unknown, names));
  return archives.filter((_, index) => only.includes(names[index]!));
}

/** Before hours of transfer: the archives that are missing, and room to unpack the largest of them all besides. */
async function checkRoom(dir: string, missing: readonly RecordFile[], keepArchives: boolean): Promise<void> {
  const total = missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  // Pictures are stored in a tar file as they are; an archive is deleted when it is unpacked.
  const needed = keepArchives ? 2 * total : total + Math.max(0, ...missing.map(({ sizeBytes }) => sizeBytes));
  const free = await freeBytes(dir);
  if (needed > free) throw new EmagentError('EM_DISK_FULL', `${dir} has ${formatBytes(free)} free; the data set needs ${formatBytes(needed)}: nothing was downloaded.`);
}

/**
 * Downloads a published data set into the layout `<dir>/<Category>/<picture>`. Each archive is checked, unpacked and deleted before
 * the next; a second call fetches what is missing. Throws EM_DOWNLOAD, EM_DATASET, EM_DISK_FULL, EM_WRITE, EM_UNKNOWN_NAME.
 */
export async function downloadDataset(options: DownloadOptions): Promise<DownloadResult> {
  const { name, dir, clock, signal, keepArchives = false } = options;
  const { server, id } = PUBLISHED[name];
  const record = await fetchRecord({ server: options.server ?? server, id, ...(signal !== undefined && { signal }) });
  const chosen = choose(record, options.only);
  const folder = join(dir, ARCHIVES);
  const donePath = join(folder, 'unpacked.json');
  await prepareFolder(folder);
  let done = await readDone(donePath);
  const there = await unpackedKeys(dir, chosen, done);
  await checkRoom(dir, chosen.filter(({ key }) => !there.has(key)), keepArchives);
  const archives: DownloadResult['archives'][number][] = [];
  for (const file of chosen) {
    const had = there.has(file.key);
    if (!had) {
      const path = join(folder, file.key);
      await downloadFile(file, path, { clock, onProgress: (bytes, total) => options.onBytes?.(file.key, bytes, total), ...(signal !== undefined && { signal }) });
      const counts = await unpackPictures(path, dir, { onPicture: (count) => options.onPicture?.(file.key, count), ...(signal !== undefined && { signal }) });
      if (Object.keys(counts).length === 0) throw new EmagentError('EM_DATASET', `${file.key} holds no pictures.`);
      done = { ...done, [file.key]: { md5: file.md5, counts } };
      await writeFile(donePath, `${JSON.stringify(done, null, 2)}\n`).catch((cause: unknown) => Promise.reject(storageError(cause, donePath)));
      if (!keepArchives) await rm(path);
    }
    archives.push({ key: file.key, md5: file.md5, sizeBytes: file.sizeBytes, counts: done[file.key]!.counts, had });
  }
  const counts: Record<string, number> = {};
  for (const { counts: own } of archives) for (const [category, count] of Object.entries(own)) counts[category] = (counts[category] ?? 0) + count;
  const { title, licence, doi } = record;
  const result: DownloadResult = {
    dir,
    record: { id, title, licence, ...(doi !== undefined && { doi }) },
    counts,
    total: Object.values(counts).reduce((sum, count) => sum + count, 0),
    archives,
    passedOver: record.files.filter(({ key }) => !ARCHIVE_NAME.test(key)).map(({ key }) => key),
  };
  await writeFiles(dir, new Map([[RECORD_FILE, `${JSON.stringify({ record: result.record, counts, archives }, null, 2)}\n`]]));
  return result;
}
