import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/contract/events.ts';
import { createSiteDose, exposeAgain } from '../../src/session/site-dose.ts';
import { runWithFaults } from '../faults/fault-bench.ts';

/** Four columns and three rows of 20 x 15 um, the upper left corner at the origin. */
const grid = { columns: 4, rows: 3, tileWidthUm: 20, tileHeightUm: 15, leftUm: 0, topUm: 0, blockTiles: 4, excluded: [] };
const tile = (column: number, row: number) => ({ xUm: 20 * column + 10, yUm: -15 * row - 7.5, widthUm: 20, heightUm: 15 });

describe('dose of a place', () => {
  test('adds up over the exposures of a tile and of the fields that hold it', () => {
    const dose = createSiteDose({ grid, budget: { siteDoseCPerM2: 1 } });
    dose.expose(tile(1, 1), 0.5);
    dose.expose({ xUm: 40, yUm: -22.5, widthUm: 80, heightUm: 45 }, 0.25);
    expect(dose.mostCPerM2).toBe(0.75);
    expect(() => dose.check(tile(1, 1), 0.25)).not.toThrow();
    expect(() => dose.check(tile(1, 1), 0.26)).toThrow(expect.objectContaining({ code: 'EM_DOSE' }));
    expect(() => dose.check(tile(2, 1), 0.7)).not.toThrow();
  });

  test('neighbours are not counted for the inaccuracy of a stage, tiles that are scanned in part are', () => {
    const dose = createSiteDose({ grid, budget: { siteDoseCPerM2: 1 } });
    const put = tile(1, 1);
    dose.expose({ ...put, xUm: put.xUm + 0.8, yUm: put.yUm - 0.6 }, 1);
    expect(() => dose.check(tile(2, 1), 1)).not.toThrow();
    expect(() => dose.check(tile(1, 2), 1)).not.toThrow();
    dose.expose({ xUm: 60, yUm: -7.5, widthUm: 12, heightUm: 9 }, 1);
    expect(() => dose.check(tile(2, 0), 0.1)).toThrow(expect.objectContaining({ code: 'EM_DOSE' }));
    expect(() => dose.check(tile(3, 0), 0.1)).toThrow(expect.objectContaining({ code: 'EM_DOSE' }));
    expect(() => dose.check(tile(0, 0), 1)).not.toThrow();
  });

  test('a field that leaves the area on all sides counts for all of it', () => {
    const dose = createSiteDose({ grid, budget: { siteDoseCPerM2: 1 } });
    dose.expose({ xUm: 40, yUm: -20, widthUm: 400, heightUm: 300 }, 0.9);
    for (const [column, row] of [[0, 0], [3, 2]] as const) expect(() => dose.check(tile(column, row), 0.2)).toThrow(expect.objectContaining({ code: 'EM_DOSE' }));
  });

  test('without a cap nothing is refused', () => {
    const dose = createSiteDose({ grid, budget: {} });
    dose.expose(tile(0, 0), 1e6);
    expect(() => dose.check(tile(0, 0), 1e6)).not.toThrow();
  });

  test('a run that goes on knows what was exposed before', () => {
    const settings = { fieldWidthUm: 20, widthPx: 400, heightPx: 300, dwellUs: 1 };
    const look = { band: 'inspect', ...tile(2, 0), settings };
    const observed = { type: 'observed', action: { kind: 'inspect', tile: 2, look }, doseC: 0.6 * 20 * 15 * 1e-12 } as unknown as RunEvent;
    const dose = createSiteDose({ grid, budget: { siteDoseCPerM2: 1 } });
    exposeAgain(dose, [observed]);
    expect(dose.mostCPerM2).toBeCloseTo(0.6, 6);
    expect(() => dose.check(tile(2, 0), 0.5)).toThrow(expect.objectContaining({ code: 'EM_DOSE' }));
  });
});

describe('a run with a cap', () => {
  const most = (doses: readonly (number | undefined)[]): number => Math.max(...doses.map((dose) => dose ?? 0));

  test('never gives a place more, focusing included, and goes on elsewhere', async () => {
    const cap = 0.195;
    const free = await runWithFaults({ seed: 2 });
    expect(free.result.highestSiteDoseCPerM2).toBeGreaterThan(cap);
    const { result, truth, events } = await runWithFaults({ seed: 2, settings: { budget: { siteDoseCPerM2: cap } } });
    expect(result.highestSiteDoseCPerM2).toBeLessThanOrEqual(cap);
    expect(most(truth.sites.map(({ doseCPerM2 }) => doseCPerM2))).toBeLessThanOrEqual(cap);
    const left = events.filter((event) => event.type === 'skipped');
    expect(new Set(left.map(({ code }) => code))).toEqual(new Set(['EM_DOSE']));
    expect(result).not.toHaveProperty('error');
  });

  test('under which no find could be confirmed is refused before the first move', async () => {
    await expect(runWithFaults({ settings: { budget: { siteDoseCPerM2: 0.01 } } })).rejects.toMatchObject({ code: 'EM_PLAN' });
  });
});
