import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BACKGROUND, CATEGORIES } from '../../../src/contract/categories.ts';
import { readPicture } from '../../../src/imaging/picture-file.ts';
import { packageRoot } from '../../../src/lib/package-root.ts';

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built command line, as a user starts it. */
function emagent(...words: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(packageRoot, 'dist/src/cli/main.js'), 'dataset', ...words], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

const SMALL = ['--width', '96', '--height', '72'];

describe('emagent dataset synthesize', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'emagent-synthesize-'));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  test('writes the layout of a data set, and the same bytes for the same seed', async () => {
    const first = join(root, 'first');
    const second = join(root, 'second');
    const outcome = await emagent('synthesize', '--out', first, '--per-category', '2', '--seed', '7', ...SMALL, '--json');
    expect(outcome.stderr).toBe('');
    expect(outcome.code).toBe(0);
    const result = JSON.parse(outcome.stdout) as { counts: Record<string, number>; total: number };
    expect(result.total).toBe(22);
    expect(Object.keys(result.counts).sort()).toEqual([...CATEGORIES, BACKGROUND].sort());
    expect((await emagent('synthesize', '--out', second, '--per-category', '2', '--seed', '7', ...SMALL)).code).toBe(0);
    for (const category of [...CATEGORIES, BACKGROUND]) {
      const names = (await readdir(join(first, category))).sort();
      expect(names).toHaveLength(2);
      expect(names.every((name) => name.startsWith(`${category}-`) && name.endsWith('.png'))).toBe(true);
      expect((await readdir(join(second, category))).sort()).toEqual(names);
      for (const name of names) {
        expect((await readFile(join(first, category, name))).equals(await readFile(join(second, category, name)))).toBe(true);
      }
      const picture = await readPicture(join(first, category, names[0]!));
      expect([picture.widthPx, picture.heightPx]).toEqual([96, 72]);
    }
  });

  test('another seed shares no picture; an earlier synthesis is replaced', async () => {
    const dir = join(root, 'again');
    const make = (seed: string, count: string) => emagent('synthesize', '--out', dir, '--per-category', count, '--seed', seed, '--categories', 'Tips', ...SMALL);
    expect((await make('1', '3')).code).toBe(0);
    const before = await readdir(join(dir, 'Tips'));
    expect((await make('2', '2')).stdout).toContain('2 pictures of 96 x 72 px');
    const after = await readdir(join(dir, 'Tips'));
    expect(after).toHaveLength(2);
    expect(after.filter((name) => before.includes(name))).toEqual([]);
  });

  test('a folder with other things in it is left alone', async () => {
    const dir = join(root, 'mine');
    await mkdir(dir);
    await writeFile(join(dir, 'notes.txt'), 'precious');
    const outcome = await emagent('synthesize', '--out', dir, '--per-category', '1', ...SMALL);
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toContain(`${dir} holds notes.txt`);
    expect(await readdir(dir)).toEqual(['notes.txt']);
    const other = join(root, 'mixed');
    await mkdir(join(other, 'Tips'), { recursive: true });
    await writeFile(join(other, 'Tips', 'real.jpg'), 'precious');
    expect((await emagent('synthesize', '--out', other, '--per-category', '1', ...SMALL)).code).toBe(2);
    expect(await readFile(join(other, 'Tips', 'real.jpg'), 'utf8')).toBe('precious');
  });

  const wrong: [what: string, words: string[], sentence: RegExp][] = [
    ['an unknown category', ['--categories', 'Tips,Nanowire'], /Unknown category "Nanowire"\. Did you mean Nanowires\?/],
    ['no picture per category', ['--per-category', '0'], /--per-category: must be at least 1\./],
    ['a count that is no number', ['--per-category', 'many'], /--per-category needs a number\./],
    ['a repeated seed', ['--seed', '1', '--seed', '2'], /--seed was given 2 times: give it once\./],
    ['a picture too small', ['--width', '4'], /must be a whole number of pixels from 16 to 8192, not 4\./],
    ['an unknown option', ['--colour', 'red'], /colour/],
  ];
  test.each(wrong)('%s: one sentence, exit code 2, nothing written', async (_what, words, sentence) => {
    const dir = join(root, 'never');
    const outcome = await emagent('synthesize', '--out', dir, ...words);
    expect(outcome.stderr).toMatch(sentence);
    expect(outcome.stderr).not.toContain('    at ');
    expect(outcome.code).toBe(2);
    expect(await readdir(root)).not.toContain('never');
  });

  test('no folder named', async () => {
    const outcome = await emagent('synthesize', '--per-category', '1');
    expect(outcome.stderr).toContain('--out: give the folder to write to.');
    expect(outcome.code).toBe(2);
  });

  test('a path through a file', async () => {
    const file = join(root, 'a-file');
    await writeFile(file, '');
    const outcome = await emagent('synthesize', '--out', join(file, 'set'), '--per-category', '1', ...SMALL);
    expect(outcome.stderr).toContain('cannot be written: a part of the path is a file, not a folder.');
    expect(outcome.code).toBe(2);
  });

  test('a folder without permission', async (context) => {
    if (process.getuid?.() === 0) {
      console.warn('permission check skipped: root may write everywhere');
      context.skip();
    }
    const locked = join(root, 'locked');
    await mkdir(locked);
    await chmod(locked, 0o500);
    const outcome = await emagent('synthesize', '--out', join(locked, 'set'), '--per-category', '1', ...SMALL);
    expect(outcome.stderr).toContain('permission denied');
    expect(outcome.code).toBe(2);
  });
});
