import { existsSync, realpathSync } from 'node:fs';
import { lstat, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { TENSORFLOW_PACKAGES } from '../../classify/tensorflow/kept-folder.ts';
import { packageRoot } from '../../lib/package-root.ts';

/** Of a package: the addon, and the TensorFlow library that it was linked with (by a path relative to itself). */
const NATIVE_FOLDERS = ['lib', 'deps'] as const;

/** The package as npm put it beside emagent, if it did. */
function installedFolder(packageName: string): string | undefined {
  for (let folder = packageRoot; ; folder = join(folder, '..')) {
    const found = join(folder, 'node_modules', packageName);
    if (existsSync(join(found, 'package.json'))) return realpathSync(found);
    if (join(folder, '..') === folder) return undefined;
  }
}

async function isOurs(path: string): Promise<boolean> {
  const stats = await lstat(path).catch(() => undefined);
  return stats === undefined || (stats.isSymbolicLink() && !existsSync(path));
}

/**
 * Packages that npm installed without their native library get links to what was built, so that any program finds it there. Gives
 * their names. A folder that cannot be written is left as it is: emagent itself looks into the kept folder too.
 */
export async function linkInstalled(built: string): Promise<string[]> {
  const linked: string[] = [];
  for (const packageName of TENSORFLOW_PACKAGES) {
    const folder = installedFolder(packageName);
    if (folder === undefined) continue;
    const paths = NATIVE_FOLDERS.map((name) => join(folder, name));
    if (!(await Promise.all(paths.map(isOurs))).every(Boolean)) continue;
    try {
      for (const [index, path] of paths.entries()) {
        await rm(path, { force: true });
        await symlink(join(built, NATIVE_FOLDERS[index]!), path);
      }
      linked.push(packageName);
    } catch {
      // Not ours to write to.
    }
  }
  return linked;
}
