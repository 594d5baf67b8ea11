import { describe, expect, test } from 'vitest';
import { openOnnxSession } from '../../src/classify/onnx/session.ts';
import { decodeModel } from '../../src/classify/onnx/model-proto.ts';
import { fuseHead } from '../../src/learn/fuse.ts';
import { gateOf, openness, type Head } from '../../src/learn/gate.ts';
import { headLogits } from '../../src/learn/head.ts';
import type { LinearHead } from '../../src/learn/logistic.ts';
import { matrixOf } from '../../src/learn/matrix.ts';
import { createRandom } from '../../src/lib/random.ts';
import { CHANNELS, run, tinyBackbone } from './tiny-backbone.ts';

const random = createRandom(4);
const draw = (columns: number, around?: Float32Array, spread = 1): Float32Array => Float32Array.from({ length: columns }, (_, j) => (around?.[j] ?? 0) + spread * random.gaussian());
const headOf = (classes: number, columns: number): LinearHead => ({ classes, columns, weights: Float64Array.from(draw(classes * columns)), bias: Float64Array.from(draw(classes)) });

describe('the gate between a head of drawn pictures and one of all', () => {
  const columns = 40;
  const drawn = Array.from({ length: 60 }, () => draw(columns));
  const specimens = Array.from({ length: 12 }, () => draw(columns));
  const remembered = specimens.map((embedding, index) => ({ embedding, source: `laboratory ${index}` }));
  const gate = gateOf(remembered, drawn);

  test('is open for what it remembers and for views of it, and closed for most of what is like none of them', () => {
    expect([...openness(gate, matrixOf(specimens, columns))]).toEqual(specimens.map(() => 1));
    const views = specimens.map((specimen) => draw(columns, specimen, 0.2));
    expect(Math.min(...openness(gate, matrixOf(views, columns)))).toBe(1);
    const strangers = Array.from({ length: 200 }, () => draw(columns));
    const open = [...openness(gate, matrixOf(strangers, columns))].filter((value) => value > 0).length;
    // Half of the remembered ones would come near to another laboratory's.
    expect(open).toBeGreaterThan(10);
    expect(open).toBeLessThan(120);
  });

  test('a picture of the same laboratory is not taken for one of another: it does not raise the threshold', () => {
    const twins = remembered.flatMap(({ embedding, source }) => [{ embedding, source }, { embedding: draw(columns, embedding, 0.05), source }]);
    const alone = openness(gateOf(twins, drawn), matrixOf(specimens.map((specimen) => draw(columns, specimen, 0.2)), columns));
    expect(Math.min(...alone)).toBe(1);
  });

  test('open it gives the near head, closed the other, and between them a share of each', () => {
    const [far, near] = [headOf(3, columns), headOf(3, columns)];
    const head: Head = { ...far, near: { head: near, gate } };
    const nothing = Float32Array.from({ length: columns }, (_, j) => drawn.reduce((sum, picture) => sum + picture[j]!, 0) / drawn.length);
    const x = matrixOf([specimens[0]!, nothing, ...Array.from({ length: 50 }, () => draw(columns))], columns);
    const [blended, farLogits, nearLogits, open] = [headLogits(head, x), headLogits(far, x), headLogits(near, x), openness(gate, x)];
    expect([...blended[0]!].every((value, k) => Math.abs(value - nearLogits[0]![k]!) < 1e-9)).toBe(true);
    expect(blended[1]).toEqual(farLogits[1]);
    expect(open.some((value) => value > 0 && value < 1)).toBe(true);
    blended.forEach((row, index) => row.forEach((value, k) => expect(value).toBeCloseTo(open[index]! * nearLogits[index]![k]! + (1 - open[index]!) * farLogits[index]![k]!, 9)));
  });

  test('the ONNX file says the same, and the next head takes the place of all of it', async () => {
    const few = Array.from({ length: 5 }, () => draw(CHANNELS));
    const head: Head = { ...headOf(4, CHANNELS), near: { head: headOf(4, CHANNELS), gate: gateOf(few.map((embedding, index) => ({ embedding, source: `${index}` })), Array.from({ length: 20 }, () => draw(CHANNELS))) } };
    const network = fuseHead(tinyBackbone(), head, 'embedding');
    const views = Array.from({ length: 40 }, (_, index) => draw(CHANNELS, few[index % few.length], 0.02 * index)).map((level) => Float32Array.from({ length: CHANNELS * 16 }, (_, at) => level[at >> 4]!));
    const { logits, embedding } = await run(network, views);
    const x = { rows: views.length, columns: CHANNELS, data: embedding! };
    expect(new Set(openness(head.near!.gate, x)).size).toBeGreaterThan(3);
    headLogits(head, x).forEach((row, view) => row.forEach((value, k) => expect(logits![view * 4 + k]).toBeCloseTo(value, 4)));
    const next = fuseHead(network, headOf(2, CHANNELS), 'embedding');
    expect(decodeModel(next).graph.node.map(({ opType }) => opType)).toEqual(['GlobalAveragePool', 'Flatten', 'Gemm']);
    const session = await openOnnxSession({ model: next, device: 'cpu' });
    expect(session.outputNames).toContain('logits');
    await session.dispose();
  });
});
