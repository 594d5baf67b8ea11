import { describe, expect, test } from 'vitest';
import { gammaCdf, gammaQuantile, normalTail } from '../../src/search/quantile.ts';

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
  test.each([0.05, 0.3, 1, 7, 400])('quantile of shape %d inverts it', (shape) => {
    for (const probability of [0.05, 0.5, 0.95]) expect(gammaCdf(shape, gammaQuantile(probability, shape))).toBeCloseTo(probability, 6);
  });
  test('zero hits: the rule of three', () => expect(gammaQuantile(0.95, 1)).toBeCloseTo(-Math.log(0.05), 9));
});

test.each([[0, 0.5], [1.6448536269514722, 0.05], [-1.959963984540054, 0.975], [3, 0.0013498980316301]])('upper tail of the normal at %d', (z, tail) => {
  expect(Math.abs(normalTail(z) - tail)).toBeLessThan(1e-7);
});
