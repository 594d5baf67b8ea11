import { describe, expect, test } from 'vitest';
import { promiseOf, thresholdOf } from '../../../src/learn/own/promise.ts';
import { predictionLimit, studentQuantile, wilsonInterval } from '../../../src/learn/own/small-samples.ts';
import { scenesOf } from '../../../src/learn/own/scenes.ts';
import { SHOWN, type Example, type Roots } from '../../../src/learn/own/examples.ts';
import { createRandom } from '../../../src/lib/random.ts';

describe('small samples', () => {
  test("Student's quantiles are those of the tables", () => {
    for (const [level, degrees, value] of [[0.99, 4, 3.747], [0.99, 14, 2.624], [0.95, 9, 1.833], [0.975, 29, 2.045]] as const) {
      expect(Math.abs(studentQuantile(level, degrees) / value - 1)).toBeLessThan(2e-3);
    }
  });

  test("Wilson's interval of 13 of 15 and of 0 of 15", () => {
    const [low, high] = wilsonInterval(13, 15);
    expect(low).toBeCloseTo(0.6212, 3);
    expect(high).toBeCloseTo(0.9626, 3);
    expect(wilsonInterval(0, 15)[0]).toBe(0);
    expect(wilsonInterval(0, 15)[1]).toBeCloseTo(0.2039, 3);
  });

  test('one in a hundred of what comes next lies above the 99 % limit of fifteen normal values', () => {
    const random = createRandom(5);
    let above = 0;
    const trials = 20_000;
    for (let trial = 0; trial < trials; trial++) {
      const values = Array.from({ length: 15 }, () => random.gaussian());
      if (random.gaussian() > predictionLimit(values, 0.99, { sign: 1 })) above++;
    }
    // Three standard errors of a share of 0.01 in 20,000.
    expect(Math.abs(above / trials - 0.01)).toBeLessThan(0.0022);
  });
});

describe('the promise of a category', () => {
  const present = [2.1, 2.4, 1.9, 2.2, 2.6, 2.0, 2.3, 2.5, 1.8, 2.2];
  const absent = [-2.3, -1.9, -2.1, -2.6, -1.7, -2.2, -2.4, -2.0, -1.8, -2.5];
  const scenes = { present: 10, absent: 10 };

  test('a category well apart gets a threshold raised to the middle, and no doubts', () => {
    const threshold = thresholdOf({ present, absent, scenes, sameInstrument: true });
    expect(threshold).toBeCloseTo(0.025, 1);
    const { expected, doubts } = promiseOf('Mine', { present, absent, scenes, sameInstrument: true }, { against: 10, shipped: 0 });
    expect(expected).toMatchObject({ recall: 1, falseFinds: 0, auroc: 1 });
    expect(doubts).toEqual([]);
  });

  test('one that is not told apart is said to be not enough', () => {
    const { doubts, expected } = promiseOf('Mine', { present, absent: present, scenes, sameInstrument: true }, { against: 10, shipped: 0 });
    expect(doubts.join(' ')).toContain('not enough to trust');
    expect(expected!.auroc).toBe(0.5);
  });

  test('without other things of the instrument nothing is expected of it', () => {
    const about = promiseOf('Mine', { present, absent, scenes, sameInstrument: false }, { against: 0, shipped: 10 });
    expect(about.expected).toBeUndefined();
    expect(about.doubts.join(' ')).toContain('--against');
  });

  test('near duplicates count once, in the intervals too', () => {
    const few = promiseOf('Mine', { present, absent, scenes: { present: 4, absent: 10 }, sameInstrument: true }, { against: 10, shipped: 0 });
    const many = promiseOf('Mine', { present, absent, scenes, sameInstrument: true }, { against: 10, shipped: 0 });
    expect(few.doubts.join(' ')).toContain('4 different pictures are few, because 6 of the 10 are near duplicates');
    expect(few.expected!.recallInterval[0]).toBeLessThan(many.expected!.recallInterval[0]);
  });
});

test('alike pictures, and those of one group, are one scene', () => {
  const rootsOf = (values: readonly number[]): Roots => Object.fromEntries(SHOWN.map((shown) => [shown, Float32Array.from(values)])) as unknown as Roots;
  const example = (name: string, values: readonly number[], group?: string): Example => ({ name, sha256: name, label: 0, roots: rootsOf(values), ...(group !== undefined && { group }) });
  const scenes = scenesOf([example('a', [1, 0, 0]), example('b', [0, 1, 0], 'place'), example('c', [1, 0.1, 0]), example('d', [0, 0, 1], 'place'), example('e', [0, 1, 1])]);
  expect([...scenes]).toEqual([0, 1, 0, 1, 4]);
});
