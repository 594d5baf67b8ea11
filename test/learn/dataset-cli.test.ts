import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { renderMicrograph } from '../../simulator/render/micrograph.ts';
import { SplitFile } from '../../src/contract/model-manifest.ts';
import { decodePicture, encodePng } from '../../src/imaging/picture-file.ts';
import type { DatasetInfo } from '../../src/learn/data/info.ts';
import { parseRatios, type MadeSplit } from '../../src/learn/data/make-split.ts';
import { runCli, temporaryFolder } from '../support/cli.ts';

const SIZE = { widthPx: 160, heightPx: 120 } as const;

/** Three categories of drawn pictures; one copied, one sent through a coarse JPEG, one cut short. */
async function drawn(): Promise<string> {
  const dir = await temporaryFolder();
  for (const [folder, category, count] of [['Wires', 'Nanowires', 6], ['Balls', 'Particles', 4], ['_strange', 'Tips', 2]] as const) {
    await mkdir(join(dir, folder));
    for (let index = 0; index < count; index++) await writeFile(join(dir, folder, `${index}.png`), await encodePng(renderMicrograph({ category, seed: 40 + index, ...SIZE })));
  }
  await copyFile(join(dir, 'Wires', '0.png'), join(dir, 'Balls', 'copy.png'));
  await writeFile(join(dir, 'Wires', 'again.jpg'), await sharp(join(dir, 'Wires', '1.png')).linear(0.8, 20).resize(140, 105).jpeg({ quality: 50 }).toBuffer());
  await writeFile(join(dir, 'Wires', 'cut.png'), (await readFile(join(dir, 'Wires', '2.png'))).subarray(0, 600));
  return dir;
}

const json = async <T>(args: readonly string[]): Promise<T> => {
  const { code, stdout, stderr } = await runCli(['dataset', ...args, '--json']);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as T;
};

const refused = async (args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await runCli(['dataset', ...args]);
  expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
  expect(stderr).not.toMatch(/\n\s+at /);
  return stderr;
};

describe('emagent dataset info', () => {
  test('counts, sizes, copies, near duplicates, unreadable files, imbalance', async () => {
    const dir = await drawn();
    await writeFile(join(dir, 'sources.csv'), 'file,group,laboratory\nWires/0.png,one,A\nWires/1.png,one,A\nBalls/0.png,two,B\nBalls/gone.png,two,B\n');
    const info = await json<DatasetInfo>(['info', dir]);
    expect(info).toMatchObject({ n: 13, imbalance: 8 / 5, unreadable: [{ file: 'Wires/cut.png' }], sources: { rows: 4, missing: ['Balls/gone.png'], unnamed: 12 } });
    expect(info.categories['Wires']).toMatchObject({ n: 8, share: 8 / 13, groups: 1, laboratories: 1, widthPx: [140, 160, 160] });
    expect(Object.keys(info.other)).toEqual(['_strange']);
    expect(info.sizes[0]).toMatchObject({ ...SIZE });
    expect(info.duplicates.exact).toEqual({ surplus: 1, acrossCategories: 1, sets: [['Balls/copy.png', 'Wires/0.png']] });
    expect(info.duplicates.near).toMatchObject({ method: 'perceptual hash', pictures: 2, acrossCategories: 0, sets: [['Wires/1.png', 'Wires/again.jpg']] });
    const { stdout } = await runCli(['dataset', 'info', dir]);
    expect(stdout).toMatch(/Wires +8 +61\.5 % +1 +1/);
    expect(stdout).toContain('Wires/1.png ~ Wires/again.jpg');
    expect(stdout).toContain('Wires/cut.png: ');
  });
});

describe('emagent dataset split', () => {
  test('near duplicates and listed groups stay together; the file says so and is read by info', async () => {
    const dir = await drawn();
    const groups = join(dir, 'groups.csv');
    await writeFile(groups, 'file,group\nBalls/0.png,sitting\nBalls/1.png,sitting\n');
    const out = join(dir, 'split.json');
    const made = await json<MadeSplit>(['split', dir, '--out', out, '--ratios', '50/0/50', '--groups', groups, '--seed', '3']);
    expect(made).toMatchObject({ groups: { listed: 2, clustered: 4 }, leakedShare: 0, unreadable: [{ file: 'Wires/cut.png' }] });
    const split = SplitFile.parse(JSON.parse(await readFile(out, 'utf8')));
    expect(split).toMatchObject({ v: 1, seed: 3, by: 'group', shares: { train: 0.5, validation: 0, test: 0.5 }, groupsFrom: 'a list of groups, else near duplicates (perceptual hash)' });
    const info = await json<DatasetInfo>(['info', dir, '--split', out]);
    expect(info.categories['Balls']!.parts!.train + info.categories['Balls']!.parts!.test).toBe(5);
    expect(info.categories['Wires']!.parts).toEqual(made.counts['Wires']);
    // Same seed, same file; the pictures stay where they are.
    const first = await readFile(out, 'utf8');
    await json(['split', dir, '--out', out, '--ratios', '50/0/50', '--groups', groups, '--seed', '3']);
    expect(await readFile(out, 'utf8')).toBe(first);
    expect((await readdir(join(dir, 'Balls'))).length).toBe(5);
  });

  test('by image is warned of, with how much it leaks', async () => {
    const dir = await drawn();
    await writeFile(join(dir, 'sources.csv'), `file,group\n${[0, 1, 2, 3, 4, 5].map((index) => `Wires/${index}.png,one`).join('\n')}\n`);
    const { code, stderr, stdout } = await runCli(['dataset', 'split', dir, '--by', 'image', '--ratios', '50/0/50', '--out', join(dir, 's.json'), '--json']);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('Split by image');
    expect((JSON.parse(stdout) as MadeSplit).leakedShare).toBeGreaterThan(0.2);
  });

  test('what is wrong is said in a sentence, and nothing is written', async () => {
    const dir = await drawn();
    const out = join(dir, 'split.json');
    expect(await refused(['split', dir, '--out', out, '--ratios', '70/20/20'])).toContain('add up to 110, not to 100');
    expect(await refused(['split', dir, '--out', out, '--ratios', '70/30'])).toContain('three numbers');
    expect(await refused(['split', dir])).toContain('give the file to write');
    expect(await refused(['split', join(dir, 'nowhere'), '--out', out])).toContain('does not exist');
    expect(() => parseRatios('0/50/50')).toThrow('nothing to train on');
    const list = join(dir, 'list.csv');
    expect(await refused(['split', dir, '--out', out, '--groups', list])).toContain('There is no file of groups');
    await writeFile(list, 'file,group\nWires/0.png,a\nWires/gone.png,a\n');
    expect(await refused(['split', dir, '--out', out, '--groups', list])).toContain('names 1 picture that is not there: Wires/gone.png');
    await writeFile(list, 'file,specimen\nWires/0.png,a\n');
    expect(await refused(['split', dir, '--out', out, '--groups', list])).toContain('no column `group`');
    expect(await readdir(dir)).not.toContain('split.json');
  });

  test('no pictures, no folder, a split of something else, a montage that is no PNG', async () => {
    const dir = await drawn();
    const out = join(dir, 'split.json');
    const empty = await temporaryFolder();
    for (const what of [['info', empty], ['split', empty, '--out', out], ['montage', empty, '--out', join(dir, 'm.png')]]) expect(await refused(what)).toContain('holds no pictures');
    expect(await refused(['info'])).toContain('give the folder');
    expect(await refused(['info', dir, '--split', join(dir, 'none.json')])).toContain('is not there');
    const foreign = join(dir, 'foreign.json');
    await writeFile(foreign, JSON.stringify({ v: 1, seed: 1, by: 'group', parts: { train: ['0'.repeat(64)], validation: [], test: [] } }));
    expect(await refused(['info', dir, '--split', foreign])).toContain('is of another data set');
    expect(await refused(['montage', dir, '--out', 'm.gif'])).toContain('must end in .png');
  });
});

describe('emagent dataset montage', () => {
  test('a row for each folder, broken pictures left out with a word', async () => {
    const dir = await drawn();
    const out = join(dir, 'montage.png');
    const { code, stdout, stderr } = await runCli(['dataset', 'montage', dir, '--out', out, '--per-category', '3', '--json']);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('Wires/cut.png cannot be read');
    const { shown } = JSON.parse(stdout) as { shown: Record<string, string[]> };
    expect(Object.fromEntries(Object.entries(shown).map(([folder, files]) => [folder, files.length]))).toEqual({ Balls: 3, Wires: 3, _strange: 2 });
    const picture = await decodePicture(await readFile(out), out);
    expect(picture.widthPx).toBeGreaterThan(3 * 220 * 1.5);
    expect(picture.heightPx).toBeGreaterThan(3 * 165 * 1.5);
  });
});
