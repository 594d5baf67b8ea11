import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { renderMicrograph } from '../../simulator/render/micrograph.ts';
import { decodePicture, encodePng } from '../../src/imaging/picture-file.ts';
import { parseCsv } from '../../src/lib/csv.ts';
import { readDataset } from '../../src/learn/dataset.ts';
import { runCli, temporaryFolder } from '../support/cli.ts';

async function draw(dir: string, counts: Readonly<Record<string, number>>, as: Readonly<Record<string, string>> = {}): Promise<void> {
  for (const [folder, count] of Object.entries(counts)) {
    await mkdir(join(dir, folder), { recursive: true });
    for (let index = 0; index < count; index++) {
      const picture = renderMicrograph({ category: as[folder] ?? folder, seed: 500 + index, widthPx: 160, heightPx: 120 });
      await writeFile(join(dir, folder, `${index}.png`), await encodePng(picture));
    }
  }
}

const refused = async (args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await runCli(['evaluate', ...args]);
  expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
  expect(stderr).not.toMatch(/\n\s+at /);
  return stderr;
};

describe('emagent evaluate', () => {
  test('figures as JSON, and tables and plots in a folder', async () => {
    const data = await temporaryFolder();
    await draw(data, { Nanowires: 3, Particles: 3, Background: 2, _strange: 1 }, { _strange: 'Tips' });
    const items = await readDataset(data);
    const parts = { train: items.items.slice(0, 2).map(({ sha256 }) => sha256), validation: [], test: [...items.items.slice(2), ...items.other].map(({ sha256 }) => sha256) };
    const split = join(data, 'split.json');
    await writeFile(split, JSON.stringify({ v: 1, seed: 1, by: 'image', parts }));
    const out = join(data, 'figures');
    const { code, stdout, stderr } = await runCli(['evaluate', '--data', data, '--split', split, '--part', 'test', '--out', out, '--json', '--views', '1']);
    expect(code, stderr).toBe(0);
    const result = JSON.parse(stdout) as Record<string, unknown> & { confusion: number[][]; labels: string[]; likelihood: { band: string }[]; perClass: Record<string, { n: number }> };
    expect(result).toMatchObject({ model: 'sem11', part: 'test', n: 6, other: { n: 1, folders: ['_strange'] }, artefacts: { n: 0, drawn: false } });
    for (const name of ['accuracy', 'macroF1', 'ece', 'classwiseEce', 'aurc', 'nll', 'brier']) expect(result[name], name).toEqual(expect.any(Number));
    expect(Object.keys(result['intervals'] as object)).toEqual(['accuracy', 'macroF1', 'ece', 'classwiseEce', 'aurc']);
    expect(new Set(result.likelihood.map(({ band }) => band))).toEqual(new Set(['survey', 'inspect', 'confirm']));
    expect((await readdir(out)).sort()).toEqual([
      'confused.csv', 'confusion.csv', 'confusion.png', 'confusion.svg', 'coverage.png', 'coverage.svg', 'evaluation.json', 'likelihood.csv', 'per-class.csv', 'predictions.csv', 'reliability.png', 'reliability.svg',
    ]);
    const confusion = parseCsv(await readFile(join(out, 'confusion.csv'), 'utf8'));
    expect(confusion.map((row) => row['true'])).toEqual(Object.keys(result.perClass));
    for (const row of confusion) expect(result.labels.map((label) => Number(row[label])), row['true']!).toEqual(result.confusion[result.labels.indexOf(row['true']!)]);
    expect(parseCsv(await readFile(join(out, 'predictions.csv'), 'utf8'))).toHaveLength(7);
    expect(JSON.parse(await readFile(join(out, 'evaluation.json'), 'utf8'))).toEqual(JSON.parse(stdout));
    const plot = await decodePicture(await readFile(join(out, 'confusion.png')), 'confusion.png');
    expect(plot.widthPx).toBeGreaterThan(600);
    expect(await readFile(join(out, 'confusion.svg'), 'utf8')).toContain('Nanowires (');
  });

  test('bad input is refused in a sentence, and nothing is written', async () => {
    const data = await temporaryFolder();
    await draw(data, { Nanowires: 2 });
    const never = join(data, 'never');
    expect(await refused(['--data', data])).toContain('holds only pictures of Nanowires');
    await draw(data, { Particles: 1 });
    expect(await refused(['--data', data, '--part', 'test'])).toContain('--split');
    expect(await refused(['--data', data, '--split', join(data, 'none.json')])).toContain('is not there');
    const foreign = join(data, 'foreign.json');
    await writeFile(foreign, JSON.stringify({ v: 1, seed: 1, by: 'group', parts: { train: [], validation: [], test: ['0'.repeat(64)] } }));
    expect(await refused(['--data', data, '--split', foreign])).toContain('is of another data set');
    await writeFile(foreign, '{"v": 1}');
    expect(await refused(['--data', data, '--split', foreign])).toContain('is no split file');
    expect(await refused(['--data', data, '--out', join(foreign, 'figures')])).toContain('cannot be written');
    await writeFile(join(data, 'Particles', 'cut.png'), (await readFile(join(data, 'Particles', '0.png'))).subarray(0, 300));
    expect(await refused(['--data', data, '--out', never])).toContain('cut.png');
    expect(await readdir(never).catch(() => [])).toEqual([]);
  });
});
