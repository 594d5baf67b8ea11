import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FAMILIES, loadFamily } from '../../bench/search/families/registry.ts';
import { createWorld } from '../../bench/search/create-world.ts';
import { runCli, temporaryFolder } from '../support/cli.ts';

const OWN = `export const family = {
  id: 'corner', summary: 'all in one corner',
  field: ({ columns, finds }) => ({ targets: Array.from({ length: finds + 2 }, (_, at) => (at % 2) * columns + (at >> 1)), profile: 'piezo' }),
};`;

describe('emagent bench search', () => {
  test('prints paired comparisons and metrics, in processes of its own, and the same each time', async () => {
    const args = ['bench', 'search', '--family', 'line,edge-ring', '--n', '256', '--seeds', '3:7', '--strategy', 'adaptive,spiral', '--reference', 'mixed-index', '--json'];
    const [first, second] = [await runCli(args), await runCli(args)];
    expect(first.code, first.stderr).toBe(0);
    const { comparisons, metrics } = JSON.parse(first.stdout);
    expect(comparisons.map(({ family, n, strategy, reference, seeds }: Record<string, unknown>) => [family, n, strategy, reference, seeds])).toEqual(
      ['line', 'edge-ring'].flatMap((family) => ['serpentine', 'adaptive', 'spiral'].map((strategy) => [family, 256, strategy, 'mixed-index', 4])),
    );
    for (const { low, speedup, high } of comparisons) expect(0 < low && low <= speedup && speedup <= high).toBe(true);
    for (const { sameTrace, complete, finds } of metrics) expect([sameTrace, complete <= 1, finds <= 5]).toEqual([1, true, true]);
    expect(JSON.parse(second.stdout).comparisons).toEqual(comparisons);
    expect(first.stderr).toMatch(/8 of 8 worlds/);
  });

  test('takes a family of one\'s own from a file', async () => {
    const file = join(await temporaryFolder(), 'corner.mjs');
    await writeFile(file, OWN);
    const { code, stdout, stderr } = await runCli(['bench', 'search', '--family', file, '--n', '100', '--seeds', '0:3', '--strategy', 'oracle', '--json']);
    expect(code, stderr).toBe(0);
    const [own] = JSON.parse(stdout).comparisons;
    expect(own).toMatchObject({ family: file, strategy: 'oracle', reference: 'serpentine', seeds: 3 });
    // The targets lie where a serpentine begins, in two rows: knowing them helps little with three finds.
    expect(own.speedup).toBeGreaterThan(1);
  });

  const refused = async (...args: string[]): Promise<string> => {
    const folder = await temporaryFolder();
    const { code, stdout, stderr } = await runCli(['bench', 'search', ...args], { cwd: folder });
    expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(existsSync(join(folder, 'docs'))).toBe(false);
    const sentence = stderr.split('\n').find((line) => line.startsWith('emagent: ')) ?? '';
    expect(sentence).toMatch(/^emagent: .+[.?]$/);
    return sentence;
  };

  test.each([
    [['--family', 'unifrom'], 'Unknown family "unifrom". Did you mean uniform?'],
    [['--family', 'line', '--strategy', 'adaptve'], 'Unknown strategy "adaptve". Did you mean adaptive?'],
    [['--family', 'line', '--reference', 'mixed'], 'Did you mean mixed-index?'],
    [['--family', 'line', '--seeds', '7'], '--seeds "7" is no range'],
    [['--family', 'line', '--seeds', '9:9'], '--seeds "9:9" is no range'],
    [['--family', 'line', '--n', '50'], '--n "50" is no square number of tiles'],
    [['--family', '2b-tight-1', '--n', '100'], 'is made for 4096 tiles, not for 100'],
    [['--family', 'line', '--data', '.'], 'bench search takes no --data'],
    [['--family', 'line', '--out', 'x'], '--out is for the whole table'],
    [['--family', './nowhere.mjs'], 'The family file ./nowhere.mjs cannot be loaded'],
  ])('%j is refused in one sentence', async (args, words) => {
    expect(await refused(...args)).toContain(words);
  });

  test.each([
    ['a module without a family', 'export const familiy = 1;', 'exports no `family`'],
    ['text that is no program', 'export const family = {', 'cannot be loaded'],
    ['a target outside the field', `export const family = { id: 'x', field: () => ({ targets: [100] }) };`, 'puts a target at 100, which is none of its 100 tiles'],
    ['no targets at all', `export const family = { id: 'x', field: () => ({}) };`, 'gives no list of targets'],
    ['a generator that fails', `export const family = { id: 'x', field: () => { throw new Error('no luck'); } };`, 'no luck'],
  ])('%s is refused in one sentence', async (_, text, words) => {
    const file = join(await temporaryFolder(), 'own.mjs');
    await writeFile(file, text);
    expect(await refused('--family', file, '--n', '100', '--seeds', '0:2', '--strategy', 'serpentine')).toContain(words);
  });
});

test.each(Object.keys(FAMILIES))('%s gives the same world for the same seed, and one that can be searched', async (name) => {
  const family = await loadFamily(name);
  const edge = family.edges?.[0] ?? 32;
  const [world, again, other] = [createWorld(family, edge, 5), createWorld(family, edge, 5), createWorld(family, edge, 6)];
  expect([...again.targets]).toEqual([...world.targets]);
  expect(again.logRatio(77, 'inspect', 0)).toBe(world.logRatio(77, 'inspect', 0));
  if (name === 'no-target') return;
  expect([...other.targets]).not.toEqual([...world.targets]);
  expect(world.targets.size).toBeGreaterThanOrEqual(world.finds);
  for (const tile of world.grid.excluded) expect(world.targets.has(tile)).toBe(false);
});

test('the page in docs says which bars are reached, and its plots are there', async () => {
  const page = await readFile(new URL('../../docs/benchmarks/search.md', import.meta.url), 'utf8');
  for (const [, picture] of page.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)) expect(existsSync(new URL(`../../docs/benchmarks/${picture}`, import.meta.url)), picture).toBe(true);
  expect(page).toContain('| bar | measured | reached |');
});
