import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { renderMicrograph } from '../../simulator/render/micrograph.ts';
import { ModelManifest } from '../../src/contract/model-manifest.ts';
import { encodePng } from '../../src/imaging/picture-file.ts';
import { runCli, temporaryFolder } from '../support/cli.ts';

/** Drawn pictures under names of the user's own. */
async function drawDataset(dir: string, perCategory: Readonly<Record<string, number>>, firstSeed = 1): Promise<void> {
  const drawnAs: Readonly<Record<string, string>> = { Rods: 'Nanowires', Spheres: 'Particles', Gratings: 'Patterned_surface' };
  for (const [category, count] of Object.entries(perCategory)) {
    await mkdir(join(dir, category), { recursive: true });
    for (let index = 0; index < count; index++) {
      const picture = renderMicrograph({ category: drawnAs[category]!, seed: firstSeed + index, widthPx: 256, heightPx: 192 });
      await writeFile(join(dir, category, `${index}.png`), await encodePng(picture));
    }
  }
}

interface AdaptedJson {
  labels: string[];
  pictures: Record<string, number>;
  metrics: { data: string; n: number; accuracy: number; macroF1: number; ece: number }[];
  warnings: string[];
}

interface EvaluatedJson {
  n: number;
  accuracy: number;
  macroF1: number;
  ece: number;
  labels: string[];
  perClass: Record<string, { n: number; precision: number; recall: number; f1: number }>;
  confusion: number[][];
  intervals: Record<'accuracy' | 'macroF1' | 'ece', [number, number]>;
  coverage: { share: number; accuracy: number };
  other: { n: number; rejected: number };
}

describe('emagent adapt', () => {
  test.each([10, 20])('%i pictures of each category make a model that tells new ones apart', async (count) => {
    const folder = await temporaryFolder();
    const data = join(folder, `data${count}`);
    await drawDataset(data, { Rods: count, Spheres: count });
    const out = join(folder, `mine${count}`);
    const { code, stdout, stderr } = await runCli(['adapt', '--data', data, '--out', out, '--json']);
    expect(code, stderr).toBe(0);
    const report = JSON.parse(stdout) as AdaptedJson;
    expect(report.labels).toEqual(['Rods', 'Spheres', 'Background']);
    expect(report.pictures).toEqual({ Rods: count, Spheres: count, Background: 0 });
    expect(report.metrics[0]).toMatchObject({ n: 2 * count });
    expect((await readdir(out)).sort()).toEqual(expect.arrayContaining(['CARD.md', 'background.f16', 'model.json', 'model.onnx', 'split.json']));
    expect(ModelManifest.parse(JSON.parse(await readFile(join(out, 'model.json'), 'utf8'))).likelihood.length).toBeGreaterThan(2);

    const fresh = join(folder, `fresh${count}`);
    await drawDataset(fresh, { Rods: 6, Spheres: 6 }, 1000);
    await mkdir(join(fresh, '_strange'), { recursive: true });
    const strange = renderMicrograph({ category: 'Porous_Sponge', seed: 5, widthPx: 256, heightPx: 192 });
    await writeFile(join(fresh, '_strange', '1.png'), await encodePng(strange));
    const evaluated = await runCli(['evaluate', '--model', out, '--data', fresh, '--json']);
    expect(evaluated.code, evaluated.stderr).toBe(0);
    const result = JSON.parse(evaluated.stdout) as EvaluatedJson;
    expect(result).toMatchObject({ n: 12, labels: ['Rods', 'Spheres', 'Background'], other: { n: 1 } });
    expect(result.accuracy).toBeGreaterThanOrEqual(10 / 12);
    expect(result.confusion.flat().reduce((sum, n) => sum + n, 0)).toBe(12);
    expect(Object.keys(result.perClass)).toEqual(['Rods', 'Spheres']);
    for (const name of ['accuracy', 'macroF1', 'ece'] as const) expect(result.intervals[name]).toHaveLength(2);
    expect(result.coverage.share).toBeGreaterThan(0);
  });

  test('few pictures are warned of, and the same data and seed give the same head', async () => {
    const folder = await temporaryFolder();
    const data = join(folder, 'few');
    await drawDataset(data, { Rods: 4, Spheres: 4 });
    const heads = [];
    for (const name of ['once', 'again']) {
      const out = join(folder, 'same', name);
      const { code, stdout, stderr } = await runCli(['adapt', '--data', data, '--out', out, '--json']);
      expect(code, stderr).toBe(0);
      expect((JSON.parse(stdout) as AdaptedJson).warnings.join(' ')).toContain('Rods: 4 pictures');
      heads.push((JSON.parse(await readFile(join(out, 'model.json'), 'utf8')) as ModelManifest).files['model.onnx']);
    }
    expect(heads[0]).toBe(heads[1]);
  });

  const refused = async (args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toMatch(/\n\s+at /);
    return stderr;
  };

  test('no pictures, only one category, a broken picture: one sentence, nothing written', async () => {
    const data = await temporaryFolder();
    const out = join(await temporaryFolder(), 'never');
    expect(await refused(['adapt', '--data', data, '--out', out])).toContain('holds no pictures');
    await drawDataset(data, { Rods: 3 });
    expect(await refused(['adapt', '--data', data, '--out', out])).toContain('only one category, Rods,');
    await drawDataset(data, { Spheres: 3 });
    const broken = join(data, 'Spheres', 'broken.png');
    await writeFile(broken, (await readFile(join(data, 'Rods', '0.png'))).subarray(0, 500));
    expect(await refused(['adapt', '--data', data, '--out', out])).toContain('broken.png');
    expect(await refused(['evaluate', '--data', join(data, 'nowhere')])).toContain('does not exist');
    expect(await refused(['evaluate', '--data', data])).toContain('No folder of');
    expect(existsSync(out)).toBe(false);
    await rm(broken);
  });

  test('an output folder that cannot be written, or is something else, is left alone', async () => {
    const data = await temporaryFolder();
    await drawDataset(data, { Rods: 2, Spheres: 2 });
    const file = join(data, 'file');
    await writeFile(file, 'mine');
    expect(await refused(['adapt', '--data', data, '--out', join(file, 'model')])).toContain('cannot be written');
    expect(await refused(['adapt', '--data', data, '--out', join(data, 'Rods')])).toContain('no model folder');
    expect((await readdir(join(data, 'Rods'))).sort()).toEqual(['0.png', '1.png']);
  });
});
