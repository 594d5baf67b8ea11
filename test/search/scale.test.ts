import { describe, expect, test } from 'vitest';
import { randomFor } from '../../src/lib/random.ts';
import { createBelief, recordSurvey, surveyEvidence, surveySeparation } from '../../src/search/belief.ts';
import { tilesOfBlock } from '../../src/search/grid.ts';
import { strategy as adaptive } from '../../src/search/strategies/adaptive.ts';
import { gridOf, searchOptions } from './world.ts';

const grid = gridOf({ edgeTiles: 32 });
const SEPARATION = 1.5;

/** Surveys of so many blocks without a target, their log ratios `times` too large. */
function surveyed(times: number, blocks = 40): ReturnType<typeof createBelief> {
  const belief = createBelief(grid, 0.01);
  const random = randomFor(11, `scale ${times}`);
  for (let block = 0; block < blocks; block++) {
    recordSurvey(belief, grid, tilesOfBlock(grid, block).map((tile) => ({ tile, logRatio: times * (SEPARATION * random.gaussian() - SEPARATION ** 2 / 2) })));
  }
  return belief;
}

describe('what of the log ratios is believed', () => {
  test.each([1 / 3, 1])('all of it when they come out %d times what they should be', (times) => {
    expect(surveyed(times).scale).toBe(1);
  });

  test.each([2, 3, 5])('about the right share of them when they are %d times too large', (times) => {
    const belief = surveyed(times);
    expect(belief.scale * times).toBeGreaterThan(0.85);
    expect(belief.scale * times).toBeLessThan(1.3);
    expect(surveySeparation(belief)).toBeGreaterThan(1.2);
    expect(surveySeparation(belief)).toBeLessThan(1.9);
    // A tile that stands out by three standard deviations.
    belief.survey[0] = times * (3 * SEPARATION - SEPARATION ** 2 / 2);
    expect(surveyEvidence(belief, 0)).toBeLessThan(1.3 * (3 * SEPARATION - SEPARATION ** 2 / 2));
  });

  test('an estimate between two steps changes nothing: log ratios three times too large, 300 surveys', () => {
    const belief = createBelief(grid, 0.01);
    const random = randomFor(11, 'steps');
    let changes = 0;
    for (let survey = 0; survey < 300; survey++) {
      const before = belief.scale;
      recordSurvey(belief, grid, tilesOfBlock(grid, survey % 64).map((tile) => ({ tile, logRatio: 3 * (SEPARATION * random.gaussian() - SEPARATION ** 2 / 2) })));
      if (belief.scale !== before) changes++;
    }
    expect(changes).toBeGreaterThan(0);
    expect(changes).toBeLessThanOrEqual(10);
  });

  test('one survey is no proof', () => {
    expect(surveyed(1, 1).scale).toBeGreaterThan(0.8);
  });
});

test('a prior draws surveys: the first one is where targets are said to be likely', () => {
  const likely = 45;
  const options = searchOptions({ finds: 5, seed: 1 });
  const priorLogOdds = Array.from({ length: 1024 }, () => 0);
  for (const tile of tilesOfBlock(grid, likely)) priorLogOdds[tile] = 1.5;
  const here = { xUm: 0, yUm: 0, fieldWidthUm: options.looks.inspect.fieldWidthUm };
  const without = adaptive.next(adaptive.start(grid, options), here);
  const drawn = adaptive.next(adaptive.start(grid, { ...options, priorLogOdds }), here);
  expect(without).toMatchObject({ kind: 'survey' });
  expect(without).not.toMatchObject({ block: likely });
  expect(drawn).toMatchObject({ kind: 'survey', block: likely });
});
