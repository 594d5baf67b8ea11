import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listModels, loadModelFolder } from '../../src/classify/model-folder.ts';
import { brightnessManifest, brightnessNetwork, writeBrightnessModel } from './tiny-model.ts';

const refusal = (code: string, message: RegExp) => expect.objectContaining({ code, message: expect.stringMatching(message) });

test('a model folder opens from any path', async () => {
  const dir = await writeBrightnessModel();
  const { manifest, weightsPath } = await loadModelFolder(dir);
  expect(manifest.labels).toEqual(['Dark', 'Bright', 'Background']);
  expect(weightsPath).toBe(join(dir, 'brightness.onnx'));
});

test('every shipped model opens by its id', async () => {
  for (const id of await listModels()) expect((await loadModelFolder(id)).manifest.id).toBe(id);
});

describe('one sentence for', () => {
  test('a name that is no model', async () => {
    await expect(loadModelFolder('sem1O')).rejects.toEqual(refusal('EM_MODEL', /sem1O/));
    await expect(loadModelFolder('./no/such/folder')).rejects.toEqual(refusal('EM_MODEL', /^\.\/no\/such\/folder is no model folder/));
    await expect(loadModelFolder(await mkdtemp(join(tmpdir(), 'emagent-empty-')))).rejects.toEqual(refusal('EM_MODEL', /has no model\.json/));
  });

  test('a changed or half copied file, by its name', async () => {
    const dir = await writeBrightnessModel();
    await appendFile(join(dir, 'brightness.onnx'), 'x');
    await expect(loadModelFolder(dir)).rejects.toEqual(refusal('EM_MODEL_CHECKSUM', /brightness\.onnx/));
  });

  test('a missing file, by its name', async () => {
    const dir = await writeBrightnessModel();
    await rm(join(dir, 'brightness.onnx'));
    await expect(loadModelFolder(dir)).rejects.toEqual(refusal('EM_MODEL', /lacks its file brightness\.onnx/));
  });

  test('a manifest that is no JSON, or a folder', async () => {
    const dir = await writeBrightnessModel();
    await writeFile(join(dir, 'model.json'), '{ "v": 1, ');
    await expect(loadModelFolder(dir)).rejects.toEqual(refusal('EM_MODEL', /model\.json is no readable JSON/));
    const other = await mkdtemp(join(tmpdir(), 'emagent-model-'));
    await mkdir(join(other, 'model.json'));
    await expect(loadModelFolder(other)).rejects.toEqual(refusal('EM_MODEL', /model\.json/));
  });

  test('a field that is missing or of the wrong kind', async () => {
    await expect(loadModelFolder(await writeBrightnessModel({ temperature: -1 }))).rejects.toEqual(refusal('EM_MODEL', /temperature/));
    await expect(loadModelFolder(await writeBrightnessModel({ labels: undefined as never }))).rejects.toEqual(refusal('EM_MODEL', /labels/));
  });

  const manifest = brightnessManifest(brightnessNetwork());
  const curve = manifest.likelihood[0]!;
  test.each([
    ['a label twice', { labels: ['Dark', 'Dark', 'Background'] }, /twice/],
    ['views that are not symmetrical', { input: { ...manifest.input, views: { count: 4, share: 0.5 } } }, /views\.count is 4/],
    ['a curve with too few values', { likelihood: [{ ...curve, logRatio: [0, 1, 2] }] }, /2 scores and 3 log ratios/],
    ['a curve that goes back', { likelihood: [{ ...curve, score: [1, 0] }] }, /do not rise/],
    ['a curve of an unknown label', { likelihood: [{ ...curve, label: 'Cats' }] }, /Cats .* no label/],
    ['weights without a checksum', { weights: 'other.onnx' }, /no checksum of other\.onnx/],
    ['a file outside the folder', { files: { ...manifest.files, '../secret': manifest.files['brightness.onnx']! } }, /\.\.\/secret/],
  ])('%s', async (_name, changed, message) => {
    await expect(loadModelFolder(await writeBrightnessModel(changed))).rejects.toEqual(refusal('EM_MODEL', message));
  });
});
