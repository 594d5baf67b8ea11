import { expect, test } from 'vitest';
import type { Observation } from '../../src/contract/strategy.ts';
import { randomFor } from '../../src/lib/random.ts';
import { suspicionLogOdds } from '../../src/search/confirmation.ts';
import { normalTail } from '../../src/search/quantile.ts';
import { createSensitivityMeter } from '../../src/search/sensitivity.ts';
import { LOOKS } from './world.ts';

const costs = { stageSpeedUmPerS: 500, settleS: 0.3, opticsChangeS: 0.5, frameS: { survey: 1, inspect: 1, confirm: 2 } };
const options = { finds: 3, prevalence: 0.02, falseFindRate: 0.01, missRate: 0.05, looks: LOOKS, costs, seed: 1 };
const settings = LOOKS.inspect;

const inspect = (tile: number, logRatio: number): Observation => ({
  action: { kind: 'inspect', tile, look: { band: 'inspect', xUm: 0, yUm: 0, settings } },
  outcome: 'seen', tiles: [{ tile, logRatio }], seconds: 1, doseC: 0,
});
const survey = (logRatios: readonly number[]): Observation => ({
  action: { kind: 'survey', block: 0, tiles: logRatios.map((_, tile) => tile), look: { band: 'survey', xUm: 0, yUm: 0, settings } },
  outcome: 'seen', tiles: logRatios.map((logRatio, tile) => ({ tile, logRatio })), seconds: 1, doseC: 0,
});

test.each([1, 2, 3])('from looks at places without a target alone it tells what share of targets would show, d\' = %d', (separation) => {
  const meter = createSensitivityMeter(options);
  const random = randomFor(separation, 'sensitivity');
  // Normal scores with this separation, at places without a target.
  const scores = Array.from({ length: 20_000 }, () => separation * random.gaussian() - separation ** 2 / 2);
  meter.observe(survey(scores));
  for (const [tile, logRatio] of scores.entries()) meter.observe(inspect(tile, logRatio));
  const shown = (threshold: number): number => normalTail((threshold - separation ** 2 / 2) / separation);
  expect(meter.read('survey').sensitivity).toBeCloseTo(shown(0), 1.5);
  expect(meter.read('inspect').sensitivity).toBeCloseTo(shown(suspicionLogOdds(options) - Math.log(0.02 / 0.98)), 1.5);
});

test('few looks tell nothing; failed ones and those at finds do not count', () => {
  const meter = createSensitivityMeter(options);
  for (let tile = 0; tile < 20; tile++) meter.observe(inspect(tile, -3));
  meter.observe(inspect(20, 6));
  meter.found(20);
  meter.observe({ ...inspect(21, 0), outcome: 'rejected', tiles: [] });
  expect(meter.read('inspect')).toEqual({ looks: 20, sensitivity: 1 - Math.exp(-3) });
  expect(meter.read('survey')).toEqual({ looks: 0, sensitivity: undefined });
});
