import { describe, expect, test } from 'vitest';
import { softmax } from '../../src/classify/calibration.ts';
import { logLikelihoodRatio } from '../../src/classify/likelihood.ts';
import { createRandom } from '../../src/lib/random.ts';
import { fitLogRatio, likelihoodCurves } from '../../src/learn/likelihood-curves.ts';
import { bootstrapIntervals, figuresOf } from '../../src/learn/metrics.ts';

const sure = (label: number, classes = 3): number[] => Array.from({ length: classes }, (_, k) => (k === label ? 0.8 : 0.2 / (classes - 1)));

describe('figures', () => {
  const scored = {
    labels: ['A', 'B', 'C'],
    truth: [0, 0, 0, 1, 1],
    probabilities: [sure(0), sure(0), sure(1), sure(1), sure(2)],
    groups: ['a', 'a', 'b', 'c', 'd'],
  };

  test('accuracy, F1 over the labels that are there, confusion, calibration error', () => {
    const figures = figuresOf(scored);
    expect(figures).toMatchObject({ n: 5, accuracy: 0.6, confusion: [[2, 1, 0], [0, 1, 1], [0, 0, 0]] });
    expect(figures.perClass).toEqual({ A: { n: 3, precision: 1, recall: 2 / 3, f1: 0.8 }, B: { n: 2, precision: 0.5, recall: 0.5, f1: 0.5 } });
    expect(figures.macroF1).toBeCloseTo(0.65);
    expect(figures.ece).toBeCloseTo(0.2);
  });

  test('intervals hold the figure, and are wider when pictures share a group', () => {
    const many = (group: (index: number) => string) => {
      const random = createRandom(1);
      const truth = Array.from({ length: 200 }, () => random.integer(3));
      // Whole specimens are right or wrong.
      const probabilities = truth.map((label, index) => sure(Math.floor(index / 10) % 4 === 0 ? (label + 1) % 3 : label));
      return bootstrapIntervals({ labels: ['A', 'B', 'C'], truth, probabilities, groups: truth.map((_, index) => group(index)) });
    };
    const single = many((index) => `g${index}`).accuracy;
    const grouped = many((index) => `g${Math.floor(index / 10)}`).accuracy;
    expect(single[0]).toBeLessThan(0.75);
    expect(single[1]).toBeGreaterThan(0.75);
    expect(grouped[1] - grouped[0]).toBeGreaterThan(1.5 * (single[1] - single[0]));
  });
});

describe('likelihood curves', () => {
  test('for two normal scores of one width the log ratio is the known straight line', () => {
    const random = createRandom(3);
    // log N(s; 1, 1) - log N(s; -1, 1) = 2 s
    const rows = Array.from({ length: 8000 }, (_, index) => ({ present: index % 4 === 0, weight: 1, score: random.gaussian() + (index % 4 === 0 ? 1 : -1) }));
    const { intercept, slope } = fitLogRatio(rows);
    expect(slope).toBeGreaterThan(1.8);
    expect(slope).toBeLessThan(2.2);
    expect(Math.abs(intercept)).toBeLessThan(0.2);
  });

  test('a score that says nothing is no evidence, and nothing is beyond the clip', () => {
    const random = createRandom(4);
    const noise = Array.from({ length: 4000 }, (_, index) => ({ present: index % 2 === 0, weight: 1, score: random.gaussian() }));
    expect(Math.abs(fitLogRatio(noise).slope)).toBeLessThan(0.1);
    const labels = ['A', 'B', 'Background'];
    const truth = Array.from({ length: 90 }, (_, index) => index % 3);
    const logits = truth.map((label) => Float64Array.from(labels, (_, k) => (k === label ? 8 : 0) + random.gaussian()));
    const curves = likelihoodCurves({ band: 'inspect', logits, truth }, { labels, temperature: 1, data: 'made up' });
    expect(curves.map(({ label }) => label)).toEqual(['A', 'B', '*']);
    for (const { score, logRatio } of curves) {
      expect(Math.max(...logRatio.map(Math.abs))).toBeLessThanOrEqual(4);
      score.slice(1).forEach((value, index) => expect(value).toBeGreaterThan(score[index]!));
      logRatio.slice(1).forEach((value, index) => expect(value).toBeGreaterThanOrEqual(logRatio[index]!));
    }
    const manifest = { id: 'x', likelihood: curves };
    const probability = softmax([8, 0, 0])[0]!;
    expect(logLikelihoodRatio(manifest, { band: 'inspect', label: 'A' }, probability)).toBeGreaterThan(2);
    expect(logLikelihoodRatio(manifest, { band: 'inspect', label: 'A' }, 0.001)).toBeLessThan(-2);
  });
});
