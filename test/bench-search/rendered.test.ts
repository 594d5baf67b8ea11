import { describe, expect, test } from 'vitest';
import type { RunPlan } from '../../src/contract/run.ts';
import { planGrid } from '../../src/search/grid.ts';
import type { Truth } from '../../simulator/truth.ts';
import { kendallTau, pairsOf, speedups, tau } from '../../bench/search/rendered/agreement.ts';
import { runRendered } from '../../bench/search/rendered/bench.ts';
import { AREA, SPECIMENS, TARGET, TARGETS } from '../../bench/search/rendered/specimens.ts';
import type { RenderedResult } from '../../bench/search/rendered/task.ts';
import { playTwin } from '../../bench/search/rendered/twin.ts';
import { mean } from '../../bench/search/statistics.ts';
import { runCli } from '../support/cli.ts';

/** Runs of three strategies whose times on both levels are these, a little different from seed to seed. */
function resultsOf(rendered: readonly number[], scores: readonly number[]): RenderedResult[] {
  const strategies = ['serpentine', 'random', 'adaptive'] as const;
  return [0.95, 1, 1.05, 1.02].map((luck, seed) => ({
    task: { specimen: 'uniform', seed, strategies },
    targets: TARGETS,
    runs: strategies.map((strategy, at) => ({
      strategy, timeS: rendered[at]! * luck, reached: true, right: 3, declared: 3, looks: 40, surveyed: 0, wallS: 1, twinTimesS: [scores[at]! / luck, scores[at]! * luck],
    })),
  }));
}

describe('agreement of two levels', () => {
  test('Kendall\'s tau by hand', () => {
    expect(kendallTau([1, 2, 3, 4], [1, 2, 3, 4])).toBe(1);
    expect(kendallTau([1, 2, 3, 4], [8, 6, 4, 2])).toBe(-1);
    // One of six pairs turned round.
    expect(kendallTau([1, 2, 3, 4], [1, 3, 2, 4])).toBeCloseTo(4 / 6, 12);
    expect(kendallTau([1, 1, 3], [1, 2, 3])).toBeCloseTo(2 / 3, 12);
  });

  test('the same order is 1, whatever the sizes; the opposite one is -1', () => {
    expect(tau([resultsOf([100, 300, 50], [40, 41, 10])])).toEqual({ value: 1, low: 1, high: 1 });
    expect(tau([resultsOf([100, 300, 50], [41, 10, 90])])).toEqual({ value: -1, low: -1, high: -1 });
    expect(tau([resultsOf([100, 300, 50], [40, 41, 10]), resultsOf([100, 300, 50], [41, 10, 90])]).value).toBe(0);
  });

  test('speed-ups are over the first strategy, on either level, and pairs tell where the two differ', () => {
    const results = resultsOf([100, 300, 50], [40, 20, 10]);
    expect(speedups(results).map(({ rendered, scores }) => [rendered.value, scores.value].map((value) => Number(value.toFixed(6))))).toEqual([[1, 1], [Number((1 / 3).toFixed(6)), 2], [2, 4]]);
    expect(pairsOf(results).map(({ first, second, agree, undecided }) => [first, second, agree, undecided])).toEqual([
      ['serpentine', 'random', false, false],
      ['serpentine', 'adaptive', true, false],
      ['random', 'adaptive', true, false],
    ]);
  });
});

test('the specimens hold what is searched for, on the area that is searched', () => {
  for (const { sample } of Object.values(SPECIMENS)) expect([sample.sites[TARGET], sample.widthUm, sample.heightUm]).toEqual([TARGETS, AREA.widthUm, AREA.heightUm]);
});

test('the twin of a specimen has its targets in the same places: a search from top to bottom finds those at the top first', async () => {
  const grid = planGrid({ centreXUm: 0, centreYUm: 0, ...AREA, tileWidthUm: 20, tileHeightUm: 15, overlap: 0, blockTiles: 4 });
  const look = { widthPx: 512, heightPx: 384, dwellUs: 1 };
  const search = {
    finds: 3, prevalence: 0.04, falseFindRate: 0.01, missRate: 0.05, seed: 1,
    looks: { survey: { ...look, fieldWidthUm: 80 }, inspect: { ...look, fieldWidthUm: 20 }, confirm: { ...look, fieldWidthUm: 12 } },
    costs: { stageSpeedUmPerS: 40, settleS: 0.3, opticsChangeS: 0.2, frameS: { survey: 0.8, inspect: 0.2, confirm: 0.6 } },
  };
  const truthAt = (yUm: number): Truth =>
    ({ seed: 3, sites: [-80, -20, 20, 80].map((xUm) => ({ label: TARGET, xUm, yUm })) }) as unknown as Truth;
  const plan = { grid, search } as unknown as RunPlan;
  const [top, bottom] = await Promise.all([70, -70].map((yUm) => playTwin('serpentine', { plan, truth: truthAt(yUm) })));
  expect(top).toHaveLength(20);
  expect(mean(bottom!)).toBeGreaterThan(2 * mean(top!));
});

test.each([
  [{ family: 'line' }, 'Unknown specimen "line"'],
  [{ strategy: 'mixed-index,adaptive' }, 'Unknown strategy "mixed-index"'],
  [{ strategy: 'adaptive' }, 'A ranking needs two strategies at least.'],
  [{ seeds: '3' }, '--seeds "3" is no range'],
])('%j is refused in one sentence', async (options, words) => {
  await expect(runRendered({ json: true, ...options })).rejects.toMatchObject({ message: expect.stringContaining(words) });
});

test('bench search --rendered takes no size', async () => {
  const { code, stdout, stderr } = await runCli(['bench', 'search', '--rendered', '--n', '100']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^emagent: --rendered has one size and no reference: leave --n and --reference out\.\n/);
});
