import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/lib/random.ts';
import { balancedWeights, fitLogistic, lossAndGradient, type LabelledRows } from '../../src/learn/logistic.ts';
import { headLogits, trainHead } from '../../src/learn/head.ts';
import { foldStandardiser } from '../../src/learn/standardiser.ts';

function clouds({ rows, columns, classes, seed }: { rows: number; columns: number; classes: number; seed: number }): LabelledRows {
  const random = createRandom(seed);
  const y = Int32Array.from({ length: rows }, () => random.integer(classes));
  const data = new Float32Array(rows * columns).map((_, at) => random.gaussian() + (at % columns === y[Math.floor(at / columns)]! ? 1.5 : 0));
  return { x: { rows, columns, data }, y, classes };
}

describe('multinomial logistic regression', () => {
  test('its gradient is that of its loss (central differences)', () => {
    const rows = { ...clouds({ rows: 23, columns: 5, classes: 3, seed: 1 }), weights: Float64Array.from({ length: 23 }, (_, i) => 0.5 + (i % 4)) };
    const random = createRandom(2);
    const point = Float64Array.from({ length: 3 * 5 + 3 }, () => random.gaussian());
    const { gradient } = lossAndGradient(rows, point, 0.7);
    for (let j = 0; j < point.length; j++) {
      const step = 1e-5;
      const at = (shift: number): number => lossAndGradient(rows, point.map((value, k) => value + (k === j ? shift : 0)), 0.7).loss;
      expect((at(step) - at(-step)) / (2 * step)).toBeCloseTo(gradient[j]!, 5);
    }
  });

  test.each([1e-3, 1e-1, 10])('ends where the gradient is nothing, C = %f', (c) => {
    const rows = clouds({ rows: 203, columns: 30, classes: 6, seed: 3 });
    const fit = fitLogistic(rows, { c, tolerance: 1e-8 });
    expect(fit.converged).toBe(true);
    const parameters = Float64Array.from([...fit.weights, ...fit.bias]);
    const { gradient, loss } = lossAndGradient(rows, parameters, c);
    const start = lossAndGradient(rows, new Float64Array(parameters.length), c);
    expect(Math.hypot(...gradient)).toBeLessThan(1e-7 * Math.hypot(...start.gradient));
    // Convex: any step away is uphill.
    const random = createRandom(4);
    for (let trial = 0; trial < 20; trial++) {
      const moved = parameters.map((value) => value + 0.05 * random.gaussian());
      expect(lossAndGradient(rows, moved, c).loss).toBeGreaterThan(loss);
    }
  });

  test('the same rows give the same bits, and a warm start the same optimum', () => {
    const rows = clouds({ rows: 120, columns: 20, classes: 4, seed: 5 });
    const first = fitLogistic(rows, { c: 0.1 });
    expect(fitLogistic(rows, { c: 0.1 })).toEqual(first);
    const warm = fitLogistic(rows, { c: 0.1, tolerance: 1e-9, start: fitLogistic(rows, { c: 1 }) });
    expect(warm.loss).toBeCloseTo(first.loss, 6);
  });

  test('balanced weights give each class the same total and keep the sum', () => {
    const weights = balancedWeights([0, 0, 0, 1, 3], 4, [1, 2, 3, 1, 4]);
    expect(weights[0]! + weights[1]! + weights[2]!).toBeCloseTo(weights[3]!);
    expect(weights[4]).toBeCloseTo(weights[3]!);
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(11);
  });

  test('two far clouds are told apart, and a rare class is not forgotten', () => {
    const random = createRandom(6);
    const y = Int32Array.from({ length: 100 }, (_, i) => (i < 5 ? 1 : 0));
    const data = new Float32Array(200).map((_, at) => random.gaussian() * 0.3 + (y[at >> 1] === 1 && at % 2 === 0 ? 3 : 0));
    const rows = { x: { rows: 100, columns: 2, data }, y, classes: 2, weights: new Float64Array(100).fill(1) };
    const { head } = trainHead(rows, 100, { c: 1 });
    const logits = headLogits(head, rows.x);
    expect(logits.every((row, index) => (row[1]! > row[0]!) === (y[index] === 1))).toBe(true);
  });

  test('a head for standardised features, folded, is the same function', () => {
    const head = { classes: 1, columns: 2, weights: Float64Array.of(2, -3), bias: Float64Array.of(0.5) };
    const folded = foldStandardiser(head, { mean: Float64Array.of(1, 2), deviation: Float64Array.of(4, 0.5) });
    const [x, y] = [7, -1];
    expect(folded.weights[0]! * x + folded.weights[1]! * y + folded.bias[0]!).toBeCloseTo(2 * ((x - 1) / 4) - 3 * ((y - 2) / 0.5) + 0.5);
  });
});
