import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { packageRoot } from '../../src/lib/package-root.ts';

/** A file of the data that lies beside the checkout; the test is skipped, and says so, where it is not there. */
export function sharedFile(context: TestContext, name: string): string {
  const path = join(process.env['EMAGENT_SHARED'] ?? join(packageRoot, '..', 'shared'), name);
  if (!existsSync(path)) {
    console.warn(`SKIPPED: ${path} is not there`);
    context.skip();
  }
  return path;
}
