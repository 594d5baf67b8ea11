import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { noGpuReason } from '../../src/classify/onnx/providers.ts';
import { encodePng } from '../../src/imaging/picture-file.ts';
import { runCli, temporaryFolder } from '../support/cli.ts';
import { writeBrightnessModel } from './tiny-model.ts';

/** dark.png, light/bright.png and, if asked for, broken.png. */
async function pictures({ broken = false } = {}): Promise<string> {
  const folder = await temporaryFolder();
  const png = (level: number) => encodePng({ widthPx: 20, heightPx: 16, data: new Uint8Array(320).fill(level) });
  await mkdir(join(folder, 'light'));
  await writeFile(join(folder, 'dark.png'), await png(10));
  await writeFile(join(folder, 'light', 'bright.png'), await png(240));
  await writeFile(join(folder, 'notes.txt'), 'no picture');
  if (broken) await writeFile(join(folder, 'broken.png'), (await png(99)).subarray(0, 50));
  return folder;
}

describe('emagent classify', () => {
  test('a table of a folder and all below it', async () => {
    const { code, stdout, stderr } = await runCli(['classify', await pictures(), '--model', await writeBrightnessModel()]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^picture +category +probability +second$/);
    expect(lines[1]).toMatch(/dark\.png +Dark +0\.8\d\d +Background 0\.1/);
    expect(lines[2]).toMatch(/bright\.png +Bright +0\.8\d\d +Background 0\.1/);
  });

  test('JSON and CSV tell the same, and a broken picture does not stop the rest', async () => {
    const folder = await pictures({ broken: true });
    const model = await writeBrightnessModel();
    const json = await runCli(['classify', folder, '--model', model, '--json', '--views', '1']);
    expect(json.code).toBe(2);
    expect(json.stderr).toMatch(/^emagent: .*broken\.png is not a readable picture: .*\n$/);
    const document = JSON.parse(json.stdout);
    expect(document).toMatchObject({ model: 'brightness', engine: 'onnx', views: 1, labels: ['Dark', 'Bright', 'Background'] });
    expect(document.pictures).toMatchObject([
      { path: join(folder, 'broken.png'), error: { code: 'EM_PICTURE' } },
      { path: join(folder, 'dark.png'), label: 'Dark' },
      { path: join(folder, 'light', 'bright.png'), label: 'Bright' },
    ]);
    const csv = await runCli(['classify', folder, '--model', model, '--csv', '--views', '1']);
    expect(csv.code).toBe(2);
    const rows = csv.stdout.trimEnd().split('\n');
    expect(rows[0]).toBe('picture,label,probability,second,rejected,error,Dark,Bright,Background');
    expect(rows[2]).toContain(`dark.png,Dark,${document.pictures[1].probability.toFixed(6)},Background,,,`);
  });

  test('bad input is one sentence and exit code 2', async () => {
    const folder = await pictures();
    const model = await writeBrightnessModel();
    const spoilt = await writeBrightnessModel();
    await appendFile(join(spoilt, 'brightness.onnx'), 'x');
    const cases: [string[], RegExp][] = [
      [[join(folder, 'nothing-here')], /There is no file or folder .*nothing-here\./],
      [[await temporaryFolder()], /holds no pictures/],
      [[folder, '--model', spoilt], /brightness\.onnx does not have the checksum/],
      [[folder, '--model', join(folder, 'light')], /is no model folder/],
      [[folder, '--model', model, '--views', '4'], /--views: there can be 1, 3, 5, 7, 9 or 14 views\./],
      [[folder, '--model', model, '--views', 'many'], /--views needs a number\./],
      [[folder, '--model', model, '--csv', '--json'], /one of --csv and --json/],
      [[folder, '--model', model, '--engine', 'torch'], /--engine/],
    ];
    for (const [args, message] of cases) {
      const { code, stdout, stderr } = await runCli(['classify', ...args]);
      expect(stderr, args.join(' ')).toMatch(message);
      expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
      expect(code).toBe(2);
      expect(stdout).toBe('');
    }
  });
});

describe('emagent doctor', () => {
  test('tells what there is as text and as JSON, and times the model', async () => {
    const model = await writeBrightnessModel();
    const text = await runCli(['doctor', '--model', model]);
    expect(text.code).toBe(0);
    for (const name of ['emagent', 'Node.js', 'machine', 'ONNX Runtime', 'TensorFlow', 'GPU', 'model', 'one inference', 'chosen', 'serial port']) {
      expect(text.stdout).toMatch(new RegExp(`^(ok|warn|fail) +${name}`, 'm'));
    }
    const { code, stdout } = await runCli(['doctor', '--model', model, '--device', 'cpu', '--json']);
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ node: process.versions.node, model: { id: 'brightness' }, chosen: { engine: 'onnx', device: 'cpu' } });
    expect(report.timings[0]).toMatchObject({ engine: 'onnx', device: 'cpu', provider: 'CPU' });
    expect(report.timings[0].medianMs).toBeGreaterThan(0);
  });

  test('a model that is not there is no reason to fail', async () => {
    const { code, stdout } = await runCli(['doctor', '--model', './no-such-model']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^fail +model +\.\/no-such-model is no model folder/m);
  });

  test('--device gpu without a GPU is an error that says what to do', async (context) => {
    if (noGpuReason() === undefined) {
      console.warn('SKIPPED: this machine may have a GPU');
      context.skip();
    }
    for (const args of [['doctor'], ['classify', await pictures(), '--model', await writeBrightnessModel()]]) {
      const { code, stderr } = await runCli([...args, '--device', 'gpu']);
      expect(code).toBe(2);
      expect(stderr).toMatch(/emagent: A GPU was asked for, but .*no GPU.*\n.*--device cpu/);
    }
  });

  test('--engine tensorflow without its library says what to install', async (context) => {
    const { code, stderr } = await runCli(['classify', await pictures(), '--model', await writeBrightnessModel(), '--engine', 'tensorflow']);
    if (code === 0) {
      console.warn('SKIPPED: TensorFlow is installed here');
      context.skip();
    }
    expect(code).toBe(2);
    expect(stderr).toMatch(/The TensorFlow engine is not there .*npm install @tensorflow\/tfjs-node/);
  });
});
