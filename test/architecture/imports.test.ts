import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/lib/package-root.ts';
import { allImports, importsOf } from './imports.ts';
import { findCycle, MAY_IMPORT, roomOf, TRUTH_READERS, violation } from './rooms.ts';

const FOLDERS = ['src', 'drivers', 'simulator', 'bench'];
const { files, imports } = allImports(packageRoot, FOLDERS);

describe('imports', () => {
  test('were really looked at', () => {
    expect(files.length).toBeGreaterThan(120);
    expect(imports.length).toBeGreaterThan(400);
    for (const room of Object.keys(MAY_IMPORT)) expect(files.map(roomOf), room).toContain(room);
  });

  test('lead to files that exist', () => {
    const missing = imports.filter(({ kind, to }) => kind === 'file' && !existsSync(join(packageRoot, to)));
    expect(missing).toEqual([]);
  });

  test('keep to the table of rooms and the owners of packages', () => {
    expect(imports.map(violation).filter((found) => found !== undefined)).toEqual([]);
  });

  test('make no cycle', () => {
    expect(findCycle(imports)).toBeUndefined();
  });

  test("let nobody but the score know the simulator's truth", () => {
    const readers = imports
      .filter(({ from, to }) => !from.startsWith('simulator/') && !from.startsWith('bench/') && /^simulator\/(truth|simulated-microscope)\.ts$/.test(to))
      .map(({ from }) => from);
    expect(readers.filter((reader) => !TRUTH_READERS.includes(reader))).toEqual([]);
    const callers = files.filter((file) => file.startsWith('src/') && /\.truth\(/.test(readFileSync(join(packageRoot, file), 'utf8')));
    expect(callers).toEqual(['src/session/truth.ts']);
  });
});

describe('a planted import', () => {
  const planted = (file: string, statement: string): (string | undefined)[] =>
    importsOf(packageRoot, join(packageRoot, file), statement).map(violation);

  test.each([
    ['src/agent/machine.ts', `import { driver } from '../../drivers/scope/index.ts';`],
    ['src/search/grid.ts', `import { judge } from '../imaging/quality.ts';`],
    ['src/search/grid.ts', `const x = await import('../imaging/quality.ts');`],
    ['src/imaging/focus.ts', `export { z } from 'zod';`],
    ['src/contract/frame.ts', `import type { Random } from '../lib/random.ts';`],
    ['drivers/scope/index.ts', `import { truth } from '../../simulator/truth.ts';`],
    ['drivers/scope/index.ts', `import { x } from '../sharksem/codec.ts';`],
    ['simulator/driver.ts', `import { driver } from '../drivers/scope/index.ts';`],
    ['src/live/server.ts', `import { search } from '../session/search-command.ts';`],
    ['src/record/report.ts', `import sharp from 'sharp';`],
    ['src/lib/clock.ts', `import lodash from 'lodash';`],
  ])('in %s is found: %s', (file, statement) => {
    expect(planted(file, statement)).toEqual([expect.stringContaining(file)]);
  });

  test('that is allowed is left alone', () => {
    expect(planted('simulator/wire/scope-server.ts', `import { encode } from '../../drivers/scope/codec.ts';`)).toEqual([undefined]);
    expect(planted('src/agent/machine.ts', `import { assign } from 'xstate';`)).toEqual([undefined]);
  });

  test('that closes a circle is found', () => {
    const edge = (from: string, to: string) => ({ from, to, kind: 'file', typeOnly: false }) as const;
    expect(findCycle([edge('a', 'b'), edge('b', 'c'), edge('c', 'a')])).toEqual(['a', 'b', 'c', 'a']);
  });
});
