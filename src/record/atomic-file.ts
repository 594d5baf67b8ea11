import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a whole file so that a reader, also after a crash, finds either the old content or the new one: a neighbour
 * is written and synced, then renamed over the file, then the folder entry is synced.
 * Throws whatever the file system throws; the neighbour is removed.
 */
export async function writeFileAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const neighbour = `${path}.part`;
  try {
    const file = await open(neighbour, 'w');
    try {
      await file.writeFile(content);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(neighbour, path);
  } catch (cause) {
    await rm(neighbour, { force: true });
    throw cause;
  }
  await syncFolder(dirname(path));
}

/** A rename is durable only when the folder is. Windows cannot open a folder: its file system journals the rename itself. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.datasync();
  } finally {
    await folder.close();
  }
}
