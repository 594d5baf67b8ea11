import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { renderMicrograph } from '../../simulator/render/micrograph.ts';
import type { ModelManifest } from '../../src/contract/model-manifest.ts';
import { encodePng } from '../../src/imaging/picture-file.ts';
import { runCli, temporaryFolder } from '../support/cli.ts';

type Drawn = Parameters<typeof renderMicrograph>[0]['category'];

async function draw(dir: string, category: Drawn, seeds: readonly number[]): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const seed of seeds) await writeFile(join(dir, `${category}-${seed}.png`), await encodePng(renderMicrograph({ category, seed, widthPx: 256, heightPx: 192 })));
}

const seeds = (first: number, count: number): number[] => Array.from({ length: count }, (_, at) => first + at);

/** Eight pictures of a category under a name that no model knows, and twelve of other things of the same (drawn) instrument. */
async function drawExamples(folder: string): Promise<{ mine: string; others: string }> {
  const [mine, others] = [join(folder, 'mine'), join(folder, 'others')];
  await draw(mine, 'Nanowires', seeds(1, 8));
  for (const category of ['Particles', 'Porous_Sponge', 'Background'] as const) await draw(others, category, seeds(1, 4));
  return { mine, others };
}

interface AdaptedJson {
  readonly labels: readonly string[];
  readonly own: NonNullable<ModelManifest['own']>;
}

async function succeed<T>(args: readonly string[], cwd: string): Promise<T> {
  const { code, stdout, stderr } = await runCli([...args, '--json'], { cwd });
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as T;
}

test('a category of one\'s own: learned and measured', { timeout: 300_000 }, async () => {
  const folder = await temporaryFolder();
  await drawExamples(folder);
  const adapted = await succeed<AdaptedJson>(['adapt', '--images', 'mine', '--against', 'others', '--name', 'Tetrapods', '--out', 'tetrapods'], folder);
  expect(adapted.labels).toEqual(['Tetrapods', 'Other']);
  expect(adapted.own['Tetrapods']).toMatchObject({ pictures: 8, against: 12, falseFindRate: 0.01 });
  expect(adapted.own['Tetrapods']!.doubts.join(' ')).toContain('are few');
  expect((await readdir(join(folder, 'tetrapods'))).sort()).toEqual(['CARD.md', 'NOTICE', 'background.f16', 'examples.f16', 'examples.json', 'model.json', 'model.onnx', 'other.f16', 'split.json']);

  const stage = join(folder, 'stage');
  await draw(join(stage, 'Tetrapods'), 'Nanowires', seeds(100, 6));
  await draw(join(stage, 'Spheres'), 'Particles', seeds(100, 6));
  await draw(join(stage, 'Background'), 'Background', seeds(100, 3));
  const evaluated = await succeed<{ auroc: number; recallAt: Record<string, number>; atThreshold: { recall: number; falseFindRate: number } }>(
    ['evaluate', '--model', './tetrapods', '--data', 'stage'],
    folder,
  );
  expect(evaluated.auroc).toBeGreaterThan(0.95);
  expect(Object.keys(evaluated.recallAt)).toEqual(['0.01', '0.03']);
  expect(evaluated.atThreshold.falseFindRate).toBeLessThanOrEqual(1 / 9);
});

test('a search for what a picture shows', { timeout: 200_000 }, async () => {
  const folder = await temporaryFolder();
  await draw(folder, 'Nanowires', [1]);
  const like = ['search', '--no-live', '--like', 'Nanowires-1.png', '--fields', '3', '--runs', 'runs', '--json'];
  const first = await runCli(like, { cwd: folder });
  expect([0, 3], first.stderr).toContain(first.code);
  expect(JSON.parse(first.stdout)).toMatchObject({ target: 'Like' });
  expect(first.stderr).toContain('one example is a guess');
  const models = await readdir(join(folder, 'runs', 'models'));
  expect(models).toHaveLength(1);
  const own = (JSON.parse(await readFile(join(folder, 'runs', 'models', models[0]!, 'model.json'), 'utf8')) as ModelManifest).own!;
  expect(own['Like']).toMatchObject({ scenes: 1 });
  expect(own['Like']!.expected).toBeUndefined();
});

test('what cannot be learned from is refused in one sentence, and nothing is written', { timeout: 200_000 }, async () => {
  const folder = await temporaryFolder();
  await drawExamples(folder);
  const refused = async (args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await runCli(args, { cwd: folder });
    expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toMatch(/\n\s+at /);
    return stderr;
  };
  const adapt = (...args: string[]): Promise<string> => refused(['adapt', '--out', 'out', ...args]);
  expect(await adapt('--images', 'mine')).toContain('Give the category a name with --name');
  expect(await adapt('--images', 'nowhere', '--name', 'A')).toContain('nowhere does not exist');
  expect(await adapt('--images', 'mine', '--name', 'Other')).toContain('choose another name');
  expect(await adapt('--images', 'mine', '--name', 'a/b')).toContain('cannot be the name of a category');
  expect(await adapt('--images', 'mine', '--against', 'mine', '--name', 'A')).toContain('another folder than --images');
  expect(await adapt('--images', 'mine', '--data', 'others', '--name', 'A')).toContain('give one of them');
  expect(await adapt('--name', 'A')).toContain('--images');
  await mkdir(join(folder, 'empty'));
  expect(await adapt('--images', 'empty', '--name', 'A')).toContain('holds no pictures');
  await draw(join(folder, 'few'), 'Tips', [1, 2]);
  expect(await adapt('--images', 'few', '--name', 'A')).toContain('holds only 2 pictures of A');
  expect(await adapt('--images', 'mine', '--against', 'few', '--name', 'A')).toContain('holds only 2 pictures of other things');
  await mkdir(join(folder, 'both'));
  for (const name of await readdir(join(folder, 'mine'))) await cp(join(folder, 'mine', name), join(folder, 'both', name));
  expect(await adapt('--images', 'mine', '--against', 'both', '--name', 'A')).toContain('is the same picture as');
  const [picture] = await readdir(join(folder, 'mine'));
  for (const copy of seeds(1, 6)) await cp(join(folder, 'mine', picture!), join(folder, 'same', `${copy}.png`));
  expect(await adapt('--images', 'same', '--name', 'A')).toContain('only 1 different place');
  await writeFile(join(folder, 'few', 'broken.png'), (await readFile(join(folder, 'mine', picture!))).subarray(0, 400));
  await draw(join(folder, 'few'), 'Tips', [3, 4, 5]);
  expect(await adapt('--images', 'few', '--name', 'A')).toContain('broken.png');
  expect(await refused(['search', '--no-live', '--like', join('few', 'broken.png'), '--runs', 'runs'])).toContain('broken.png');
  expect(existsSync(join(folder, 'out'))).toBe(false);
  expect(await refused(['adapt', '--out', 'mine', '--images', 'mine', '--name', 'A'])).toContain('mine exists and is no model folder');
  expect(await adapt('--from-run', 'mine')).toContain('mine');
});
