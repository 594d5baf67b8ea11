import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Prediction } from '../../src/contract/classifier.ts';
import { ARTEFACTS, drawArtefact } from '../../src/learn/evaluation/artefacts.ts';
import { confusedPairs } from '../../src/learn/evaluation/confused.ts';
import { detectionByKind } from '../../src/learn/evaluation/detection-by-kind.ts';
import { ownCategoryFigures, ownLabels } from '../../src/learn/evaluation/own-category.ts';
import { brierScore, classwiseCalibrationError, judgedOf, reliabilityBins } from '../../src/learn/evaluation/reliability.ts';
import { accuracyAtCoverage, areaUnderRiskCoverage, coverageCurve } from '../../src/learn/evaluation/selective.ts';
import { createRandom } from '../../src/lib/random.ts';

const judged = fc.array(fc.record({ confidence: fc.integer({ min: 0, max: 20 }).map((value) => value / 20), right: fc.boolean() }), { minLength: 1, maxLength: 60 });

describe('reliability', () => {
  test('every picture is in one bin, and the gaps of the bins add up to the calibration error of them all', () => {
    const bins = reliabilityBins([{ confidence: 1, right: true }, { confidence: 0.95, right: false }, { confidence: 0, right: false }, { confidence: 0.5, right: true }]);
    expect(bins).toHaveLength(15);
    expect(bins.map(({ n }) => n)).toEqual([1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2]);
    expect(bins[14]).toMatchObject({ accuracy: 0.5, confidence: 0.975, to: 1 });
    expect(bins[1]).toMatchObject({ n: 0, accuracy: NaN });
  });

  test('the winner is judged; Brier and the classwise error of a small case are those by hand', () => {
    const scored = { truth: [0, 1], probabilities: [[0.8, 0.2], [0.6, 0.4]] };
    expect(judgedOf(scored)).toEqual([{ confidence: 0.8, right: true }, { confidence: 0.6, right: false }]);
    expect(brierScore(scored)).toBeCloseTo((0.04 + 0.04 + 0.36 + 0.36) / 2);
    // Each of the four probabilities has a bin of its own: gaps 0.2, 0.6 for the one label, 0.2, 0.6 for the other.
    expect(classwiseCalibrationError(2, scored)).toBeCloseTo(0.4);
  });

  test('a label that always gets too much is seen by the classwise error only', () => {
    // The winner is right in 7 of 10 cases and says 0.7; the second label is never there and gets 0.3.
    const truth = [0, 0, 0, 0, 0, 0, 0, 2, 2, 2];
    const probabilities = truth.map(() => [0.7, 0.3, 0]);
    expect(classwiseCalibrationError(3, { truth, probabilities })).toBeCloseTo((0 + 0.3 + 0.3) / 3);
  });
});

describe('selective prediction', () => {
  test('the curve ends at the accuracy of all, and does not depend on the order of pictures of equal confidence', () => {
    fc.assert(
      fc.property(judged, (entries) => {
        const points = coverageCurve(entries);
        expect(points).toHaveLength(entries.length);
        expect(points.at(-1)!.accuracy).toBeCloseTo(entries.filter(({ right }) => right).length / entries.length, 10);
        const turned = coverageCurve(entries.toReversed());
        points.forEach(({ accuracy }, index) => expect(turned[index]!.accuracy).toBeCloseTo(accuracy, 10));
      }),
    );
  });

  test('area and accuracy at a coverage, by hand', () => {
    const points = coverageCurve([{ confidence: 0.9, right: true }, { confidence: 0.8, right: true }, { confidence: 0.7, right: false }, { confidence: 0.6, right: true }]);
    expect(points.map(({ accuracy }) => accuracy)).toEqual([1, 1, 2 / 3, 3 / 4]);
    expect(areaUnderRiskCoverage(points)).toBeCloseTo((1 / 3 + 1 / 4) / 4);
    expect(accuracyAtCoverage(points, 0.5)).toBe(1);
    expect(accuracyAtCoverage(points, 0.51)).toBeCloseTo(2 / 3);
  });
});

describe('who is taken for whom', () => {
  test('shares are of the true category, not of all pictures', () => {
    expect(confusedPairs(['A', 'B', 'C'], [[8, 2, 0], [5, 5, 0], [0, 0, 0]])).toEqual([
      { truth: 'B', said: 'A', count: 5, share: 0.5 },
      { truth: 'A', said: 'B', count: 2, share: 0.2 },
    ]);
  });

  test('each kind of other picture has its own figures; a label without pictures, and Background, is no target', () => {
    const { mean, perLabel } = detectionByKind(['A', 'B', 'C', 'Background'], [
      { category: 'A', probabilities: [0.9, 0.1, 0, 0] },
      { category: 'B', probabilities: [0.2, 0.7, 0, 0.1] },
      { category: 'Background', probabilities: [0.1, 0.1, 0, 0.8] },
      { category: '_strange', probabilities: [0.95, 0.05, 0, 0] },
      { category: '_artefacts', probabilities: [0.9, 0, 0, 0.1] },
    ]);
    expect(Object.keys(perLabel)).toEqual(['A', 'B']);
    expect(perLabel['A']).toMatchObject({ background: { auroc: 1, fpr95: 0 }, otherCategory: { auroc: 1 }, noCategory: { auroc: 0, fpr95: 1 }, artefact: { auroc: 0.5, fpr95: 1 } });
    expect(mean.noCategory).toEqual({ n: 1, auroc: 0.5, fpr95: 0.5 });
  });
});

describe('a category of one\'s own', () => {
  const labels = ['Tetrapods', 'Background'];
  const seen = (category: string, probability: number, rejected = false) => {
    const prediction: Prediction = { label: probability >= 0.5 ? 'Tetrapods' : 'Background', probabilities: [probability, 1 - probability], embedding: new Float32Array(1), energy: 0, ...(rejected && { rejected: { reason: 'far' } }) };
    return { category, group: `${category} ${probability}`, prediction };
  };
  const pictures = [seen('Tetrapods', 0.9), seen('Tetrapods', 0.6), seen('Particles', 0.7), seen('_other', 0.8, true), seen('Background', 0.1)];

  test('every other folder counts as other', () => {
    expect(ownLabels(['Fibres', 'Tetrapods', 'Background'])).toEqual(['Tetrapods']);
    const figures = ownCategoryFigures(pictures, { label: 'Tetrapods', labels });
    expect(figures).toMatchObject({ n: { present: 2, other: 3 }, recallAt: { '0.01': 0.5, '0.03': 0.5 } });
    expect(figures.auroc).toBeCloseTo(4 / 6);
    // Without a threshold of its own: what it calls by the name and does not reject.
    expect(figures.atThreshold).toEqual({ recall: 1, falseFindRate: 1 / 3 });
    expect(figures.intervals['auroc']).toHaveLength(2);
  });

  test('at the model\'s own threshold', () => {
    expect(ownCategoryFigures(pictures, { label: 'Tetrapods', labels, threshold: 0.85 }).atThreshold).toEqual({ recall: 0.5, falseFindRate: 0, threshold: 0.85 });
  });
});

describe('artefacts', () => {
  test.each(ARTEFACTS)('%s spoils a picture, the same each time for one seed', (artefact) => {
    const data = Uint8Array.from({ length: 64 * 48 }, (_, index) => 100 + (index % 7) * 3);
    const draw = (seed: number) => drawArtefact({ widthPx: 64, heightPx: 48, data }, artefact, createRandom(seed));
    const spoilt = draw(1);
    expect(spoilt).toMatchObject({ widthPx: 64, heightPx: 48 });
    expect(draw(1)).toEqual(spoilt);
    const changed = spoilt.data.filter((value, index) => Math.abs(value - data[index]!) > 5).length;
    expect(changed).toBeGreaterThan(data.length / 10);
  });
});
