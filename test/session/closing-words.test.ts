import { expect, test } from 'vitest';
import { closingWords, coverageOf } from '../../src/session/closing-words.ts';
import { sampleRun } from '../support/sample-run.ts';

const [started] = sampleRun({ fields: 5 });
if (started?.type !== 'run-started') throw new Error('the run does not begin with its plan');
const { plan } = started;
const seen = Array.from({ length: plan.grid.columns * plan.grid.rows }, () => 2);
const coverage = coverageOf(plan, { summary: () => ({ seen }) as never, sensitivity: () => ({ looks: 0, sensitivity: undefined }) });
const missed = { expected: 1.2, upper95: 4.8 };
const suspect = { tile: 7, xUm: -12.34, yUm: 56.78, probability: 0.982 };

test('what was suspected and not confirmed is told with the place of the likeliest, between finds and coverage', () => {
  const words = closingWords(plan, { finds: [], suspects: [suspect, { ...suspect, tile: 9, probability: 0.6 }], coverage, missed });
  expect(words).toHaveLength(4);
  expect(words[0]).toBe(`No ${plan.target} was confirmed.`);
  expect(words[1]).toBe(`2 places are more likely ${plan.target} than not, but not confirmed; the likeliest: x -12.3 µm, y 56.8 µm, 98 %.`);
  expect(closingWords(plan, { finds: [], suspects: [suspect], coverage, missed })[1]).toBe(`1 place is more likely ${plan.target} than not, but not confirmed: x -12.3 µm, y 56.8 µm, 98 %.`);
});

test('without any there is no word of it', () => {
  expect(closingWords(plan, { finds: [], suspects: [], coverage, missed })).toHaveLength(3);
});
