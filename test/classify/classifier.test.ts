import { describe, expect, test } from 'vitest';
import type { GreyImage } from '../../src/contract/frame.ts';
import type { ModelManifest } from '../../src/contract/model-manifest.ts';
import { softmax } from '../../src/classify/calibration.ts';
import { openClassifier, predictionOf } from '../../src/classify/classifier.ts';
import { listModels, loadModelFolder } from '../../src/classify/model-folder.ts';
import { viewsOf } from '../../src/classify/views.ts';
import { createRandom } from '../../src/lib/random.ts';
import { brightnessManifest, brightnessNetwork, writeBrightnessModel } from './tiny-model.ts';

const flat = (level: number, widthPx = 24, heightPx = 18): GreyImage => ({ widthPx, heightPx, data: new Uint8Array(widthPx * heightPx).fill(level) });

async function open(changed: Partial<ModelManifest> = {}) {
  return openClassifier({ model: await loadModelFolder(await writeBrightnessModel(changed)), engine: 'onnx', device: 'cpu' });
}

describe('a classifier', () => {
  test('says what it is, and gives calibrated probabilities, embedding and energy', async () => {
    const classifier = await open();
    expect(classifier).toMatchObject({ modelId: 'brightness', engine: 'onnx', device: 'cpu', provider: 'CPU', input: { widthPx: 8, heightPx: 8 } });
    const [bright] = await classifier.classify([flat(255)]);
    const expected = softmax([-4, 4, 0], 2);
    expect(bright!.label).toBe('Bright');
    bright!.probabilities.forEach((value, index) => expect(value).toBeCloseTo(expected[index]!, 5));
    expect([...bright!.embedding]).toEqual([expect.closeTo(1, 5)]);
    expect(bright!.energy).toBeCloseTo(-2 * Math.log(Math.exp(-2) + Math.exp(2) + 1), 4);
    expect(bright!.rejected).toBeUndefined();
    await classifier.dispose();
  });

  test('keeps the order of many pictures, and calls may overlap', async () => {
    const classifier = await open();
    const levels = Array.from({ length: 30 }, (_, index) => index * 8);
    const [all, again] = await Promise.all([classifier.classify(levels.map((level) => flat(level))), classifier.classify([flat(0)])]);
    all.forEach(({ embedding }, index) => expect(embedding[0]).toBeCloseTo((levels[index]! - 127.5) / 127.5, 4));
    expect(again[0]!.label).toBe('Dark');
    expect(await classifier.classify([])).toEqual([]);
    await classifier.dispose();
  });

  test('averages the views, as many as asked for', async () => {
    const classifier = await open();
    const random = createRandom(5);
    const image = { widthPx: 40, heightPx: 30, data: Uint8Array.from({ length: 1200 }, (_, at) => (at % 40 < 10 ? 250 : random.integer(100))) };
    const { input } = brightnessManifest(brightnessNetwork());
    for (const views of [1, 3, 5, 9]) {
      const seen = viewsOf(image, input, views).map((view) => view.reduce((sum, value) => sum + value, 0) / view.length);
      const [prediction] = await classifier.classify([image], { views });
      expect(prediction!.embedding[0]).toBeCloseTo(seen.reduce((sum, value) => sum + value, 0) / views, 4);
    }
    const [usual, five] = [(await classifier.classify([image]))[0]!, (await classifier.classify([image], { views: 5 }))[0]!];
    expect(usual.probabilities).toEqual(five.probabilities);
    await expect(classifier.classify([image], { views: 4 })).rejects.toMatchObject({ code: 'EM_USAGE' });
    await classifier.dispose();
  });

  test('rejects what fits no category, with its most probable label all the same', async () => {
    const classifier = await open({ rejectionEnergy: -3 });
    const [bright, grey] = await classifier.classify([flat(255), flat(127)]);
    expect(bright!.rejected).toBeUndefined();
    expect(grey!.rejected!.reason).toMatch(/^fits no category \(energy -2\.\d\d, the limit is -3\.00\)$/);
    expect(['Dark', 'Bright', 'Background']).toContain(grey!.label);
    await classifier.dispose();
  });

  test('stops at an abort', async () => {
    const classifier = await open();
    await expect(classifier.classify([flat(1)], { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    await classifier.dispose();
  });

  test('refuses a network without the outputs that the manifest names', async () => {
    await expect(open({ outputs: { logits: 'scores', embedding: 'embedding', embeddingLength: 1 } })).rejects.toMatchObject({
      code: 'EM_MODEL',
      message: expect.stringMatching(/no output scores/),
    });
  });

  test.each<[string, Partial<ModelManifest>, RegExp]>([
    ['takes pictures of another size', { input: { ...brightnessManifest(brightnessNetwork()).input, widthPx: 16, heightPx: 12 } }, /^The network of the model brightness does not take pictures of 16 x 12 px in 1 channels, as its model\.json says: .*\.$/],
    ['tells other categories apart', { labels: ['Dark', 'Background'] }, /^The network of the model brightness tells 3 categories apart, and its model\.json names 2\.$/],
    ['gives longer embeddings', { outputs: { logits: 'logits', embedding: 'logits', embeddingLength: 1 } }, /^The network of the model brightness gives embeddings of 3 numbers, and its model\.json says 1\.$/],
  ])('refuses a network that %s, before anything is asked of it', async (_, changed, message) => {
    await expect(open(changed)).rejects.toMatchObject({ code: 'EM_MODEL', message: expect.stringMatching(message) as string });
  });

  test('refuses outputs that are no numbers', () => {
    const manifest = brightnessManifest(brightnessNetwork());
    expect(() => predictionOf(manifest, Float32Array.of(1, Number.NaN, 0), new Float32Array(1))).toThrow(expect.objectContaining({ code: 'EM_MODEL_FAILED' }));
    expect(() => predictionOf(manifest, Float32Array.of(1, 0), new Float32Array(1))).toThrow(expect.objectContaining({ code: 'EM_MODEL_FAILED' }));
  });
});

describe('every shipped model', () => {
  test('classifies a frame of any size and depth into probabilities that sum to 1', async () => {
    const ids = await listModels();
    expect(ids).not.toEqual([]);
    for (const id of ids) {
      const classifier = await openClassifier({ model: await loadModelFolder(id), engine: 'auto', device: 'cpu' });
      const random = createRandom(9);
      const images: GreyImage[] = [
        { widthPx: 64, heightPx: 48, data: Uint8Array.from({ length: 64 * 48 }, () => random.integer(256)) },
        { widthPx: 30, heightPx: 90, data: Uint16Array.from({ length: 2700 }, () => random.integer(65536)) },
      ];
      for (const prediction of await classifier.classify(images)) {
        expect(prediction.probabilities).toHaveLength(classifier.labels.length);
        expect(prediction.probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6);
        expect(classifier.labels).toContain(prediction.label);
        expect(prediction.embedding.every(Number.isFinite)).toBe(true);
      }
      await classifier.dispose();
    }
  });
});
