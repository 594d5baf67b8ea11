import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { required } from '../../src/lib/guards.ts';
import { coverageOf, readHistory } from '../../src/record/report/history.ts';
import { escapeHtml, html } from '../../src/record/report/markup.ts';
import { formatArea, formatCharge, formatDuration, formatLength, formatPercent, roundLength, ticks } from '../../src/record/report/quantities.ts';
import { writeReport } from '../../src/record/report.ts';
import { openRunFolder } from '../../src/record/run-folder.ts';
import { sampleRun } from '../support/sample-run.ts';
import { runFileOf, writeSampleFolder } from './sample-folder.ts';

const report = async (dir: string): Promise<string> => readFileSync(await writeReport(dir), 'utf8');

describe('the report', () => {
  test('shows every find with its picture, place and probability, and needs nothing but itself', async () => {
    const { dir } = await writeSampleFolder({ columns: 40, rows: 30, findsWanted: 8, fields: 300 });
    const page = await report(dir);
    const { run } = await openRunFolder(dir);
    const finds = required(run.result, 'the result').finds;
    expect(finds.length).toBe(8);
    for (const find of finds) {
      expect(page).toContain(`id="${find.id}"`);
      expect(page).toContain(`${find.xUm.toFixed(1)}, ${find.yUm.toFixed(1)} µm`.replaceAll('-', '−'));
      expect(page).toContain(`${find.frame}.ome.tif`);
    }
    expect(page.match(/data:image\/jpeg;base64,/g)!.length).toBeGreaterThanOrEqual(8);
    expect(page).toContain('8 finds of Nanowires: all that were wanted');
    // Nothing is fetched, nothing runs.
    expect(page).not.toMatch(/<script|<link|<iframe|@import|url\(/i);
    for (const [, target] of page.matchAll(/(?:src|href)="([^"]*)"/g)) expect(target).toMatch(/^data:image\/(png|jpeg);base64,/);
    expect(page).not.toMatch(/https?:/);
  });

  test('is the same each time it is written', async () => {
    const { dir } = await writeSampleFolder({ fields: 20 });
    expect(await report(dir)).toBe(await report(dir));
  });

  test('tells of a run that was cut off, of damage and of missing pictures', async () => {
    const { dir } = await writeSampleFolder({ fields: 25, ending: 'open', findsWanted: 50 });
    const journal = join(dir, 'events.jsonl');
    const lines = readFileSync(journal, 'utf8').split('\n');
    lines[7] = 'broken';
    writeFileSync(journal, `${lines.join('\n')}{"v":1,`);
    rmSync(join(dir, 'frames'), { recursive: true });
    const page = await report(dir);
    expect(page).toContain('The run was cut off');
    expect(page).toContain('events.jsonl: line 8 is not readable');
    expect(page).toContain('cut short, as after a crash');
    expect(page).toContain('is not there or cannot be read');
    expect(page).toContain('how the instrument was left is not known');
  });

  test('says first when the instrument was not proven safe', async () => {
    const { dir } = await writeSampleFolder({ findsWanted: 50, fields: 20, ending: 'panicked' });
    const page = await report(dir);
    expect(page).toContain('Go to the instrument.');
    expect(page).toContain('EM_VACUUM');
    expect(page).toContain('not proven blanked');
  });

  test('shows names as text, whatever they hold', async () => {
    const { dir } = await writeSampleFolder({ fields: 20 });
    const path = join(dir, 'run.json');
    const run = JSON.parse(readFileSync(path, 'utf8'));
    run.microscope.model = '<img src=x onerror=alert(1)>';
    writeFileSync(path, JSON.stringify(run));
    const page = await report(dir);
    expect(page).not.toContain('<img');
    expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;');
  });

  test('draws a hundred thousand tiles without becoming large', async () => {
    const { dir } = await writeSampleFolder({ columns: 400, rows: 250, blockTiles: 10, fields: 30 });
    expect((await report(dir)).length).toBeLessThan(2_000_000);
  });
});

describe('what the report counts', () => {
  const events = sampleRun({ columns: 20, rows: 15, findsWanted: 4, fields: 80 });
  const history = readHistory(events);
  const { plan } = runFileOf(events);
  test('agrees with the result of the run', () => {
    const result = required(history.result, 'the result');
    const observed = events.filter((event) => event.type === 'observed');
    expect(history.finds).toEqual(result.finds);
    expect(history.frames.size).toBe(result.fields.imaged);
    const sum = (pick: 'seconds' | 'doseC' | 'count'): number => Object.values(history.accounts).reduce((total, account) => total + account[pick], 0);
    expect(sum('count')).toBe(observed.length);
    expect(sum('doseC')).toBeCloseTo(result.doseC, 15);
    expect(sum('seconds')).toBeLessThanOrEqual(result.instrumentSeconds);
  });
  test('every tile is counted once', () => {
    const coverage = coverageOf(plan, history);
    expect(coverage.total).toBe(20 * 15 - 4);
    expect(coverage.inspected + coverage.surveyedOnly + coverage.skipped).toBe(history.tiles.size);
    expect(coverage.inspected).toBeGreaterThan(0);
  });
});

test('quantities are written as people write them', () => {
  expect([0.5, 61, 3725].map(formatDuration)).toEqual(['0.5 s', '1 min 01 s', '1 h 02 min']);
  expect([0.0124, 0.5, 0.9949, 0.99995, 1].map(formatPercent)).toEqual(['1.2 %', '50 %', '99.5 %', '99.99 %', '100 %']);
  expect([0.0195, 12.3456, 5000].map(formatLength)).toEqual(['19.5 nm', '12.3 µm', '5 mm']);
  expect(formatArea(2400)).toBe('2400 µm²');
  expect(formatArea(2400, 171_000)).toBe('0.0024 mm²');
  expect([0, 1.13e-9, 2e-4].map(formatCharge)).toEqual(['0 pC', '1.13 nC', '200 µC']);
  expect([0.9, 1, 4.9, 70].map(roundLength)).toEqual([0.5, 1, 2, 50]);
  expect(ticks(-240, 240)).toEqual([-200, -100, 0, 100, 200]);
});

test('markup escapes what is put into it, once', () => {
  expect(escapeHtml(`<a href="x">&'`)).toBe('&lt;a href=&quot;x&quot;&gt;&amp;&#39;');
  expect(html`<p>${'<b>'}${html`<i>${3}</i>`}${[html`x`, html`y`]}${undefined}</p>`.markup).toBe('<p>&lt;b&gt;<i>3</i>xy</p>');
});
