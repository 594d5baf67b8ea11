import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isEmagentError } from '../../src/contract/errors.ts';
import type { Zone } from '../../src/contract/region.ts';
import { planArea, type AreaRequest } from '../../src/plan/area.ts';
import { readRegion } from '../../src/plan/region.ts';
import { markTiles } from '../../src/search/cover.ts';
import { blockCentre, checkReach, createSurveyable, planGrid, tileCentre, tileCount, tilesOfBlock } from '../../src/search/grid.ts';
import { meetsZone, rectangleAround } from '../../src/search/zones.ts';
import { LOOKS } from '../search/world.ts';
import { temporaryFolder } from '../support/cli.ts';

async function refusal(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(() => undefined, (thrown: unknown) => thrown);
  if (!isEmagentError(error)) throw new Error('nothing was refused', { cause: error });
  expect(error.code).toBe('EM_REGION');
  expect(error.message).toMatch(/^["A-Z/]/);
  return error.message;
}
const shapes = (...region: string[]): Promise<{ search: Zone[]; keepOut: Zone[] }> => readRegion({ region, keepOut: [] });

describe('shapes in words', () => {
  test('are micrometres unless they say otherwise', async () => {
    expect((await shapes('circle:1.2mm,-3,500nm')).search).toEqual([{ kind: 'circle', xUm: 1200, yUm: -3, radiusUm: 0.5 }]);
    expect((await shapes('rectangle:-0.1mm,-50,100,.05mm')).search).toEqual([{ kind: 'rectangle', leftUm: -100, bottomUm: -50, rightUm: 100, topUm: 50 }]);
    expect((await shapes('polygon:0,0 100,0 0,1e2')).search).toEqual([{ kind: 'polygon', outlines: [[[0, 0], [100, 0], [0, 100]]] }]);
  });

  test('that touch are two shapes, whatever their order', async () => {
    expect((await shapes('rectangle:0,0,10,10', 'rectangle:10,0,20,10', 'circle:5,15,5')).search).toHaveLength(3);
  });

  test.each([
    ['circle:0,0,0', 'encloses no area: its radius is 0 µm'],
    ['rectangle:10,0,10,5', 'encloses no area'],
    ['polygon:0,0 5,5', 'fewer than three different corners'],
    ['polygon:0,0 10,0 20,0', 'crosses itself'],
    ['polygon:0,0 10,10 10,0 0,10', 'crosses itself'],
    ['polygon:0,0 10,0 10,10 5,0 0,10', 'crosses itself'],
    ['circle:0,0,five', '"five" in circle:0,0,five is no length'],
    ['circle:0,0', 'is no circle:X,Y,RADIUS'],
    ['polygon:0,0 10 5,5', 'is no polygon:X,Y'],
  ])('%s is refused', async (words, reason) => {
    expect(await refusal(shapes(words))).toContain(reason);
  });

  test.each([
    ['rectangle:0,0,10,10', 'rectangle:0,0,10,10'],
    ['rectangle:0,0,20,10', 'rectangle:10,0,30,10'],
    ['circle:0,0,10', 'circle:0,0,3'],
    ['polygon:0,0 10,0 10,10 0,10', 'circle:10,10,4'],
  ])('%s and %s overlap', async (first, second) => {
    expect(await refusal(shapes(first, second))).toBe(`The region ${first} and the region ${second} overlap: make them one shape, or move them apart.`);
  });
});

describe('region files', () => {
  const file = async (name: string, content: string): Promise<string> => {
    const path = join(await temporaryFolder(), name);
    await writeFile(path, content);
    return path;
  };

  test('YAML in millimetres, with a hole and a keep-out zone', async () => {
    const path = await file('r.yaml', 'units: mm\nregion:\n  - polygon: { outline: [[0, 0], [1, 0], [1, 1]], holes: [[[0.5, 0.1], [0.9, 0.1], [0.9, 0.4]]] }\nkeep-out:\n  - circle: { x: 0.1, y: 0.05, radius: 0.01 }\n');
    const { search, keepOut } = await shapes(path);
    expect(search).toEqual([{ kind: 'polygon', outlines: [[[0, 0], [1000, 0], [1000, 1000]], [[500, 100], [900, 100], [900, 400]]] }]);
    expect(keepOut).toEqual([{ kind: 'circle', xUm: 100, yUm: 50, radiusUm: 10 }]);
  });

  test('GeoJSON, whose last corner is the first again; the role tells keep-out zones', async () => {
    const ring = (x: number): number[][] => [[x, 0], [x + 10, 0], [x + 10, 10], [x, 0]];
    const feature = (geometry: object, properties: object): object => ({ type: 'Feature', geometry, properties });
    const path = await file('r.geojson', JSON.stringify({
      type: 'FeatureCollection',
      features: [
        feature({ type: 'MultiPolygon', coordinates: [[ring(0)], [ring(50)]] }, { name: 'both' }),
        feature({ type: 'Point', coordinates: [0.1, 0.2] }, { role: 'keep-out', radius: 0.01, units: 'mm' }),
      ],
    }));
    const { search, keepOut } = await shapes(path);
    expect(search.map((zone) => zone.kind === 'polygon' && zone.outlines[0]?.length)).toEqual([3, 3]);
    expect(keepOut).toEqual([{ kind: 'circle', xUm: 100, yUm: 200, radiusUm: 10 }]);
  });

  test.each([
    ['r.yaml', 'units: inch\nregion: [{ circle: { x: 0, y: 0, radius: 1 } }]', 'unit "inch"'],
    ['r.yaml', 'region: [{ circle: { x: 0, y: 0 } }]', 'no list of shapes at region.0'],
    ['r.yaml', 'region: [', 'is no YAML'],
    ['r.json', '{', 'is no JSON'],
    ['r.yaml', 'keep-out: [{ circle: { x: 0, y: 0, radius: 1 } }]', 'holds no shape to search in'],
    ['r.geojson', '{"type": "Point", "coordinates": [0, 0]}', 'no GeoJSON of polygons'],
    ['r.yaml', 'region: [{ polygon: { outline: [[0,0],[9,0],[9,9],[0,9]], holes: [[[5,5],[20,5],[5,6]]] } }]', 'Hole 1 of Shape 1'],
    ['r.yaml', 'region: [{ polygon: { outline: [[0,0],[9,0],[9,9],[0,9]], holes: [[[1,1],[5,1],[5,5]], [[2,1],[6,1],[6,5]]] } }]', 'Holes 1 and 2'],
  ])('%s with %j is refused', async (name, content, reason) => {
    expect(await refusal(file(name, content).then((path) => shapes(path)))).toContain(reason);
  });

  test('one that is not there', async () => {
    expect(await refusal(shapes('/no/such/region.yaml'))).toBe('The region file /no/such/region.yaml is not there.');
  });
});

// Off every lattice of the tests: what only touches within rounding is neither in nor out.
const coordinate = fc.integer({ min: -160, max: 160 }).map((step) => step * 0.731 + 0.0137);
const size = fc.integer({ min: 1, max: 90 }).map((step) => step * 0.917 + 0.0071);
const zones: fc.Arbitrary<Zone> = fc.oneof(
  fc.record({ kind: fc.constant('circle' as const), xUm: coordinate, yUm: coordinate, radiusUm: size }),
  fc.tuple(coordinate, coordinate, size, size).map(([leftUm, bottomUm, width, height]) => ({ kind: 'rectangle' as const, leftUm, bottomUm, rightUm: leftUm + width, topUm: bottomUm + height })),
  fc.uniqueArray(fc.tuple(coordinate, coordinate), { minLength: 3, maxLength: 9, selector: String }).map((outline) => ({ kind: 'polygon' as const, outlines: [outline.map(([x, y]): [number, number] => [x, y])] })),
);

test('tiles are marked row by row exactly where each of them meets the zone', () => {
  const grid = planGrid({ centreXUm: 3, centreYUm: -7, widthUm: 150, heightUm: 120, tileWidthUm: 10, tileHeightUm: 7.5, overlap: 0, blockTiles: 4 });
  fc.assert(
    fc.property(zones, fc.constantFrom(1, 1.37, 2.11, 3.003), (zone, factor) => {
      const reach = { widthUm: grid.tileWidthUm * factor, heightUm: grid.tileHeightUm * factor };
      const marks = new Uint8Array(tileCount(grid));
      markTiles(grid, zone, { reach, marks });
      const wanted = Array.from({ length: tileCount(grid) }, (_, tile) => Number(meetsZone(rectangleAround(tileCentre(grid, tile), reach.widthUm, reach.heightUm), zone)));
      expect(Array.from(marks)).toEqual(wanted);
    }),
    { numRuns: 300 },
  );
});

describe('planArea', () => {
  const request: AreaRequest = { relativeTo: 'center', centre: { xUm: 0, yUm: 0 }, region: { search: [], keepOut: [] }, overlap: [0, 0], marginUm: 0 };
  const context = { inspect: LOOKS.inspect, survey: LOOKS.survey, blockTiles: 4, seed: 1 };
  const wide = { min: -1e6, max: 1e6 };
  const [fieldWidthUm, fieldHeightUm] = [LOOKS.inspect.fieldWidthUm, (LOOKS.inspect.fieldWidthUm * LOOKS.inspect.heightPx) / LOOKS.inspect.widthPx];

  test('a circle has the tiles that it shares area with, and all of its blocks are surveyed', () => {
    const circle: Zone = { kind: 'circle', xUm: 40, yUm: 10, radiusUm: 95 };
    const { grid } = planArea({ ...request, region: { search: [circle], keepOut: [] } }, context);
    const excluded = new Set(grid.excluded);
    for (let tile = 0; tile < tileCount(grid); tile++) expect(excluded.has(tile)).toBe(!meetsZone(rectangleAround(tileCentre(grid, tile), grid.tileWidthUm, grid.tileHeightUm), circle));
    expect(grid.noSurvey).toEqual([]);
    expect(tilesOfBlock(grid, 0).some((tile) => excluded.has(tile))).toBe(false);
  });

  test('a hole is left out, a shape smaller than a field is one field', () => {
    const holed: Zone = { kind: 'polygon', outlines: [[[0, 0], [300, 0], [300, 300], [0, 300]], [[100, 100], [200, 100], [200, 200], [100, 200]]] };
    expect(planArea({ ...request, region: { search: [holed], keepOut: [] } }, context).grid.excluded.length).toBeGreaterThan(3);
    const { grid } = planArea({ ...request, region: { search: [{ kind: 'circle', xUm: 5, yUm: 5, radiusUm: 0.1 }], keepOut: [] } }, context);
    expect([grid.columns, grid.rows, grid.excluded.length]).toEqual([1, 1, 0]);
  });

  test('no field of any look shows a keep-out zone, one beside the area included, and the margin is kept', () => {
    fc.assert(
      fc.property(fc.array(zones, { minLength: 1, maxLength: 3 }), fc.constantFrom(0, 1.013, 7.77), (keepOut, marginUm) => {
        const area = { widthUm: 6 * fieldWidthUm, heightUm: 7 * fieldHeightUm };
        let grid;
        try {
          grid = planArea({ ...request, size: area, region: { search: [], keepOut }, marginUm }, context).grid;
        } catch (error) {
          // Zones that leave nothing.
          expect(isEmagentError(error) && error.code).toBe('EM_PLAN');
          return;
        }
        expect(() => checkReach(grid, LOOKS, { xUm: wide, yUm: wide, keepOut })).not.toThrow();
        const surveyable = createSurveyable(grid, LOOKS.survey);
        const [surveyWidthUm, surveyHeightUm] = [LOOKS.survey.fieldWidthUm, (LOOKS.survey.fieldWidthUm * LOOKS.survey.heightPx) / LOOKS.survey.widthPx];
        for (const [block, allowed] of surveyable.entries()) {
          const field = rectangleAround(blockCentre(grid, block), surveyWidthUm + 2 * marginUm, surveyHeightUm + 2 * marginUm);
          expect(allowed === 0).toBe(keepOut.some((zone) => meetsZone(field, zone)));
        }
      }),
      { numRuns: 100 },
    );
  });

  test('rows and columns stand around the centre, or begin at it', () => {
    const rowsColumns = { rows: 3, columns: 5 };
    const around = planArea({ ...request, rowsColumns, overlap: [10, 20] }, context).grid;
    expect([around.columns, around.rows]).toEqual([5, 3]);
    expect(tileCentre(around, 7)).toEqual({ xUm: expect.closeTo(0, 6), yUm: expect.closeTo(0, 6) });
    const from = planArea({ ...request, rowsColumns, relativeTo: 'top_left', centre: { xUm: 7, yUm: 9 }, overlap: [10, 20] }, context).grid;
    expect(tileCentre(from, 0)).toEqual({ xUm: expect.closeTo(7, 6), yUm: expect.closeTo(9, 6) });
    expect(from.tileHeightUm).toBeCloseTo(fieldHeightUm * 0.8, 9);
  });
});
