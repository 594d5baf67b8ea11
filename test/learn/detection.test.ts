import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { groupBootstrap } from '../../src/learn/bootstrap.ts';
import { auroc, detectionFigures, falseFindRateAtRecall, figuresAtThreshold, recallAtFalseFindRate } from '../../src/learn/detection.ts';
import { createRandom } from '../../src/lib/random.ts';

const score = fc.integer({ min: 0, max: 9 });
const sides = fc.record({ present: fc.array(score, { minLength: 1, maxLength: 30 }), absent: fc.array(score, { minLength: 1, maxLength: 30 }) });

describe('detection', () => {
  test('AUROC is the share of pairs in the right order, ties half', () => {
    fc.assert(
      fc.property(sides, ({ present, absent }) => {
        const pairs = present.flatMap((p) => absent.map((a) => (p > a ? 1 : p === a ? 0.5 : 0)));
        expect(auroc({ present, absent })).toBeCloseTo(pairs.reduce((sum: number, value) => sum + value, 0) / pairs.length, 10);
      }),
    );
  });

  test('of two normal scores two widths apart it is what the formula gives', () => {
    const random = createRandom(1);
    const draw = (mean: number): number[] => Array.from({ length: 4000 }, () => mean + random.gaussian());
    // Phi(2 / sqrt 2)
    expect(auroc({ present: draw(2), absent: draw(0) })).toBeCloseTo(0.9214, 1);
  });

  test('recall at a false-find rate and the false-find rate at a recall are those of the best threshold', () => {
    fc.assert(
      fc.property(sides, fc.constantFrom(0, 0.01, 0.03, 0.1, 0.5, 0.95, 1), ({ present, absent }, rate) => {
        const thresholds = [...present, ...absent, Infinity].map((threshold) => figuresAtThreshold({ present, absent }, threshold));
        const allowed = thresholds.filter(({ falseFindRate }) => falseFindRate <= rate + 1e-12);
        expect(recallAtFalseFindRate({ present, absent }, rate)).toBe(Math.max(...allowed.map(({ recall }) => recall)));
        if (rate === 0) return;
        const enough = thresholds.filter(({ recall }) => recall >= rate - 1e-12);
        expect(falseFindRateAtRecall({ present, absent }, rate)).toBe(Math.min(...enough.map(({ falseFindRate }) => falseFindRate)));
      }),
    );
  });

  test('with 50 others none may pass at 1 %, one at 2 %', () => {
    const absent = Array.from({ length: 50 }, (_, index) => index / 100);
    expect(recallAtFalseFindRate({ present: [0.485, 0.9], absent }, 0.01)).toBe(0.5);
    expect(recallAtFalseFindRate({ present: [0.485, 0.9], absent }, 0.02)).toBe(1);
  });

  test('the figures together; one side empty is no number', () => {
    expect(detectionFigures({ present: [3, 2], absent: [1, 0] })).toEqual({ n: { present: 2, absent: 2 }, auroc: 1, fpr95: 0, recallAt: { '0.01': 1, '0.03': 1 } });
    expect(detectionFigures({ present: [3], absent: [] })).toMatchObject({ auroc: NaN, fpr95: NaN, recallAt: { '0.01': NaN } });
  });
});

describe('bootstrap over groups', () => {
  test('draws whole groups, gives the same twice, and leaves resamples out that have no figure', () => {
    const groups = ['a', 'a', 'b', 'b', 'c'];
    const seen: number[][] = [];
    const run = () => groupBootstrap(groups, (indices) => {
      seen.push([...indices]);
      return { n: indices.length, c: indices.includes(4) ? 1 : NaN };
    }, { resamples: 50, seed: 3 });
    const first = run();
    expect(run()).toEqual(first);
    for (const indices of seen) expect(indices.filter((index) => index === 0).length).toBe(indices.filter((index) => index === 1).length);
    expect(first.c).toEqual([1, 1]);
    expect(first.n[0]).toBeLessThan(first.n[1]);
  });
});
