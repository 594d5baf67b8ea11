import { describe, expect, test } from 'vitest';
import { decodeModel, encodeModel, floatTensor, floatValueInfo } from '../../src/classify/onnx/model-proto.ts';
import { createRandom } from '../../src/lib/random.ts';
import { fuseHead } from '../../src/learn/fuse.ts';
import { fromHalfFloats, toHalfFloats } from '../../src/learn/half-floats.ts';
import { headLogits } from '../../src/learn/head.ts';
import type { LinearHead } from '../../src/learn/logistic.ts';
import { CHANNELS, run, tinyBackbone } from './tiny-backbone.ts';

function randomHead(classes: number, seed: number): LinearHead {
  const random = createRandom(seed);
  const draw = (length: number): Float64Array => Float64Array.from({ length }, () => random.gaussian());
  return { classes, columns: CHANNELS, weights: draw(classes * CHANNELS), bias: draw(classes) };
}

describe('a head fused into a network', () => {
  const random = createRandom(9);
  const views = Array.from({ length: 3 }, () => Float32Array.from({ length: CHANNELS * 16 }, () => random.gaussian()));

  test('the logits are the head of the embedding, and a second head takes the place of the first', async () => {
    let network = tinyBackbone();
    for (const [classes, seed] of [[4, 1], [7, 2]] as const) {
      const head = randomHead(classes, seed);
      network = fuseHead(network, head, 'embedding');
      const { logits, embedding } = await run(network, views);
      expect(logits).toHaveLength(3 * classes);
      const expected = headLogits(head, { rows: 3, columns: CHANNELS, data: embedding! });
      expected.forEach((row, view) => row.forEach((value, k) => expect(logits![view * classes + k]).toBeCloseTo(value, 5)));
    }
    expect(decodeModel(network).graph.node.filter(({ opType }) => opType === 'Gemm')).toHaveLength(1);
  });

  test('on square roots of the embedding, and back to the embedding itself', async () => {
    const head = randomHead(2, 3);
    const rooted = fuseHead(tinyBackbone(), { ...head, ofSquareRoots: true }, 'embedding');
    const { logits, embedding } = await run(rooted, views);
    const roots = embedding!.map((value) => Math.sqrt(Math.max(0, value)));
    headLogits(head, { rows: 3, columns: CHANNELS, data: roots }).forEach((row, view) => row.forEach((value, k) => expect(logits![view * 2 + k]).toBeCloseTo(value, 5)));
    expect(fuseHead(rooted, head, 'embedding')).toEqual(fuseHead(tinyBackbone(), head, 'embedding'));
  });

  test('bytes that are no network are EM_MODEL', () => {
    expect(() => fuseHead(new Uint8Array([1, 2, 3]), randomHead(2, 1), 'embedding')).toThrow(expect.objectContaining({ code: 'EM_MODEL' }));
  });

  test('the last layer of a trained network, which has a name of its own, gives way', async () => {
    const tiny = decodeModel(tinyBackbone());
    const trained = encodeModel({
      ...tiny,
      graph: {
        ...tiny.graph,
        node: [...tiny.graph.node, { name: 'logits', opType: 'Gemm', input: ['embedding', 'logits/kernel', 'logits/bias'], output: ['logits'] }],
        initializer: [floatTensor('logits/kernel', { dims: [CHANNELS, 2] }, [1, 2, 3, 4, 5, 6]), floatTensor('logits/bias', { dims: [2] }, [0, 1])],
        output: [...tiny.graph.output, floatValueInfo('logits', ['n', 2])],
      },
    });
    const head = randomHead(4, 3);
    const network = fuseHead(trained, head, 'embedding');
    const { embedding, logits } = await run(network, views.slice(0, 1));
    const [expected] = headLogits(head, { rows: 1, columns: CHANNELS, data: embedding! });
    expect(Array.from(logits!, (value) => value.toFixed(4))).toEqual(Array.from(expected!, (value) => value.toFixed(4)));
    expect(decodeModel(network).graph.initializer.map(({ name }) => name).filter((name) => name?.startsWith('logits'))).toEqual([]);
  });
});

test('half floats come back to 1 part in 1024', () => {
  const values = Float32Array.of(0, 1, -2.5, 0.1, 1234.5, 6e-6);
  const back = fromHalfFloats(toHalfFloats(values));
  values.forEach((value, index) => expect(Math.abs(back[index]! - value)).toBeLessThanOrEqual(Math.abs(value) / 1024 + 6e-8));
});
