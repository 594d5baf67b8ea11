import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { packageRoot } from '../lib/package-root.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const FOLDER = join(packageRoot, 'src', 'live', 'dashboard');
/** The reducer, its words and shades run in the browser as they were compiled: one meaning for server, terminal and page. */
const COMPILED = join(packageRoot, 'dist', 'src', 'live');
const SHARED = ['shade.js', 'snapshot.js', 'words.js'];

export interface StaticFile {
  readonly type: string;
  read(): Promise<Uint8Array>;
}

/** The files of the dashboard by URL path; nothing else of the disk can be reached. */
export function dashboardFiles(): ReadonlyMap<string, StaticFile> {
  const files = new Map<string, StaticFile>();
  const add = (folder: string, name: string): void => {
    const type = TYPES[extname(name)];
    if (type !== undefined) files.set(`/${name}`, { type, read: () => readFile(join(folder, name)) });
  };
  for (const name of readdirSync(FOLDER)) add(FOLDER, name);
  for (const name of SHARED) add(COMPILED, name);
  const index = files.get('/index.html');
  if (index !== undefined) files.set('/', index);
  return files;
}
