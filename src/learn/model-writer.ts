import { createHash } from 'node:crypto';
import { access, mkdir, rename, rm, writeFile, constants } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { EmagentError } from '../contract/errors.ts';
import type { ModelManifest } from '../contract/model-manifest.ts';

export const sha256Of = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

function writeError(dir: string, cause: unknown): EmagentError {
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  if (code === 'ENOSPC') return new EmagentError('EM_DISK_FULL', `The disk is full: the model could not be written to ${dir}.`, { cause });
  const reason = code === 'EACCES' || code === 'EROFS' || code === 'EPERM' ? 'no permission' : code === 'ENOTDIR' || code === 'EEXIST' ? 'a file is in the way' : (cause as Error).message;
  return new EmagentError('EM_WRITE', `The model cannot be written to ${dir}: ${reason}.`, { cause });
}

/** Says before hours of work that its result could not be kept. Throws EM_WRITE. */
export async function checkWritable(out: string): Promise<void> {
  const parent = dirname(resolve(out));
  try {
    await mkdir(parent, { recursive: true });
    await access(parent, constants.W_OK);
    const probe = join(parent, `.${basename(out)}-${process.pid}.probe`);
    await writeFile(probe, '');
    await rm(probe);
  } catch (cause) {
    throw writeError(out, cause);
  }
}

export interface ModelFiles {
  /** Needed by whoever loads the model: checked by their sha256. */
  readonly files: ReadonlyMap<string, Uint8Array | string>;
  /** For people. */
  readonly unchecked: ReadonlyMap<string, string>;
}

/**
 * Writes a model folder in one piece: into a new folder beside it, which then takes its place. Whatever fails, `out` is either
 * as it was or complete. Files named in `manifest.files` get their checksums here. Throws EM_WRITE, EM_DISK_FULL.
 */
export async function writeModelFolder(out: string, manifest: Omit<ModelManifest, 'files'>, { files, unchecked }: ModelFiles): Promise<ModelManifest> {
  const target = resolve(out);
  const fresh = `${target}.${process.pid}.new`;
  const old = `${target}.${process.pid}.old`;
  const complete: ModelManifest = { ...manifest, files: Object.fromEntries([...files].map(([name, content]) => [name, sha256Of(content)])) };
  try {
    await mkdir(fresh, { recursive: true });
    for (const [name, content] of [...files, ...unchecked]) await writeFile(join(fresh, name), content);
    await writeFile(join(fresh, 'model.json'), `${JSON.stringify(complete, null, 2)}\n`);
    let replaced = true;
    await rename(target, old).catch((thrown: unknown) => {
      if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
      replaced = false;
    });
    try {
      await rename(fresh, target);
    } catch (thrown) {
      if (replaced) await rename(old, target);
      throw thrown;
    }
    await rm(old, { recursive: true, force: true });
  } catch (cause) {
    await rm(fresh, { recursive: true, force: true });
    throw writeError(out, cause);
  }
  return complete;
}
