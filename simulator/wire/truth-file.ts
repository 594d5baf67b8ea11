import { mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Truth } from '../truth.ts';

/** `emagent/0.1.0 run=2026-11-23-nanowires` -> the run's id, if it is a plain folder name. */
export function runIdOf(client: string): string | undefined {
  const id = /(?:^|\s)run=(\S+)/.exec(client)?.[1];
  return id !== undefined && /^[\w.-]+$/.test(id) && !/^\.+$/.test(id) ? id : undefined;
}

const isFolder = (path: string): Promise<boolean> => stat(path).then((found) => found.isDirectory(), () => false);

/** Takes the truth away from beside a run that goes on, so that no one can read it before the end. */
export async function removeTruth(runsDir: string, client: string): Promise<void> {
  const id = runIdOf(client);
  if (id !== undefined && (await isFolder(join(runsDir, id)))) await rm(join(runsDir, id, 'truth.json'), { force: true });
}

/** Writes `truth.json` into the folder of the run that this client named, if there is such a folder. Whole or not at all. */
export async function writeTruth(runsDir: string, client: string, truth: Truth): Promise<void> {
  const id = runIdOf(client);
  if (id === undefined || !(await isFolder(join(runsDir, id)))) return;
  const scratch = await mkdtemp(join(runsDir, id, '.truth-'));
  try {
    const file = join(scratch, 'truth.json');
    await writeFile(file, `${JSON.stringify(truth, null, 2)}\n`);
    await rename(file, join(runsDir, id, 'truth.json'));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
