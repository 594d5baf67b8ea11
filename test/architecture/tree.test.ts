import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ERRORS, EXIT } from '../../src/contract/errors.ts';
import { packageRoot } from '../../src/lib/package-root.ts';

const below = (folder: string): string[] =>
  readdirSync(join(packageRoot, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(packageRoot, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
const code = ['src', 'drivers', 'simulator', 'bench', 'test'].flatMap(below).filter((file) => /\.(ts|js|html|css)$/.test(file));
const read = (file: string): string => readFileSync(join(packageRoot, file), 'utf8');

describe('the tree', () => {
  test('was really looked at', () => expect(code.length).toBeGreaterThan(150));

  test('has no file over 400 lines', () => {
    expect(code.filter((file) => read(file).split('\n').length > 401)).toEqual([]);
  });

  test('has kebab-case names and no room for odds and ends', () => {
    const odd = code.filter((file) => file.split('/').some((part) => /^(utils?|helpers?|common|misc)(\.|$)/.test(part)) || !/^[a-z0-9.-]+$/.test(basename(file)));
    expect(odd).toEqual([]);
  });

  test('waits only through the clock', () => {
    // A socket's own housekeeping belongs to the wall clock, which is what createRealClock gives. The dashboard is a web page.
    const exempt = (file: string): boolean => file.startsWith('src/live/dashboard/') || /^src\/(contract|lib)\/clock\.ts$/.test(file);
    const waits = code.filter(
      (file) => /^(src|drivers|simulator)\//.test(file) && !exempt(file) && /(?<![.\w])(setTimeout|setInterval)\(|AbortSignal\.timeout|timers\/promises/.test(read(file)),
    );
    expect(waits).toEqual([]);
  });

  test('holds no download address in the lock file', () => {
    expect(read('package-lock.json')).not.toMatch(/"resolved"/);
  });

  test('keeps the shipped model small', () => {
    const weights = below('models').filter((file) => file.endsWith('.onnx'));
    expect(weights.length).toBeGreaterThan(0);
    for (const file of weights) expect(statSync(join(packageRoot, file)).size).toBeLessThan(12e6);
  });
});

describe('the error table', () => {
  test.each(Object.entries(ERRORS))('%s has a hint in a sentence and an exit code of the table', (code_, { hint, exitCode }) => {
    expect(code_).toMatch(/^EM_[A-Z_]+$/);
    expect(hint).toMatch(/^[A-Z].*[.?]$/);
    expect(Object.values(EXIT)).toContain(exitCode);
  });

  test('has no code that nothing uses', () => {
    const sources = code.filter((file) => /^(src|drivers|simulator)\//.test(file) && file !== 'src/contract/errors.ts').map(read).join('\n');
    expect(Object.keys(ERRORS).filter((name) => !sources.includes(`'${name}'`))).toEqual([]);
  });
});
