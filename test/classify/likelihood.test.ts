import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { logit, logLikelihoodRatio } from '../../src/classify/likelihood.ts';
import type { LikelihoodCurve } from '../../src/contract/model-manifest.ts';

const curve = (label: string, score: number[], logRatio: number[]): LikelihoodCurve => ({ band: 'inspect', label, score, logRatio, data: 'test' });
const manifest = { id: 'test', likelihood: [curve('*', [-4, 0, 4], [-3, -1, 2]), curve('Tips', [-1, 1], [-5, 5])] };
const inverse = (score: number): number => 1 / (1 + Math.exp(-score));
const any = { band: 'inspect', label: 'Nanowires' } as const;

test('the curve is met at its points and linear between them', () => {
  expect(logLikelihoodRatio(manifest, any, inverse(0))).toBeCloseTo(-1, 9);
  expect(logLikelihoodRatio(manifest, any, inverse(2))).toBeCloseTo(0.5, 9);
  expect(logLikelihoodRatio(manifest, any, inverse(-3))).toBeCloseTo(-2.5, 9);
});

test('a label with a curve of its own has that', () => {
  expect(logLikelihoodRatio(manifest, { band: 'inspect', label: 'Tips' }, inverse(0.5))).toBeCloseTo(2.5, 9);
});

test('never beyond the ends, and rising with the probability where the curve rises', () => {
  const probability = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(probability, probability, (a, b) => {
      const [low, high] = [logLikelihoodRatio(manifest, any, Math.min(a, b)), logLikelihoodRatio(manifest, any, Math.max(a, b))];
      expect(low).toBeGreaterThanOrEqual(-3);
      expect(high).toBeLessThanOrEqual(2);
      expect(low).toBeLessThanOrEqual(high);
    }),
  );
  expect(logLikelihoodRatio(manifest, any, 0)).toBe(-3);
  expect(logLikelihoodRatio(manifest, any, 1)).toBe(2);
});

test('certainty has a finite logit', () => {
  expect(Number.isFinite(logit(0))).toBe(true);
  expect(Number.isFinite(logit(1))).toBe(true);
  expect(logit(0.5)).toBe(0);
});

test('a band without a curve is an error that names model and band', () => {
  expect(() => logLikelihoodRatio(manifest, { band: 'survey', label: 'Tips' }, 0.5)).toThrow(/model test .* survey/);
});
