import { describe, expect, test } from 'vitest';
import { gammaCdf, mixtureQuantile, normalTail } from '../../src/search/quantile.ts';

// Reference values: closed forms (shape 1 is exponential, shape 1/2 is half a squared normal, whole shapes are Poisson sums).
describe('gamma distribution', () => {
  test.each([0.1, 1, 3, 20])('shape 1 is exponential at %d', (x) => expect(gammaCdf(1, x)).toBeCloseTo(1 - Math.exp(-x), 10));
  test('shape 1/2 at 1.9207 is the 95 % point of chi-squared with one degree of freedom', () => {
    expect(gammaCdf(0.5, 3.841458820694124 / 2)).toBeCloseTo(0.95, 10);
  });
  test.each([[3, 2], [10, 14], [50, 40]])('shape %d at %d is the tail of a Poisson sum', (shape, x) => {
    let term = Math.exp(-x);
    let below = 0;
    for (let k = 0; k < shape; k++) {
      below += term;
      term *= x / (k + 1);
    }
    expect(gammaCdf(shape, x)).toBeCloseTo(1 - below, 10);
  });
  const part = (shape: number, weight = 1) => ({ mean: shape, variance: shape, weight });
  test.each([0.05, 0.3, 1, 7, 400])('quantile of shape %d inverts it', (shape) => {
    for (const probability of [0.05, 0.5, 0.95]) expect(gammaCdf(shape, mixtureQuantile(probability, [part(shape, 0.3)]))).toBeCloseTo(probability, 6);
  });
  test('zero hits: the rule of three', () => expect(mixtureQuantile(0.95, [part(1)])).toBeCloseTo(-Math.log(0.05), 6));
  test('of a mixture: each part has its share above it, and what has no weight counts for nothing', () => {
    const quantile = mixtureQuantile(0.9, [part(2, 3), part(9, 1)]);
    expect(0.75 * gammaCdf(2, quantile) + 0.25 * gammaCdf(9, quantile)).toBeCloseTo(0.9, 6);
    expect(mixtureQuantile(0.9, [part(2), part(9, 0)])).toBeCloseTo(mixtureQuantile(0.9, [part(2)]), 6);
    expect(mixtureQuantile(0.9, [{ mean: 0, variance: 0, weight: 1 }])).toBe(0);
  });
});

test.each([[0, 0.5], [1.6448536269514722, 0.05], [-1.959963984540054, 0.975], [3, 0.0013498980316301]])('upper tail of the normal at %d', (z, tail) => {
  expect(Math.abs(normalTail(z) - tail)).toBeLessThan(1e-7);
});
