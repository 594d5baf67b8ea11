import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isEmagentError } from '../../src/contract/errors.ts';
import type { Zone } from '../../src/contract/region.ts';
import {
  blockCentre, blockColumns, blockOf, blockRows, checkReach, clampToTile, createSurveyable, planGrid, tileAt, tileCentre, tileCount,
  tilesOfBlock, type GridRequest,
} from '../../src/search/grid.ts';
import { meetsZone, rectangleAround } from '../../src/search/zones.ts';
import { LOOKS } from './world.ts';

const request: GridRequest = { centreXUm: 100, centreYUm: -50, widthUm: 400, heightUm: 300, tileWidthUm: 20, tileHeightUm: 15, overlap: 0, blockTiles: 4 };
const wide = { min: -1e6, max: 1e6 };

function failure(work: () => unknown): { code: string; message: string } {
  try {
    work();
  } catch (error) {
    if (isEmagentError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('planGrid', () => {
  test('covers the area exactly when it divides', () => {
    const grid = planGrid(request);
    expect([grid.columns, grid.rows, grid.leftUm, grid.topUm]).toEqual([20, 20, -100, 100]);
  });

  test('row 0 is on top and columns run to the right', () => {
    const grid = planGrid(request);
    expect(tileCentre(grid, 0)).toEqual({ xUm: -90, yUm: 92.5 });
    expect(tileCentre(grid, 399)).toEqual({ xUm: 290, yUm: -192.5 });
  });

  const requests = fc.record({
    centreXUm: fc.double({ min: -5000, max: 5000, noNaN: true }),
    centreYUm: fc.double({ min: -5000, max: 5000, noNaN: true }),
    columnsWanted: fc.double({ min: 1, max: 40, noNaN: true }),
    rowsWanted: fc.double({ min: 1, max: 40, noNaN: true }),
    tileWidthUm: fc.double({ min: 0.5, max: 200, noNaN: true }),
    tileHeightUm: fc.double({ min: 0.5, max: 200, noNaN: true }),
    overlap: fc.integer({ min: 0, max: 50 }),
    blockTiles: fc.integer({ min: 1, max: 6 }),
  }).map(({ columnsWanted, rowsWanted, ...rest }) => ({ ...rest, widthUm: columnsWanted * rest.tileWidthUm, heightUm: rowsWanted * rest.tileHeightUm }));

  test('fields cover the whole area, without a needless row or column', () => {
    fc.assert(
      fc.property(requests, (asked) => {
        const grid = planGrid(asked);
        const first = tileCentre(grid, 0);
        const last = tileCentre(grid, tileCount(grid) - 1);
        const slack = 1e-6 * (asked.widthUm + asked.heightUm);
        expect(first.xUm - asked.tileWidthUm / 2).toBeLessThanOrEqual(asked.centreXUm - asked.widthUm / 2 + slack);
        expect(last.xUm + asked.tileWidthUm / 2).toBeGreaterThanOrEqual(asked.centreXUm + asked.widthUm / 2 - slack);
        expect(first.yUm + asked.tileHeightUm / 2).toBeGreaterThanOrEqual(asked.centreYUm + asked.heightUm / 2 - slack);
        expect(last.yUm - asked.tileHeightUm / 2).toBeLessThanOrEqual(asked.centreYUm - asked.heightUm / 2 + slack);
        if (grid.columns > 1) expect((grid.columns - 2) * grid.tileWidthUm + asked.tileWidthUm).toBeLessThan(asked.widthUm + slack);
        if (grid.rows > 1) expect((grid.rows - 2) * grid.tileHeightUm + asked.tileHeightUm).toBeLessThan(asked.heightUm + slack);
      }),
    );
  });

  test('each tile is at its own centre and in one block', () => {
    fc.assert(
      fc.property(requests, fc.nat(), (asked, pick) => {
        const grid = planGrid(asked);
        const tile = pick % tileCount(grid);
        expect(tileAt(grid, tileCentre(grid, tile))).toBe(tile);
        expect(tilesOfBlock(grid, blockOf(grid, tile))).toContain(tile);
      }),
      { numRuns: 50 },
    );
  });

  test('blocks share out the tiles, and none is looked at from outside the area', () => {
    const grid = planGrid({ ...request, widthUm: 130, heightUm: 80 });
    const all = Array.from({ length: blockColumns(grid) * blockRows(grid) }, (_, block) => tilesOfBlock(grid, block)).flat();
    expect([...all].sort((a, b) => a - b)).toEqual(Array.from({ length: tileCount(grid) }, (_, tile) => tile));
    for (let block = 0; block < blockColumns(grid) * blockRows(grid); block++) {
      const { xUm, yUm } = blockCentre(grid, block);
      expect(xUm).toBeLessThanOrEqual(grid.leftUm + grid.columns * grid.tileWidthUm);
      expect(yUm).toBeGreaterThanOrEqual(grid.topUm - grid.rows * grid.tileHeightUm);
    }
  });

  test.each<[string, Partial<GridRequest>, RegExp]>([
    ['zero area', { widthUm: 0 }, /400|empty/],
    ['negative area', { heightUm: -3 }, /empty/],
    ['NaN', { widthUm: Number.NaN }, /widthUm of the search area is NaN/],
    ['infinite centre', { centreXUm: Number.POSITIVE_INFINITY }, /not a number/],
    ['smaller than one field', { widthUm: 10 }, /smaller than one field of 20 x 15/],
    ['too many tiles', { widthUm: 1e6, heightUm: 1e6 }, /more than the 4000000/],
    ['overlap of the whole field', { overlap: 100 }, /overlap of 100 %/],
    ['half a block', { blockTiles: 2.5 }, /2\.5 tiles/],
    ['keep-out everywhere', { keepOut: [{ kind: 'rectangle', leftUm: -1e4, rightUm: 1e4, bottomUm: -1e4, topUm: 1e4 }] }, /leave nothing/],
  ])('refuses %s in one sentence', (_name, change, message) => {
    const error = failure(() => planGrid({ ...request, ...change }));
    expect(error.code).toBe('EM_PLAN');
    expect(error.message).toMatch(message);
    expect(error.message.match(/\.(\s|$)/g)).toHaveLength(1);
  });
});

describe('zones', () => {
  const triangle: Zone = { kind: 'polygon', outlines: [[[0, 0], [10, 0], [0, 10]]] };
  test.each<[string, [number, number, number, number], boolean]>([
    ['inside', [2, 2, 1, 1], true],
    ['around it', [3, 3, 100, 100], true],
    ['across the long edge', [5, 5, 2, 2], true],
    ['beyond the long edge', [8, 8, 2, 2], false],
    ['touching from the left', [-1, 5, 2, 2], false],
  ])('a rectangle %s', (_name, [xUm, yUm, widthUm, heightUm], meets) => {
    expect(meetsZone(rectangleAround({ xUm, yUm }, widthUm, heightUm), triangle)).toBe(meets);
  });
});

describe('checkReach', () => {
  const looks = LOOKS;
  const square: GridRequest = { ...request, tileWidthUm: 20, tileHeightUm: 20 };

  test('accepts what lies inside', () => {
    expect(() => checkReach(planGrid(square), looks, { xUm: wide, yUm: wide })).not.toThrow();
  });

  test('names the first position outside and the range', () => {
    const error = failure(() => checkReach(planGrid(square), looks, { xUm: { min: -80, max: 1000 }, yUm: wide }));
    expect(error.code).toBe('EM_LIMIT');
    expect(error.message).toBe("The field of tile 0 at (-90.0, 90.0) µm lies outside the stage's x range of -80 to 1000 µm.");
  });

  test('a closer look into the corner of a tile counts', () => {
    const error = failure(() => checkReach(planGrid(square), looks, { xUm: wide, yUm: { min: -1000, max: 95 } }));
    expect(error.message).toMatch(/closer look into a corner of tile 0 at \(-100\.0, 100\.0\)/);
  });

  test('no planned look reaches into a keep-out zone, and one planned without it does', () => {
    const keepOut: Zone[] = [{ kind: 'rectangle', leftUm: 60, rightUm: 90, bottomUm: -60, topUm: -40 }, { kind: 'polygon', outlines: [[[200, 0], [260, 10], [220, 50]]] }];
    const grid = planGrid({ ...square, keepOut });
    expect(grid.excluded.length).toBeGreaterThan(4);
    expect(() => checkReach(grid, looks, { xUm: wide, yUm: wide, keepOut })).not.toThrow();
    expect(Array.from(createSurveyable(grid, looks.survey))).toContain(0);
    expect(failure(() => checkReach(planGrid(square), looks, { xUm: wide, yUm: wide, keepOut })).message).toMatch(/would image a keep-out zone/);
  });
});

test('a point is clamped to its tile', () => {
  const grid = planGrid(request);
  expect(clampToTile(grid, 0, { xUm: -1e3, yUm: 1e3 })).toEqual({ xUm: -100, yUm: 100 });
  expect(clampToTile(grid, 0, { xUm: -95, yUm: 90 })).toEqual({ xUm: -95, yUm: 90 });
});
