import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ModelManifest } from '../../src/contract/model-manifest.ts';
import { RunResult } from '../../src/contract/run.ts';
import { runCli, temporaryFolder } from '../support/cli.ts';

test('finds are marked right or wrong, and a model is learned from them', { timeout: 300_000 }, async () => {
  const folder = await temporaryFolder();
  const search = await runCli(['search', '--target', 'Nanowires', '--finds', '3', '--seed', '11', '--no-live', '--runs', 'runs', '--json'], { cwd: folder });
  expect(search.code, search.stderr).toBe(0);
  const { runDir } = RunResult.parse(JSON.parse(search.stdout));

  const refused = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await runCli(args, { cwd: folder });
    expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toMatch(/\n\s+at /);
    return stderr;
  };
  expect(await refused('adapt', '--from-run', runDir, '--out', 'mine')).toContain('No find of the run');
  expect(await refused('mark', runDir, 'right', 'find-9')).toContain('Unknown find "find-9"');
  expect(await refused('mark', 'nowhere', 'right', 'find-1')).toContain('nowhere');
  expect(existsSync(join(runDir, 'marks.json'))).toBe(false);

  const mark = async (...args: string[]): Promise<unknown> => JSON.parse((await runCli(['mark', runDir, ...args, '--json'], { cwd: folder })).stdout);
  expect(await mark('right', 'find-1', 'find-2')).toMatchObject({ marks: { 'find-1': 'right', 'find-2': 'right' }, unmarked: ['find-3'] });
  expect(await mark('wrong', 'find-3')).toMatchObject({ marks: { 'find-3': 'wrong' }, unmarked: [] });
  expect(await refused('adapt', '--from-run', runDir, '--out', 'mine')).toContain('only 2 different places');
  expect(existsSync(join(folder, 'mine'))).toBe(false);
  expect(await mark('clear', 'find-3')).toMatchObject({ unmarked: ['find-3'] });
  await mark('right', 'find-3');

  const adapted = await runCli(['adapt', '--from-run', runDir, '--name', 'Wires', '--out', 'mine', '--json'], { cwd: folder });
  expect(adapted.code, adapted.stderr).toBe(0);
  const manifest = JSON.parse(await readFile(join(folder, 'mine', 'model.json'), 'utf8')) as ModelManifest;
  expect(manifest.labels).toEqual(['Wires', 'Other']);
  // Three places are few, and it says so.
  expect(manifest.own!['Wires']).toMatchObject({ scenes: 3 });
  expect(manifest.own!['Wires']!.doubts.join(' ')).toContain('are few');
});
