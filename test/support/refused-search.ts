import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { runCli, temporaryFolder } from './cli.ts';

/** Runs a search that must be refused: one sentence, the exit code, no stack, nothing on stdout and nothing written. */
export async function refused(args: readonly string[], exitCode = 2): Promise<string> {
  const folder = await temporaryFolder();
  const { code, stdout, stderr } = await runCli(['search', '--no-live', '--runs', join(folder, 'runs'), ...args]);
  expect({ code, stdout }, stderr).toEqual({ code: exitCode, stdout: '' });
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(existsSync(join(folder, 'runs')) ? await readdir(join(folder, 'runs')) : []).toEqual([]);
  const [sentence, hint] = stderr.trim().split('\n').slice(-2);
  expect(sentence).toMatch(/^emagent: .+[.?]$/);
  expect(hint).toMatch(/^[A-Z].+[.?]$/);
  return sentence ?? '';
}
