import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { renderMicrograph } from '../../../simulator/render/micrograph.ts';
import { loadModelFolder } from '../../../src/classify/model-folder.ts';
import { openOnnxSession } from '../../../src/classify/onnx/session.ts';
import { encodePng } from '../../../src/imaging/picture-file.ts';
import { packageRoot } from '../../../src/lib/package-root.ts';
import { runCli, startCli, startNode, temporaryFolder, type ProcessEnd } from '../../support/cli.ts';
import { sharedFile } from '../../classify/shared-files.ts';
import { nativeEngine } from './engine.ts';

const DRAWN = { Rods: 'Nanowires', Spheres: 'Particles', Background: 'Background' } as const;

async function drawDataset(dir: string, perCategory: Readonly<Partial<Record<keyof typeof DRAWN, number>>>): Promise<void> {
  for (const [category, count] of Object.entries(perCategory)) {
    await mkdir(join(dir, category), { recursive: true });
    for (let index = 0; index < count; index++) {
      const picture = renderMicrograph({ category: DRAWN[category as keyof typeof DRAWN], seed: 300 + index, widthPx: 128, heightPx: 96 });
      await writeFile(join(dir, category, `${index}.png`), await encodePng(picture));
    }
  }
}

const QUIET = ['--batch', '8', '--augment', 'light', '--log-level', 'error'] as const;
const SMALL = ['--architecture', 'simple-cnn', '--size', '32', ...QUIET] as const;

/** Without stack traces, with the code of wrong usage, and one sentence that names what is wrong. */
function refusal({ code, stdout, stderr }: ProcessEnd): string {
  expect(code, stderr).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).not.toMatch(/\n\s+at /);
  return stderr;
}

describe('emagent train, refused before the engine is asked', () => {
  test('options that contradict each other', async () => {
    const folder = await temporaryFolder();
    const refused = async (...args: string[]): Promise<string> => refusal(await runCli(['train', '--data', folder, '--out', join(folder, 'never'), ...args]));
    expect(await refused('--architecture', 'resnet')).toContain('--architecture');
    expect(await refused('--epochs', '2', '--head-epochs', '3')).toContain('--head-epochs 3 is more than --epochs 2.');
    expect(await refused('--architecture', 'simple-cnn', '--size', '8')).toContain('--size 8 is too small for simple-cnn: 16 is the least.');
    expect(await refused('--size', '100')).toContain('it must be a multiple of 32');
    expect(await refused('--weights', 'none', '--from', 'block15')).toContain('every layer must be trained');
    expect(await refused('--ratios', '70')).toContain('70/20/10');
    expect(await refused('--ratios', '70/0/30')).toContain('leaves nothing to validate with');
    const head = (...args: string[]): Promise<string> => refused('--head', 'logistic', ...args);
    expect(await head('--architecture', 'simple-cnn')).toContain('simple-cnn without weights knows nothing yet');
    expect(await head('--from', 'block15')).toContain('it does not go with --from block15');
    expect(await head('--split', 'mine.json')).toContain('it does not read the split file mine.json');
    expect(await head('--views', '2')).toContain('cannot be looked at in 2 views');
    expect(await head('--gated')).toContain('say with --synthetic how many');
    expect(await head('--gated', '--synthetic', '2')).toContain('say --views 1 in place of 5');
    expect(await refused('--gated')).toContain('--gated needs --head logistic');
    expect(await refused('--views', '1')).toContain('--views needs --head logistic');
    expect(await refused('--resume')).toContain('There is nothing to resume');
    expect(existsSync(join(folder, 'never'))).toBe(false);
  });

  test('a folder that is something else is left alone', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'mine'));
    expect(refusal(await runCli(['train', '--data', folder, '--out', join(folder, 'mine')]))).toContain('is no model folder: it is left alone');
  });

  test('without the engine one sentence says how to get it', async () => {
    const folder = await temporaryFolder();
    const hide = "export const resolve = (name, context, next) => { if (name.startsWith('@tensorflow/tfjs-node')) throw new Error('Cannot find package ' + name); return next(name, context); };";
    const hook = `import { register, createRequire } from 'node:module'; import M from 'node:module'; const r = M._resolveFilename; M._resolveFilename = function (name, ...rest) { if (name.startsWith('@tensorflow/tfjs-node')) throw new Error('Cannot find module ' + name); return r.call(this, name, ...rest); }; register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hide)}));`;
    const cli = join(packageRoot, 'dist/src/cli/main.js');
    const { ended } = startNode(['--import', `data:text/javascript,${encodeURIComponent(hook)}`, cli, 'train', '--data', folder, '--out', join(folder, 'never')], { env: { EMAGENT_HOME: folder } });
    expect(refusal(await ended)).toMatch(/^emagent: The TensorFlow engine is not there .*run `npx emagent setup tensorflow`/);
    expect(existsSync(join(folder, 'never'))).toBe(false);
  });
});

describe('emagent train on the native engine', () => {
  test('bad data and weights: one sentence each, nothing written', { timeout: 180_000 }, async (context) => {
    await nativeEngine(context);
    const folder = await temporaryFolder();
    const data = join(folder, 'data');
    const out = join(folder, 'never');
    const refused = async (...args: string[]): Promise<string> => refusal(await runCli(['train', '--data', data, '--out', out, ...(args.length === 0 ? SMALL : [...QUIET, ...args])]));
    await drawDataset(data, { Rods: 6 });
    expect(await refused()).toContain('holds only one category, Rods');
    await drawDataset(data, { Spheres: 6 });
    await mkdir(join(data, 'Tips'));
    expect(await refused()).toMatch(/Tips holds no pictures: fill or remove the folder/);
    await rm(join(data, 'Tips'), { recursive: true });
    const broken = join(data, 'Rods', 'broken.png');
    await writeFile(broken, (await readFile(join(data, 'Rods', '0.png'))).subarray(0, 700));
    expect(await refused()).toContain('broken.png is not a readable picture');
    await rm(broken);
    const wrong = join(folder, 'wrong.h5');
    await writeFile(wrong, 'no HDF5');
    expect(await refused('--architecture', 'xception', '--size', '71', '--weights', wrong)).toMatch(/^emagent: .*wrong.h5 is no HDF5 file/);
    expect(await refused('--architecture', 'efficientnet-lite0', '--weights', wrong)).toContain('wrong.h5 is no safetensors file');
    expect(existsSync(out)).toBe(false);
  });

  test('a model, stopped and gone on with, is the one that was never stopped; both files of it say the same', { timeout: 300_000 }, async (context) => {
    const tf = await nativeEngine(context);
    const folder = await temporaryFolder();
    const data = join(folder, 'data');
    await drawDataset(data, { Rods: 16, Spheres: 16 });
    const trainTo = (out: string, ...more: string[]): Promise<ProcessEnd> => runCli(['train', '--data', data, '--out', join(folder, out), ...SMALL, '--epochs', '4', '--json', ...more]);
    const whole = await trainTo('whole');
    expect(whole.code, whole.stderr).toBe(0);
    const report = JSON.parse(whole.stdout) as { history: { loss: number; validationLoss: number; imagesPerSecond: number }[]; labels: string[]; bestEpoch: number };
    expect(report.labels).toEqual(['Rods', 'Spheres']);
    expect(report.history).toHaveLength(4);
    expect(report.history[3]!.loss).toBeLessThan(report.history[0]!.loss);

    // The first Ctrl-C after an epoch ends it with the best so far; the checkpoint stays.
    const stopping = startCli(['train', '--data', data, '--out', join(folder, 'halves'), ...SMALL, '--epochs', '4', '--json']);
    await stopping.until(/epoch {3}1 /);
    stopping.process.kill('SIGINT');
    const stopped = await stopping.ended;
    expect(stopped.code, stopped.stderr).toBe(130);
    expect(existsSync(join(folder, 'halves', 'model.onnx'))).toBe(true);
    const resumed = await trainTo('halves', '--resume');
    expect(resumed.code, resumed.stderr).toBe(0);
    const again = JSON.parse(resumed.stdout) as typeof report;
    again.history.forEach(({ loss, validationLoss }, index) => {
      expect(loss).toBeCloseTo(report.history[index]!.loss, 4);
      expect(validationLoss).toBeCloseTo(report.history[index]!.validationLoss, 4);
    });
    // A checkpoint of other settings is not mixed in.
    expect(refusal(await trainTo('halves', '--resume', '--seed', '5'))).toContain('belongs to a training with other settings');

    const { manifest, dir, weightsPath } = await loadModelFolder(join(folder, 'whole'));
    expect((await readdir(dir)).sort()).toEqual(['CARD.md', 'curves.svg', 'history.csv', 'layers-model.json', 'layers-weights.bin', 'model.json', 'model.onnx', 'split.json', 'training.yaml']);
    const session = await openOnnxSession({ model: weightsPath, device: 'cpu' });
    const view = Float32Array.from({ length: 32 * 32 }, (_, index) => Math.sin(index / 7));
    const found = await session.run([view], manifest.input);
    await session.dispose();
    const model = await tf.loadLayersModel(pathToFileURL(join(dir, 'layers-model.json')).href);
    const before = tf.memory().numTensors;
    const expected = tf.tidy(() => (model.predict(tf.tensor(view, [1, 32, 32, 1])) as ReturnType<typeof tf.tensor>[]).map((output) => output.dataSync()));
    expect(tf.memory().numTensors).toBe(before);
    for (const [index, name] of ['logits', 'embedding'].entries()) {
      found[name]!.forEach((value, at) => expect(Math.abs(value - expected[index]![at]!)).toBeLessThan(1e-3));
    }
    const classified = await runCli(['classify', join(data, 'Rods', '0.png'), '--model', dir, '--json']);
    expect(classified.code, classified.stderr).toBe(0);
    const replayed = await runCli(['train', '--config', join(dir, 'training.yaml'), '--out', join(folder, 'replayed'), '--epochs', '1', '--json', '--log-level', 'error']);
    expect(replayed.code, replayed.stderr).toBe(0);
    expect((JSON.parse(replayed.stdout) as typeof report).history[0]!.loss).toBeGreaterThan(0);
  });

  test('a head alone, to its optimum: small, both files say the same, and training.yaml makes it again, without the LayersModel where that is not wanted', { timeout: 240_000 }, async (context) => {
    const tf = await nativeEngine(context);
    const weights = sharedFile(context, 'pretrained/efficientnet-lite0.safetensors');
    const folder = await temporaryFolder();
    const data = join(folder, 'data');
    await drawDataset(data, { Rods: 6, Spheres: 6, Background: 4 });
    const trainTo = (out: string, ...args: string[]): Promise<ProcessEnd> => runCli(['train', '--out', join(folder, out), ...args, '--json', '--log-level', 'error']);
    const first = await trainTo('head', '--data', data, '--weights', weights, '--head', 'logistic', '--size', '64', '--ratios', '70/0/30');
    expect(first.code, first.stderr).toBe(0);
    const { manifest, dir, weightsPath } = await loadModelFolder(join(folder, 'head'));
    expect(manifest.labels).toEqual(['Rods', 'Spheres', 'Background']);
    expect((await readdir(dir)).sort()).toEqual(['CARD.md', 'NOTICE', 'background.f16', 'layers-model.json', 'layers-weights.bin', 'model.json', 'model.onnx', 'split.json', 'training.yaml']);
    expect((await stat(weightsPath)).size).toBeLessThan(7.5e6);
    expect((await stat(join(dir, 'layers-weights.bin'))).size).toBeLessThan(7.5e6);
    const session = await openOnnxSession({ model: weightsPath, device: 'cpu' });
    const view = Float32Array.from({ length: 3 * 64 * 64 }, (_, index) => Math.sin(index / 7));
    const found = await session.run([view], manifest.input);
    await session.dispose();
    const model = await tf.loadLayersModel(pathToFileURL(join(dir, 'layers-model.json')).href);
    const expected = tf.tidy(() => (model.predict(tf.transpose(tf.tensor(view, [1, 3, 64, 64]), [0, 2, 3, 1])) as ReturnType<typeof tf.tensor>[]).map((output) => output.dataSync()));
    for (const [index, name] of ['logits', 'embedding'].entries()) {
      found[name]!.forEach((value, at) => expect(Math.abs(value - expected[index]![at]!)).toBeLessThan(1e-3));
    }
    const again = await trainTo('again', '--config', join(dir, 'training.yaml'), '--no-layers-model');
    expect(again.code, again.stderr).toBe(0);
    const replayed = await loadModelFolder(join(folder, 'again'));
    const { 'layers-model.json': topology, 'layers-weights.bin': weightsOfLayers, ...others } = manifest.files;
    expect([topology, weightsOfLayers]).not.toContain(undefined);
    expect(replayed.manifest.files).toEqual(others);
    expect(replayed.manifest.metrics).toEqual(manifest.metrics);
  });
});
