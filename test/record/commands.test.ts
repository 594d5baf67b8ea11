import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/lib/package-root.ts';
import { openRunFolder } from '../../src/record/run-folder.ts';
import { temporaryFolder, writeSampleFolder } from './sample-folder.ts';

function emagent(...words: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(packageRoot, 'dist/src/cli/main.js'), ...words], { encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

describe('emagent report and export', () => {
  let dir: string;
  let ids: string[];
  beforeAll(async () => {
    ({ dir } = await writeSampleFolder());
    ids = (await openRunFolder(dir)).run.result?.finds.map(({ id }) => id) ?? [];
    expect(ids.length).toBeGreaterThan(1);
  });

  test('report writes the page and prints where', () => {
    const { code, out, err } = emagent('report', dir);
    expect({ code, out, err }).toEqual({ code: 0, out: `${join(dir, 'report.html')}\n`, err: '' });
    expect(readFileSync(join(dir, 'report.html'), 'utf8')).toContain(ids[0]);
    expect(JSON.parse(emagent('report', dir, '--json').out)).toEqual({ report: join(dir, 'report.html') });
  });

  test('export prints every format', () => {
    const csv = emagent('export', dir, '--format', 'csv');
    expect(csv.code).toBe(0);
    const [head, ...rows] = csv.out.trim().split(/\r?\n/);
    expect(head).toContain('x_um');
    expect(rows.map((row) => row.split(',')[0])).toEqual(ids);
    const map = JSON.parse(emagent('export', dir, '--format', 'geojson').out);
    expect(map.features.map(({ id }: { id: string }) => id)).toEqual(ids);
    expect(map.features[0].properties.units).toContain('micrometres');
    const useq = JSON.parse(emagent('export', dir, '--format', 'useq').out);
    expect(useq.stage_positions.map(({ name }: { name: string }) => name)).toEqual(ids);
    const navigator = emagent('export', dir, '--format', 'serialem-nav').out;
    expect(navigator.match(/^\[Item = \d+\]$/gm)).toHaveLength(ids.length);
    expect(navigator.startsWith('AdocVersion = 2.00\n')).toBe(true);
  });

  test('export writes a new file and never over another one', () => {
    const path = join(temporaryFolder(), 'finds.csv');
    expect(emagent('export', dir, '--format', 'csv', '--out', path)).toEqual({ code: 0, out: `${path}\n`, err: '' });
    expect(readFileSync(path, 'utf8').trimEnd()).toBe(emagent('export', dir, '--format', 'csv').out.trimEnd());
    const again = emagent('export', dir, '--format', 'geojson', '--out', path);
    expect(again.code).toBe(2);
    expect(again.err).toContain(`--out: ${path} cannot be written: it exists already.`);
    expect(readFileSync(path, 'utf8')).toContain('x_um');
  });

  test.each([
    ['a folder that is not there', ['report', '/no/such/run'], 'is no run folder: there is no run.json in it.'],
    ['a folder that is no run', ['export', packageRoot, '--format', 'csv'], 'is no run folder'],
    ['an unknown format', ['export', '.', '--format', 'xlsx'], 'xlsx'],
    ['no format', ['export', '.'], 'format'],
    ['a format given twice', ['export', '.', '--format', 'csv', '--format', 'useq'], 'format'],
    ['no run', ['report'], 'Not enough'],
    ['an unknown option', ['report', '.', '--frobnicate'], 'frobnicate'],
  ])('%s is one sentence and exit code 2', (_, words, part) => {
    const { code, out, err } = emagent(...words);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain(part);
    expect(err).not.toMatch(/\n\s+at /);
    expect(err.trim().split('\n').length).toBeLessThanOrEqual(2);
  });

  test('a broken run.json leaves no report behind', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'run.json'), '{ "v": 1');
    expect(emagent('report', folder)).toMatchObject({ code: 2, err: expect.stringContaining('is not readable: it is no JSON.') });
    expect(existsSync(join(folder, 'report.html'))).toBe(false);
  });
});
