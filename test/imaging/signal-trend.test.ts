import { expect, test } from 'vitest';
import { createSignalTrend } from '../../src/imaging/signal-trend.ts';
import { createRandom } from '../../src/lib/random.ts';

const bright = (random: { uniform(): number }): number => 0.25 + 0.3 * random.uniform();

test('a signal that fades within 30 fields is noticed before it is gone', () => {
  const random = createRandom(1);
  const trend = createSignalTrend();
  for (let field = 0; field < 20; field++) expect(trend.observe(bright(random))).toBeUndefined();
  const told = Array.from({ length: 30 }, (_, field) => trend.observe(bright(random) * (1 - field / 30))).findIndex((share) => share !== undefined);
  expect(told).toBeGreaterThan(10);
  expect(told).toBeLessThan(28);
});

test('fields of any brightness, and two dark ones in a row, are no reason to stop', () => {
  const random = createRandom(2);
  const trend = createSignalTrend();
  for (let field = 0; field < 400; field++) expect(trend.observe(field % 10 < 2 ? 0.03 : bright(random))).toBeUndefined();
});

test('a signal that was low from the beginning is the signal', () => {
  const trend = createSignalTrend();
  for (let field = 0; field < 50; field++) expect(trend.observe(0.04)).toBeUndefined();
});

test('after a reset the signal of now counts', () => {
  const trend = createSignalTrend();
  for (let field = 0; field < 10; field++) trend.observe(0.5);
  trend.reset();
  for (let field = 0; field < 10; field++) expect(trend.observe(0.1)).toBeUndefined();
});
