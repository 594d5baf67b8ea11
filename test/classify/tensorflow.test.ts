import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test, type TestContext } from 'vitest';
import { encodeModel, floatAttribute, floatTensor, floatValueInfo, intAttribute, intsAttribute, intTensor } from '../../src/classify/onnx/model-proto.ts';
import { openOnnxSession, type ViewShape } from '../../src/classify/onnx/session.ts';
import type { TensorFlow } from '../../src/classify/tensorflow/api.ts';
import { loadTensorFlow } from '../../src/classify/tensorflow/load.ts';
import { restoreUtilFunctions } from '../../src/classify/tensorflow/node-compatibility.ts';
import { openTensorFlowSession } from '../../src/classify/tensorflow/session.ts';
import { createRandom } from '../../src/lib/random.ts';
import { listModels, loadModelFolder } from '../../src/classify/model-folder.ts';
import { isEmagentError } from '../../src/contract/errors.ts';
import { sharedFile } from './shared-files.ts';
import { node } from './tiny-model.ts';

/** TensorFlow.js: with its native library where there is one, else its own back end in JavaScript, which computes the same. */
let tf: TensorFlow | undefined;

beforeAll(async () => {
  try {
    tf = (await loadTensorFlow()).tf;
    return;
  } catch (thrown) {
    if (!isEmagentError(thrown)) throw thrown;
  }
  // Names in variables: these packages come with an optional one and may be absent when this file is compiled.
  const [core, backend] = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu'];
  try {
    const loaded = (await import(core)) as TensorFlow & { setBackend(name: string): Promise<boolean> };
    await import(backend);
    await loaded.setBackend('cpu');
    tf = loaded;
  } catch (thrown) {
    console.warn(`SKIPPED: TensorFlow.js is not installed (${(thrown as Error).message.split('\n')[0] ?? ''})`);
  }
});

function tensorFlow(context: TestContext): TensorFlow {
  if (tf === undefined) context.skip();
  return tf!;
}

const open = (module: TensorFlow, model: Uint8Array, device: 'auto' | 'gpu' = 'auto') =>
  openTensorFlowSession({ tensorflow: { tf: module, packageName: 'test', origin: 'installed', version: '', device: 'cpu', cuda: false }, model, device });

/** Largest difference of any output of the two engines, on random views. */
async function largestDifference(module: TensorFlow, model: Uint8Array, { views, ...shape }: ViewShape & { views: number }): Promise<number> {
  const random = createRandom(11);
  const batch = Array.from({ length: views }, () => Float32Array.from({ length: shape.channels * shape.heightPx * shape.widthPx }, () => random.gaussian()));
  const onnx = await openOnnxSession({ model, device: 'cpu' });
  const tensorflow = open(module, model);
  const [expected, found] = [await onnx.run(batch, shape), await tensorflow.run(batch, shape)];
  await onnx.dispose();
  await tensorflow.dispose();
  let largest = 0;
  for (const [name, values] of Object.entries(expected)) {
    expect(found[name]).toHaveLength(values.length);
    values.forEach((value, at) => {
      largest = Math.max(largest, Math.abs(value - found[name]![at]!));
    });
  }
  return largest;
}

/** Every operator that is known, with paddings of all kinds, groups, dilation, broadcasting and a picture among the outputs. */
function everything(): Uint8Array {
  const random = createRandom(3);
  const weights = (name: string, dims: readonly number[], bits: 16 | 32 = 32) =>
    floatTensor(name, { dims, bits }, Array.from({ length: dims.reduce((product, size) => product * size, 1) }, () => 0.3 * random.gaussian()));
  const conv = (names: readonly string[], output: string, { pads, stride = 1, group = 1, dilation = 1 }: { pads: number[]; stride?: number; group?: number; dilation?: number }) =>
    node('Conv', [names, output], [intAttribute('group', group), intsAttribute('pads', pads), intsAttribute('strides', [stride, stride]), intsAttribute('dilations', [dilation, dilation])]);
  return encodeModel({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: 'everything',
      node: [
        node('Cast', [['w1.half'], 'w1'], [intAttribute('to', 1)]),
        conv(['x', 'w1', 'b1'], 'same', { pads: [0, 0, 1, 1], stride: 2 }),
        node('Clip', [['same', 'zero', 'six'], 'clipped']),
        conv(['clipped', 'w2', 'b2'], 'depthwise', { pads: [2, 2, 2, 2], group: 4 }),
        node('Relu', [['depthwise'], 'relu']),
        node('Add', [['relu', 'clipped'], 'sum']),
        node('MaxPool', [['sum'], 'pooled'], [intsAttribute('kernel_shape', [2, 2]), intsAttribute('strides', [1, 1]), intsAttribute('pads', [0, 0, 1, 1])]),
        conv(['pooled', 'w3'], 'odd', { pads: [2, 0, 1, 3], dilation: 2 }),
        node('Mul', [['odd', 'perChannel'], 'scaled']),
        node('Identity', [['scaled'], 'map']),
        node('GlobalAveragePool', [['map'], 'pool']),
        node('Flatten', [['pool'], 'flat'], [intAttribute('axis', 1)]),
        node('Sub', [['flat', 'row'], 'shifted']),
        node('MatMul', [['shifted', 'w4'], 'product']),
        node('Div', [['product', 'two'], 'half']),
        node('LayerNormalization', [['half', 'gain', 'b6'], 'normalised'], [intAttribute('axis', -1), floatAttribute('epsilon', 1e-5)]),
        node('Gemm', [['normalised', 'w5', 'b5'], 'logits'], [intAttribute('transB', 1)]),
        node('Softmax', [['logits'], 'probabilities'], [intAttribute('axis', -1)]),
        node('Sqrt', [['probabilities'], 'roots']),
        node('Reshape', [['map', 'rows'], 'reshaped']),
      ],
      initializer: [
        weights('w1.half', [4, 3, 3, 3], 16), weights('b1', [4]), weights('w2', [4, 1, 5, 5]), weights('b2', [4]), weights('w3', [6, 4, 3, 3]),
        weights('perChannel', [1, 6, 1, 1]), weights('row', [6]), weights('w4', [6, 5]), weights('w5', [3, 5]), weights('b5', [3]), weights('gain', [5]), weights('b6', [5]),
        floatTensor('zero', { dims: [] }, [0]), floatTensor('six', { dims: [] }, [1]), floatTensor('two', { dims: [1] }, [2]), intTensor('rows', [0, -1]),
      ],
      input: [floatValueInfo('x', ['n', 3, 'height', 'width'])],
      output: [floatValueInfo('probabilities', ['n', 3]), floatValueInfo('roots', ['n', 3]), floatValueInfo('logits', ['n', 3]), floatValueInfo('map', ['n', 6, 'h', 'w']), floatValueInfo('reshaped', ['n', 'm'])],
    },
  });
}

describe('ONNX graphs on TensorFlow.js', () => {
  test('every operator gives what ONNX Runtime gives, at even and odd sizes', async (context) => {
    const module = tensorFlow(context);
    for (const [heightPx, widthPx] of [[12, 12], [13, 10], [9, 17]] as const) {
      expect(await largestDifference(module, everything(), { views: 3, channels: 3, heightPx, widthPx })).toBeLessThan(1e-5);
    }
  });

  test('the pretrained backbone gives the same embeddings', async (context) => {
    const module = tensorFlow(context);
    const bytes = await readFile(sharedFile(context, 'pretrained/efficientnet-lite0.onnx'));
    expect(await largestDifference(module, bytes, { views: 2, channels: 3, heightPx: 64, widthPx: 64 })).toBeLessThan(1e-3);
  });

  test('so does every model that is shipped', async (context) => {
    const module = tensorFlow(context);
    const ids = await listModels();
    expect(ids).not.toEqual([]);
    for (const id of ids) {
      const { manifest, weightsPath } = await loadModelFolder(id);
      const { channels, heightPx, widthPx } = manifest.input;
      expect(await largestDifference(module, await readFile(weightsPath), { views: 1, channels, heightPx, widthPx }), id).toBeLessThan(1e-3);
    }
  });

  test('nothing is left in memory, neither after a batch nor after the end', async (context) => {
    const module = tensorFlow(context);
    const before = module.memory().numTensors;
    const session = open(module, everything());
    const loaded = module.memory().numTensors;
    const views = Array.from({ length: 11 }, () => new Float32Array(3 * 12 * 12));
    const results = await Promise.all([1, 2, 3].map(() => session.run(views, { channels: 3, heightPx: 12, widthPx: 12 })));
    expect(results[2]!['logits']).toHaveLength(33);
    expect(module.memory().numTensors).toBe(loaded);
    // A batch that fails leaves nothing either.
    await expect(session.run([new Float32Array(2 * 12 * 12)], { channels: 2, heightPx: 12, widthPx: 12 })).rejects.toMatchObject({ code: 'EM_MODEL_FAILED' });
    expect(module.memory().numTensors).toBe(loaded);
    await session.dispose();
    expect(module.memory().numTensors).toBe(before);
  });

  test('an operator that is not known is named, and nothing stays behind', (context) => {
    const module = tensorFlow(context);
    const before = module.memory().numTensors;
    const lstm = encodeModel({
      irVersion: 8,
      opsetImport: [{ version: 17 }],
      graph: {
        node: [node('Clip', [['x', 'zero', 'six'], 'y']), node('LSTM', [['y'], 'z'])],
        initializer: [floatTensor('zero', { dims: [] }, [0]), floatTensor('six', { dims: [] }, [6])],
        input: [floatValueInfo('x', ['n', 1, 4, 4])],
        output: [floatValueInfo('z', ['n', 1])],
      },
    });
    expect(() => open(module, lstm)).toThrow(expect.objectContaining({ code: 'EM_ENGINE', message: expect.stringMatching(/z \(LSTM\).*Use --engine onnx/) }));
    expect(module.memory().numTensors).toBe(before);
  });

  test('a GPU that was asked for and is not there is an error', (context) => {
    const module = tensorFlow(context);
    expect(() => open(module, everything(), 'gpu')).toThrow(expect.objectContaining({ code: 'EM_NO_GPU' }));
  });
});

test('without the native library the engine says what to install', async (context) => {
  const loaded = await loadTensorFlow().catch((thrown: unknown) => thrown);
  if (!isEmagentError(loaded)) {
    console.warn('SKIPPED: TensorFlow is installed here');
    context.skip();
    return;
  }
  expect(loaded.code).toBe('EM_ENGINE');
  expect(loaded.message).toMatch(/^The TensorFlow engine is not there .*npx emagent setup tensorflow.*npm install @tensorflow\/tfjs-node .*--engine onnx\.$/);
});

test('functions that Node 23 took away are put back as they were', async () => {
  const util = (await import('node:module')).createRequire(import.meta.url)('node:util') as Record<string, ((value: unknown) => boolean) | undefined>;
  const names = ['isNullOrUndefined', 'isArray', 'isUndefined'];
  const kept = names.map((name) => [name, util[name]] as const);
  try {
    for (const name of names) delete util[name];
    restoreUtilFunctions();
    expect([null, undefined, 0, ''].map((value) => util['isNullOrUndefined']!(value))).toEqual([true, true, false, false]);
    expect(util['isArray']!([])).toBe(true);
    expect(util['isUndefined']!(null)).toBe(false);
  } finally {
    for (const [name, original] of kept) util[name] = original;
  }
});
