import { createHash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { EmagentError } from '../contract/errors.ts';
import { PICTURE_NAME } from '../imaging/picture-file.ts';
import { parseCsv } from '../lib/csv.ts';

/** One labelled picture of a data set. Nothing is decoded yet: only its bytes are known. */
export interface DatasetItem {
  readonly path: string;
  /** `<Category>/<picture>`, with a slash on every system. */
  readonly file: string;
  /** The folder's name. Begins with `_` for pictures of no category. */
  readonly category: string;
  readonly sha256: string;
  /** Same micrograph, specimen or acquisition folder: never on both sides of a split. */
  readonly group?: string;
  /** Whose instrument it was. */
  readonly laboratory?: string;
}

export interface Dataset {
  readonly dir: string;
  /** Folders with a picture in them, in the order of their names, without those that begin with `_`. */
  readonly categories: readonly string[];
  /** Sorted by file name. */
  readonly items: readonly DatasetItem[];
  /** Pictures of folders whose name begins with `_`: real, but of no category. */
  readonly other: readonly DatasetItem[];
}

/** Folders whose pictures belong to no category. */
export const isOther = (category: string): boolean => category.startsWith('_');

/** The key by which a picture is split: its group, or its own bytes where no group is known. */
export const groupKey = (item: DatasetItem): string => item.group ?? item.sha256;

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);

async function list(dir: string, what: string): Promise<Dirent[]> {
  try {
    return (await readdir(dir, { withFileTypes: true })).filter((entry) => !entry.name.startsWith('.')).sort(byName);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const reason = code === 'ENOENT' ? 'does not exist' : code === 'ENOTDIR' ? 'is not a folder' : `cannot be read (${code ?? String(cause)})`;
    throw new EmagentError('EM_DATASET', `${what} ${dir} ${reason}.`, { cause });
  }
}

async function readSources(dir: string): Promise<Map<string, Record<string, string>>> {
  const path = join(dir, 'sources.csv');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw new EmagentError('EM_DATASET', `${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
  const rows = parseCsv(text);
  if (rows.length > 0 && rows[0]!['file'] === undefined) {
    throw new EmagentError('EM_DATASET', `${path} has no column \`file\` (\`<Category>/<picture>\`).`);
  }
  return new Map(rows.map((row) => [row['file']!, row]));
}

/** The pictures of one folder, without looking into its subfolders. */
async function readCategory(dir: string, category: string, sources: ReadonlyMap<string, Record<string, string>>): Promise<DatasetItem[]> {
  const items: DatasetItem[] = [];
  for (const entry of await list(dir, 'The folder of pictures')) {
    if (!entry.isFile() || !PICTURE_NAME.test(entry.name)) continue;
    const path = join(dir, entry.name);
    const file = `${category}/${entry.name}`;
    let bytes: Uint8Array;
    try {
      bytes = await readFile(path);
    } catch (cause) {
      throw new EmagentError('EM_PICTURE', `${path} cannot be read: ${(cause as Error).message}`, { cause });
    }
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const row = sources.get(file);
    const group = row?.['group'] || undefined;
    const laboratory = row?.['laboratory'] || undefined;
    items.push({ path, file, category, sha256, ...(group !== undefined && { group }), ...(laboratory !== undefined && { laboratory }) });
  }
  return items;
}

/** Pictures that lie in a folder itself, which may be none. Throws EM_DATASET when there is no such folder. */
export const listPictures = (dir: string): Promise<DatasetItem[]> => readCategory(dir, basename(resolve(dir)), new Map());

/** All pictures of a plain folder as one category. Throws EM_DATASET when there are none. */
export async function readFolderAs(dir: string, category: string): Promise<DatasetItem[]> {
  const items = await readCategory(dir, category, new Map());
  if (items.length === 0) throw new EmagentError('EM_DATASET', `${dir} holds no pictures for ${category}.`);
  return items;
}

/**
 * Reads a folder in the layout `<Category>/<picture>.jpg|png|tif`. A `sources.csv` beside the category folders may say more of
 * each picture: columns `file` (`<Category>/<picture>`), `group`, `laboratory`.
 * Throws EM_DATASET when there is no such folder or no picture in it. Pictures are hashed, not decoded: a broken one is
 * reported by whoever decodes it.
 */
export async function readDataset(dir: string): Promise<Dataset> {
  const folders = (await list(dir, 'The data set')).filter((entry) => entry.isDirectory());
  const sources = await readSources(dir);
  const items: DatasetItem[] = [];
  const other: DatasetItem[] = [];
  for (const folder of folders) {
    const category = folder.name;
    (isOther(category) ? other : items).push(...(await readCategory(join(dir, category), category, sources)));
  }
  if (items.length + other.length === 0) {
    throw new EmagentError('EM_DATASET', `${dir} holds no pictures: there must be folders named after the categories with .jpg, .png or .tif files in them.`);
  }
  return { dir, categories: [...new Set(items.map((item) => item.category))], items, other };
}
