import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { gpuProviders, noGpuReason } from '../../src/classify/onnx/providers.ts';
import { probeOnnx } from '../../src/classify/onnx/probe.ts';
import { loadOnnxRuntime } from '../../src/classify/onnx/runtime.ts';
import { openOnnxSession } from '../../src/classify/onnx/session.ts';
import { sharedFile } from './shared-files.ts';
import { brightnessNetwork } from './tiny-model.ts';

const tiny = { channels: 1, heightPx: 8, widthPx: 8 };
const level = (value: number): Float32Array => new Float32Array(64).fill(value);

test('a batch of any size comes back in its order, and calls may overlap', async () => {
  const session = await openOnnxSession({ model: brightnessNetwork(), device: 'cpu' });
  expect([...session.outputNames].sort()).toEqual(['embedding', 'logits']);
  const batches = [1, 7, 8, 9, 19].map((n) => Array.from({ length: n }, (_, index) => index / 20));
  const results = await Promise.all(batches.map((batch) => session.run(batch.map(level), tiny)));
  for (const [index, batch] of batches.entries()) {
    const { embedding, logits } = results[index]!;
    expect(embedding).toHaveLength(batch.length);
    batch.forEach((value, row) => {
      expect(embedding![row]).toBeCloseTo(value, 5);
      expect(logits![row * 3 + 1]).toBeCloseTo(4 * value, 4);
    });
  }
  await session.dispose();
});

test('views of the wrong shape are an error of the model, not a crash', async () => {
  const session = await openOnnxSession({ model: brightnessNetwork(), device: 'cpu' });
  await expect(session.run([new Float32Array(27)], { channels: 3, heightPx: 3, widthPx: 3 })).rejects.toMatchObject({ code: 'EM_MODEL_FAILED' });
  expect((await session.run([level(0.5)], tiny))['embedding']![0]).toBeCloseTo(0.5, 5);
  await session.dispose();
});

test('bytes that are no model, and a file that is not there, are refused', async () => {
  await expect(openOnnxSession({ model: Buffer.from('nothing'), device: 'cpu' })).rejects.toMatchObject({ code: 'EM_MODEL' });
  await expect(openOnnxSession({ model: 'no-such.onnx', device: 'cpu' })).rejects.toMatchObject({ code: 'EM_MODEL' });
});

test('the embedding of the reference picture is the published one', async (context) => {
  const reference = JSON.parse(await readFile(sharedFile(context, 'pretrained/reference.json'), 'utf8')) as {
    embedding_first_16: number[];
    embedding_sum: number;
    embedding_norm: number;
  };
  const view = new Float32Array(3 * 224 * 224);
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < 224; y++) {
      for (let x = 0; x < 224; x++) {
        view[(c * 224 + y) * 224 + x] = 0.5 * Math.sin(0.11 * x + 0.05 * c) + 0.4 * Math.cos(0.07 * y) + 0.1 * Math.sin(0.013 * x * (y % 17));
      }
    }
  }
  const session = await openOnnxSession({ model: sharedFile(context, 'pretrained/efficientnet-lite0.onnx'), device: 'cpu' });
  const embedding = (await session.run([view], { channels: 3, heightPx: 224, widthPx: 224 }))['embedding']!;
  await session.dispose();
  reference.embedding_first_16.forEach((value, index) => expect(Math.abs(embedding[index]! - value)).toBeLessThan(0.02));
  expect(Math.abs(embedding.reduce((sum, value) => sum + value, 0) - reference.embedding_sum)).toBeLessThan(1);
  expect(Math.abs(Math.hypot(...embedding) - reference.embedding_norm)).toBeLessThan(0.1);
});

describe('without a GPU', () => {
  test('auto runs on the CPU and says why in one line; gpu is an error that says what was tried', async (context) => {
    if (noGpuReason() === undefined) {
      console.warn('SKIPPED: this machine may have a GPU');
      context.skip();
    }
    const said: string[] = [];
    const session = await openOnnxSession({ model: brightnessNetwork(), device: 'auto', log: (message) => said.push(message) });
    expect(session).toMatchObject({ device: 'cpu', provider: 'CPU' });
    expect(said).toEqual([expect.stringMatching(/^No GPU, inference runs on the CPU: .*\.$/)]);
    await session.dispose();
    await expect(openOnnxSession({ model: brightnessNetwork(), device: 'gpu' })).rejects.toMatchObject({
      code: 'EM_NO_GPU',
      message: expect.stringMatching(/^A GPU was asked for, but ONNX Runtime found none: .*no GPU.*\.$/),
    });
  });

  test('doctor learns version and providers', async () => {
    const { version, providers, gpu } = await probeOnnx();
    expect(version).toMatch(/^1\.\d+\.\d+/);
    expect(providers).toEqual(['CPU', ...gpuProviders(await loadOnnxRuntime()).map(({ name }) => name)]);
    expect('provider' in gpu ? gpu.provider : gpu.reason).toMatch(/\w/);
  });
});
