import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { openOnnxSession } from '../../../src/classify/onnx/session.ts';
import { efficientnetLite0 } from '../../../src/learn/train/architectures/efficientnet-lite0.ts';
import { simpleCnn } from '../../../src/learn/train/architectures/simple-cnn.ts';
import { xception } from '../../../src/learn/train/architectures/xception.ts';
import { gateOf, openness } from '../../../src/learn/gate.ts';
import { headLogits } from '../../../src/learn/head.ts';
import type { LinearHead } from '../../../src/learn/logistic.ts';
import { matrixOf } from '../../../src/learn/matrix.ts';
import { settleInHalf } from '../../../src/learn/train/half-weights.ts';
import { headLayers } from '../../../src/learn/train/head-layers.ts';
import { LAYERS_WEIGHTS_FILE, layersModelFiles } from '../../../src/learn/train/layers-model.ts';
import { modelOf, wholeModel, type Network, type Tf } from '../../../src/learn/train/network.ts';
import { exportOnnx } from '../../../src/learn/train/onnx-export.ts';
import { loadEfficientnet, readSafetensors } from '../../../src/learn/train/safetensors.ts';
import { createRandom } from '../../../src/lib/random.ts';
import { sharedFile } from '../../classify/shared-files.ts';
import { nativeEngine } from './engine.ts';

/** Means and variances as a trained network has them: fresh ones would hide a wrong fold. */
function unsettle(tf: Tf, network: Network): void {
  const random = createRandom(5);
  for (const layer of network.stages.flatMap(({ layers }) => layers)) {
    if (layer.getClassName() !== 'BatchNormalization') continue;
    const weights = layer.getWeights();
    tf.tidy(() => layer.setWeights(weights.map((tensor, part) => tf.tensor(Float32Array.from({ length: tensor.size }, () => (part === 0 || part === 3 ? 0.7 + 0.6 * random.uniform() : 0.2 * random.gaussian())), tensor.shape))));
  }
}

/** Largest difference of the logits and the embedding between a tfjs model and its ONNX file on random pictures. */
async function differences(tf: Tf, network: Network): Promise<{ logits: number; embedding: number; size: number }> {
  const head = tf.layers.dense({ name: 'logits', units: 5 });
  const model = wholeModel(tf, network, head);
  const { sizePx, channels } = network;
  const random = createRandom(9);
  const picture = Float32Array.from({ length: channels * sizePx * sizePx }, () => random.gaussian());
  const expected = tf.tidy(() => {
    const outputs = model.predict(tf.transpose(tf.tensor(picture, [1, channels, sizePx, sizePx]), [0, 2, 3, 1])) as ReturnType<typeof tf.tensor>[];
    return outputs.map((output) => output.dataSync());
  });
  const session = await openOnnxSession({ model: exportOnnx(model, ['logits', 'embedding']), device: 'cpu' });
  const found = await session.run([picture], { channels, heightPx: sizePx, widthPx: sizePx });
  await session.dispose();
  const largest = (name: string, values: ArrayLike<number>): number => Math.max(...Array.from(values, (value, index) => Math.abs(value - found[name]![index]!)));
  return { logits: largest('logits', expected[0]!), embedding: largest('embedding', expected[1]!), size: Math.max(...Array.from(expected[1]!, Math.abs)) };
}

describe('a tfjs network and the ONNX file of the same weights say the same', () => {
  test('simple CNN, at an odd size', async (context) => {
    const tf = await nativeEngine(context);
    expect((await differences(tf, simpleCnn(tf, { sizePx: 45, seed: 1 }))).logits).toBeLessThan(1e-4);
  });

  test('EfficientNet-Lite0 with the pretrained weights; its embedding is that of the reference', async (context) => {
    const tf = await nativeEngine(context);
    const path = sharedFile(context, 'pretrained/efficientnet-lite0.safetensors');
    const network = efficientnetLite0(tf, { sizePx: 224 });
    loadEfficientnet(tf, network, { tensors: await readSafetensors(path), path });
    expect((await differences(tf, network)).logits).toBeLessThan(1e-3);
    const reference = JSON.parse(await readFile(sharedFile(context, 'pretrained/reference.json'), 'utf8')) as { embedding_first_16: number[]; embedding_sum: number };
    const values = new Float32Array(224 * 224 * 3);
    for (let y = 0; y < 224; y++) {
      for (let x = 0; x < 224; x++) {
        for (let c = 0; c < 3; c++) values[(y * 224 + x) * 3 + c] = 0.5 * Math.sin(0.11 * x + 0.05 * c) + 0.4 * Math.cos(0.07 * y) + 0.1 * Math.sin(0.013 * x * (y % 17));
      }
    }
    const embedding = tf.tidy(() => (modelOf(tf, network.stages, [224, 224, 3]).predict(tf.tensor(values, [1, 224, 224, 3])) as ReturnType<typeof tf.tensor>).dataSync());
    reference.embedding_first_16.forEach((value, index) => expect(Math.abs(embedding[index]! - value)).toBeLessThan(0.02));
    expect(Array.from(embedding).reduce((sum, value) => sum + value, 0)).toBeCloseTo(reference.embedding_sum, 0);
  });

  test('a gated head as layers is the gated head', async (context) => {
    const tf = await nativeEngine(context);
    const random = createRandom(3);
    const [classes, columns] = [3, 12];
    const draw = (length: number): Float32Array => Float32Array.from({ length }, () => random.gaussian());
    const linear = (): LinearHead => ({ classes, columns, weights: Float64Array.from(draw(classes * columns)), bias: Float64Array.from(draw(classes)) });
    const remembered = Array.from({ length: 6 }, (_, index) => ({ embedding: draw(columns), source: `${index}` }));
    const gate = gateOf(remembered, Array.from({ length: 20 }, () => draw(columns)));
    const head = { ...linear(), near: { head: linear(), gate } };
    const input = tf.input({ shape: [columns] });
    const model = tf.model({ inputs: input, outputs: headLayers(tf, head).apply(input) as typeof input });
    const near = (index: number): Float32Array => draw(columns).map((value, j) => 0.01 * index * value + remembered[index % 6]!.embedding[j]!);
    const x = matrixOf(Array.from({ length: 200 }, (_, index) => near(index)), columns);
    const found = tf.tidy(() => (model.predict(tf.tensor(x.data, [x.rows, columns])) as ReturnType<typeof tf.tensor>).dataSync());
    expect(new Set(openness(gate, x)).size).toBeGreaterThan(3);
    headLogits(head, x).forEach((row, at) => row.forEach((value, k) => expect(found[at * classes + k]).toBeCloseTo(value, 4)));
    expect(model.outputNames).toEqual(['logits']);
  });

  test('Xception, with batch norms that do something', async (context) => {
    const tf = await nativeEngine(context);
    const network = xception(tf, { sizePx: 107 });
    unsettle(tf, network);
    const { logits, embedding, size } = await differences(tf, network);
    expect(embedding / size).toBeLessThan(1e-4);
    expect(logits).toBeLessThan(1e-3);
  });

  test('in 16 bit: both files are half as large, agree with each other to 1e-3, and are near what was rounded', async (context) => {
    const tf = await nativeEngine(context);
    const network = efficientnetLite0(tf, { sizePx: 64 });
    modelOf(tf, network.stages, [64, 64, 3]);
    unsettle(tf, network);
    const model = wholeModel(tf, network, tf.layers.dense({ name: 'logits', units: 5 }));
    const random = createRandom(11);
    const picture = Float32Array.from({ length: 3 * 64 * 64 }, () => random.gaussian());
    const embeddingOf = (from: typeof model): Float32Array =>
      tf.tidy(() => (from.predict(tf.transpose(tf.tensor(picture, [1, 3, 64, 64]), [0, 2, 3, 1])) as ReturnType<typeof tf.tensor>[])[1]!.dataSync() as Float32Array);
    const unrounded = embeddingOf(model);
    const single = exportOnnx(model, ['logits', 'embedding']);
    settleInHalf(tf, model);
    const half = exportOnnx(model, ['logits', 'embedding'], { bits: 16 });
    expect(half.length / single.length).toBeLessThan(0.55);
    const files = new Map(await layersModelFiles(tf, model, { bits: 16 }));
    const weights = files.get(LAYERS_WEIGHTS_FILE) as Uint8Array;
    expect(weights.length / single.length).toBeLessThan(0.6);
    const json = JSON.parse(String(files.get('layers-model.json'))) as { modelTopology: object; weightsManifest: { weights: never[] }[] };
    const again = await tf.loadLayersModel(tf.io.fromMemory({ modelTopology: json.modelTopology, weightSpecs: json.weightsManifest[0]!.weights, weightData: new Uint8Array(weights).buffer }));
    const session = await openOnnxSession({ model: half, device: 'cpu' });
    const found = (await session.run([picture], { channels: 3, heightPx: 64, widthPx: 64 }))['embedding']!;
    await session.dispose();
    const size = Math.max(...Array.from(unrounded, Math.abs));
    const difference = (values: Float32Array): number => Math.max(...Array.from(values, (value, index) => Math.abs(value - found[index]!))) / size;
    expect(size).toBeGreaterThan(0);
    expect(difference(embeddingOf(again))).toBeLessThan(1e-3);
    expect(difference(unrounded)).toBeLessThan(0.02);
    expect(difference(unrounded)).toBeGreaterThan(0);
  });
});
