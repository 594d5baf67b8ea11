import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/contract/events.ts';
import { shadeOf } from '../../src/live/shade.ts';
import { emptySnapshot, foldEvent } from '../../src/live/snapshot.ts';
import { blockMap } from '../../src/live/watch/block-map.ts';
import { screenLines } from '../../src/live/watch/screen.ts';
import { doseText, durationText, lengthText, logLine, percentText, summaryText } from '../../src/live/words.ts';
import { sampleRun } from '../support/sample-run.ts';

test.each([
  [0.4, '0 s'], [59.4, '59 s'], [60, '1 min 00 s'], [3599, '59 min 59 s'], [3599.7, '1 h 00 min'], [7500, '2 h 05 min'], [-3, '0 s'],
])('%d s is %s', (seconds, text) => expect(durationText(seconds)).toBe(text));

test.each([
  [0, '0.0 µm'], [0.85, '850 nm'], [12.5, '12.5 µm'], [-120.4, '-120 µm'], [1200, '1.20 mm'], [25_000, '25.0 mm'],
])('%d µm is %s', (um, text) => expect(lengthText(um)).toBe(text));

test.each([
  [0, '0 C/m²'], [0.00125, '1.25 mC/m²'], [12.34, '12.3 C/m²'], [4.2e-7, '420 nC/m²'], [3e-16, '0 C/m²'],
])('%d C/m² is %s', (dose, text) => expect(doseText(dose)).toBe(text));

test.each([
  [0, '0.0 %'], [0.0001, '<0.1 %'], [0.023, '2.3 %'], [0.5, '50 %'], [0.994, '99 %'], [0.9963, '99.6 %'], [0.9999, '>99.9 %'], [1, '100 %'],
])('probability %d is %s', (probability, text) => expect(percentText(probability)).toBe(text));

test('what is more probable is shaded more, from 0 to 1', () => {
  const shades = [0, 0.001, 0.01, 0.02, 0.1, 0.5, 0.9, 0.99, 1].map(shadeOf);
  expect(shades[0]).toBe(0);
  expect(shades.at(-1)).toBe(1);
  expect(shades).toEqual([...shades].sort((a, b) => a - b));
});

test('the end of a run in words', () => {
  const end = sampleRun().at(-1) as Extract<RunEvent, { type: 'run-ended' }>;
  const result = { ...end.result, instrumentSeconds: 68, meanDoseCPerM2: 0.0065, missedBound: { expected: 5.23, upper95: 9.01 } };
  const tail = `in ${result.fields.imaged} fields, 1 min 08 s of instrument time and 6.50 mC/m² mean dose. About 5.2 more may be there, with 95 % credibility not more than 9.0.`;
  expect(summaryText(result)).toBe(`5 finds of Nanowires ${tail}`);
  expect(summaryText({ ...result, target: 'Porous_Sponge', finds: result.finds.slice(0, 1) })).toBe(`1 find of Porous Sponge ${tail}`);
  expect(summaryText({ ...result, finds: [] })).toBe(`No finds of Nanowires ${tail}`);
});

test('what could not be proven safe is an error in the log', () => {
  const halted = sampleRun({ ending: 'panicked', findsWanted: 20 }).find(({ type }) => type === 'halted')!;
  expect(logLine(halted)).toEqual({ level: 'error', text: 'NOT proven safe (the blanker did not answer); not restored: blanker: asked closed, read open' });
});

describe('terminal', () => {
  const snapshot = sampleRun().slice(0, -5).reduce(foldEvent, emptySnapshot());
  // oxlint-disable-next-line no-control-regex
  const plain = (line: string): string => line.replaceAll(/\u001b\[[\d;]*m/g, '');

  test.each([[100, 40], [80, 24], [40, 12], [20, 8], [200, 60]])('%i x %i characters: nothing sticks out', (columns, rows) => {
    for (const colours of [true, false]) {
      const lines = screenLines(snapshot, { columns, rows, colours });
      expect(lines.length).toBeLessThan(rows);
      for (const line of lines.slice(0, 1)) expect(plain(line)).toMatch(/^Nanowires/);
      expect(Math.max(...lines.map((line) => plain(line).length))).toBeLessThanOrEqual(columns);
      if (!colours) expect(lines.join('\n')).not.toContain('\u001b');
    }
  });

  test('every find is on the map, however small it is', () => {
    for (const height of [1, 2, 5, 18]) {
      const map = blockMap(snapshot, { width: 64, height, colours: false });
      expect(map.length).toBeLessThanOrEqual(height);
      expect(map.join('')).toContain('X');
      expect(new Set(map.map(({ length }) => length)).size).toBe(1);
    }
    expect(blockMap(emptySnapshot(), { width: 64, height: 18, colours: false })).toEqual([]);
  });

  test('a tile of the map is where it is in the area', () => {
    const { grid } = snapshot.plan!;
    const map = blockMap(snapshot, { width: 2 * grid.columns, height: grid.rows, colours: false });
    expect(map).toHaveLength(grid.rows);
    for (const { tile } of snapshot.finds) {
      expect(map[Math.floor(tile / grid.columns)]!.slice(2 * (tile % grid.columns), 2 * (tile % grid.columns) + 2)).toBe('XX');
    }
  });

  test('before the run begins', () => {
    expect(screenLines(emptySnapshot(), { columns: 80, rows: 24, colours: false })[0]).toBe('Waiting for the run to begin');
  });
});
