import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  blockRate, createBelief, globalRate, logistic, logit, looksToGain, recordClose, recordHit, recordSurvey, surveySeparation, tileEvidence, tileLogOdds,
} from '../../src/search/belief.ts';
import { blockOf, tilesOfBlock } from '../../src/search/grid.ts';
import { gridOf } from './world.ts';
import { randomFor } from '../../src/lib/random.ts';

const grid = gridOf({ edgeTiles: 32 });
const fresh = () => createBelief(grid, 0.02);
const inspectAll = (belief: ReturnType<typeof fresh>, block: number, logRatio: number): void => {
  for (const tile of tilesOfBlock(grid, block)) recordClose(belief, grid, { tile, logRatio });
};

test('before anything is seen every tile has the prevalence', () => {
  const belief = fresh();
  for (const tile of [0, 500, 1023]) expect(logistic(tileLogOdds(belief, blockOf(grid, tile), { tile }))).toBeCloseTo(0.02, 12);
});

test('one look moves the log-odds by its log ratio and the little that an empty tile tells about the density', () => {
  const belief = fresh();
  recordClose(belief, grid, { tile: 100, logRatio: 3 });
  expect(tileEvidence(belief, 100)).toBe(3);
  expect(tileLogOdds(belief, blockOf(grid, 100), { tile: 100 })).toBeLessThan(logit(0.02) + 3);
  expect(tileLogOdds(belief, blockOf(grid, 100), { tile: 100 })).toBeGreaterThan(logit(0.02) + 2.8);
});

test('further looks count less and less: n equal ones are worth n / (1 + 0.15 (n - 1))', () => {
  const belief = fresh();
  const after = Array.from({ length: 5 }, () => {
    recordClose(belief, grid, { tile: 7, logRatio: 2 });
    return tileEvidence(belief, 7);
  });
  after.forEach((value, index) => expect(value).toBeCloseTo((2 * (index + 1)) / (1 + 0.15 * index), 12));
});

test('a survey counts fully until the tile is seen closely, then half', () => {
  const belief = fresh();
  recordSurvey(belief, grid, [{ tile: 5, logRatio: 1.2 }]);
  expect(tileEvidence(belief, 5)).toBeCloseTo(1.2, 12);
  recordClose(belief, grid, { tile: 5, logRatio: -1 });
  expect(tileEvidence(belief, 5)).toBeCloseTo(0.6 - 1, 12);
});

test('looks that gain so many nats are counted with their correlation, and there may be none', () => {
  const belief = fresh();
  for (let look = 0; look < 4; look++) recordClose(belief, grid, { tile: 3, logRatio: 2 });
  const evidence = (): number => tileEvidence(belief, 3);
  const before = evidence();
  const needed = looksToGain(belief, 3, 1.5);
  expect(looksToGain(belief, 3, 0)).toBe(0);
  expect(looksToGain(belief, 3, 8)).toBe(Infinity);
  for (let look = 1; look < needed; look++) recordClose(belief, grid, { tile: 3, logRatio: 2 });
  expect(evidence() - before).toBeLessThan(1.5);
  recordClose(belief, grid, { tile: 3, logRatio: 2 });
  expect(evidence() - before).toBeGreaterThanOrEqual(1.5);
  recordClose(belief, grid, { tile: 9, logRatio: -1 });
  expect(looksToGain(belief, 9, 1)).toBe(Infinity);
});

test('a find raises the density near it more than far away, an empty block lowers it near', () => {
  const belief = fresh();
  recordHit(belief, grid, { tile: 0, probability: 1 });
  inspectAll(belief, 63, -3);
  expect(blockRate(belief, 1)).toBeGreaterThan(blockRate(belief, 3));
  expect(blockRate(belief, 3)).toBeGreaterThan(blockRate(belief, 62));
  expect(blockRate(belief, 62)).toBeLessThan(globalRate(belief));
});

test('the density follows the share of finds as the tested tiles grow', () => {
  const belief = fresh();
  for (let block = 0; block < 64; block++) {
    inspectAll(belief, block, -2);
    for (const tile of tilesOfBlock(grid, block).slice(0, 4)) recordHit(belief, grid, { tile, probability: 1 });
  }
  expect(globalRate(belief)).toBeCloseTo(0.25, 1);
  expect(blockRate(belief, 27)).toBeGreaterThan(0.2);
  expect(blockRate(belief, 27)).toBeLessThan(0.3);
});

test('the separation of survey scores is learned from their spread', () => {
  const belief = fresh();
  expect(surveySeparation(belief)).toBeCloseTo(1.5, 12);
  const random = randomFor(4, 'separation');
  for (let block = 0; block < 64; block++) {
    recordSurvey(belief, grid, tilesOfBlock(grid, block).map((tile) => ({ tile, logRatio: 2.5 * random.gaussian() - 2.5 ** 2 / 2 })));
  }
  expect(Math.abs(surveySeparation(belief) - 2.5)).toBeLessThan(0.15);
  const flat = fresh();
  for (let block = 0; block < 64; block++) recordSurvey(flat, grid, tilesOfBlock(grid, block).map((tile) => ({ tile, logRatio: 0 })));
  expect(surveySeparation(flat)).toBeLessThan(0.3);
});

describe('whatever it is told', () => {
  const looks = fc.array(
    fc.record({
      kind: fc.constantFrom('survey', 'close', 'hit'),
      tile: fc.integer({ min: 0, max: 1023 }),
      // JSON has no negative zero; it decides nothing either.
      logRatio: fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1e300, 1e300)).map((value) => value + 0),
    }),
    { maxLength: 80 },
  );

  test('probabilities stay inside 0 to 1 and the belief goes through JSON unchanged', () => {
    fc.assert(
      fc.property(looks, (list) => {
        const belief = fresh();
        for (const { kind, tile, logRatio } of list) {
          if (kind === 'survey') recordSurvey(belief, grid, [{ tile, logRatio }]);
          else if (kind === 'close') recordClose(belief, grid, { tile, logRatio });
          else recordHit(belief, grid, { tile, probability: 1 });
        }
        for (let tile = 0; tile < 1024; tile += 33) {
          const p = logistic(tileLogOdds(belief, blockOf(grid, tile), { tile }));
          expect(p).toBeGreaterThanOrEqual(0);
          expect(p).toBeLessThanOrEqual(1);
        }
        expect(JSON.parse(JSON.stringify(belief))).toEqual(belief);
      }),
      { numRuns: 60 },
    );
  });

  test('more evidence never makes a target less probable', () => {
    fc.assert(
      fc.property(fc.double({ min: -6, max: 6, noNaN: true }), fc.double({ min: 0, max: 4, noNaN: true }), (logRatio, more) => {
        const [low, high] = [logRatio, logRatio + more].map((ratio) => {
          const belief = fresh();
          recordClose(belief, grid, { tile: 9, logRatio: ratio });
          return tileLogOdds(belief, blockOf(grid, 9), { tile: 9 });
        });
        expect(high!).toBeGreaterThanOrEqual(low!);
      }),
    );
  });
});
