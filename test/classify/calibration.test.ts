import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { energy, expectedCalibrationError, fitTemperature, negativeLogLikelihood, softmax } from '../../src/classify/calibration.ts';
import { createRandom } from '../../src/lib/random.ts';

const logits = fc.array(fc.double({ min: -500, max: 500, noNaN: true }), { minLength: 2, maxLength: 12 });

test('probabilities sum to 1, keep the order of the logits and do not overflow', () => {
  fc.assert(
    fc.property(logits, fc.double({ min: 0.1, max: 10, noNaN: true }), (z, temperature) => {
      const probabilities = softmax(z, temperature);
      expect(probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);
      expect(probabilities[z.indexOf(Math.max(...z))]).toBe(Math.max(...probabilities));
    }),
  );
});

test('the energy lies at most T log n below minus the largest logit', () => {
  fc.assert(
    fc.property(logits, fc.double({ min: 0.1, max: 10, noNaN: true }), (z, temperature) => {
      const value = energy(z, temperature);
      expect(value).toBeLessThanOrEqual(-Math.max(...z) + 1e-9);
      expect(value).toBeGreaterThanOrEqual(-Math.max(...z) - temperature * Math.log(z.length) - 1e-9);
    }),
  );
});

/** Labels drawn from the softmax of logits / T. */
function drawn(n: number, temperature: number): { rows: number[][]; labels: number[] } {
  const random = createRandom(7);
  const rows = Array.from({ length: n }, () => Array.from({ length: 5 }, () => 4 * random.gaussian()));
  const labels = rows.map((row) => {
    const probabilities = softmax(row, temperature);
    let rest = random.uniform();
    const index = probabilities.findIndex((probability) => (rest -= probability) <= 0);
    return index === -1 ? probabilities.length - 1 : index;
  });
  return { rows, labels };
}

describe('temperature', () => {
  test.each([0.5, 1, 2.5])('%d is recovered from labels drawn with it', (temperature) => {
    const { rows, labels } = drawn(4000, temperature);
    const fitted = fitTemperature(rows, labels);
    expect(Math.abs(fitted / temperature - 1)).toBeLessThan(0.1);
    for (const factor of [0.9, 1.1]) {
      expect(negativeLogLikelihood(rows, labels, fitted)).toBeLessThan(negativeLogLikelihood(rows, labels, fitted * factor));
    }
  });

  test('the right one brings the calibration error down', () => {
    const { rows, labels } = drawn(4000, 2.5);
    const ece = (temperature: number): number =>
      expectedCalibrationError(rows.map((row, index) => {
        const probabilities = softmax(row, temperature);
        const confidence = Math.max(...probabilities);
        return { confidence, right: probabilities.indexOf(confidence) === labels[index] };
      }));
    expect(ece(fitTemperature(rows, labels))).toBeLessThan(0.03);
    expect(ece(1)).toBeGreaterThan(0.1);
  });
});

test('calibration error of a known case', () => {
  // 0.9 sure and right in half of the cases: 0.4; 0.3 sure and right in 3 of 10: 0. Weighted 10 : 10.
  const judged = [
    ...Array.from({ length: 10 }, (_, index) => ({ confidence: 0.9, right: index < 5 })),
    ...Array.from({ length: 10 }, (_, index) => ({ confidence: 0.3, right: index < 3 })),
  ];
  expect(expectedCalibrationError(judged)).toBeCloseTo(0.2, 9);
  expect(expectedCalibrationError([])).toBe(0);
  expect(expectedCalibrationError([{ confidence: 1, right: true }])).toBe(0);
});
