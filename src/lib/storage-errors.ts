import { statfs } from 'node:fs/promises';
import { EmagentError, isEmagentError } from '../contract/errors.ts';

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}

export function isDiskFull(thrown: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(codeOf(thrown));
}

const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is a file, not a folder',
  ENOENT: 'it does not exist',
  EEXIST: 'it exists already',
  EISDIR: 'it is a folder',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long',
};

/** What a file system threw, as EM_DISK_FULL or EM_WRITE in one sentence. */
export function storageError(thrown: unknown, path: string): EmagentError {
  if (isEmagentError(thrown)) return thrown;
  if (isDiskFull(thrown)) return new EmagentError('EM_DISK_FULL', `The disk is full: ${path} could not be written.`, { cause: thrown });
  const why = WORDS[codeOf(thrown)] ?? (thrown instanceof Error ? thrown.message : String(thrown));
  return new EmagentError('EM_WRITE', `${path} cannot be written: ${why}.`, { cause: thrown });
}

export async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

export function formatBytes(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(0)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
