import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isEmagentError } from '../../src/contract/errors.ts';
import { encodePng } from '../../src/imaging/picture-file.ts';
import { priorOf } from '../../src/plan/prior/log-odds.ts';
import { readPrior, type PriorRequest } from '../../src/plan/prior/read.ts';
import { planGrid, tileAt } from '../../src/search/grid.ts';
import { strategy } from '../../src/search/strategies/adaptive.ts';
import { LOOKS } from '../search/world.ts';
import { temporaryFolder } from '../support/cli.ts';

const grid = planGrid({ centreXUm: 0, centreYUm: 0, widthUm: 200, heightUm: 150, tileWidthUm: 20, tileHeightUm: 15, overlap: 0, blockTiles: 4 });
const search = { prevalence: 0.02, fieldWidthUm: 20 };
const area = { leftUm: -100, bottomUm: -75, rightUm: 100, topUm: 75 };

async function prior(name: string, content: string | Uint8Array, more: Partial<PriorRequest> = {}): Promise<ReturnType<typeof priorOf>> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, content);
  return priorOf(await readPrior({ path, trust: 0.5, ...more }), grid, search);
}
const refusal = async (work: Promise<unknown>): Promise<string> => {
  const error: unknown = await work.then(() => undefined, (thrown: unknown) => thrown);
  if (!isEmagentError(error)) throw new Error('nothing was refused', { cause: error });
  expect(error.message).toMatch(/^["A-Z/]/);
  return error.message;
};
const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
const expected = (logOdds: readonly number[]): number => logOdds.reduce((sum, shift) => sum + logistic(Math.log(0.02 / 0.98) + shift), 0);
/** White in the quarter of the picture that is up and to the left. */
const quarter = (widthPx: number, heightPx: number): Promise<Uint8Array> =>
  encodePng({ widthPx, heightPx, data: Uint8Array.from({ length: widthPx * heightPx }, (_, at) => (at % widthPx < widthPx / 2 && at < (widthPx * heightPx) / 2 ? 255 : 0)) });
const at = (xUm: number, yUm: number): number => tileAt(grid, { xUm, yUm })!;

describe('a picture', () => {
  test('raises what is bright, top left being up and left on the stage, and keeps the number of targets', async () => {
    const { logOdds, told } = await prior('overview.png', await quarter(400, 300), { edges: area });
    expect(logOdds[at(-50, 40)]).toBeCloseTo(Math.log((0.02 * 2.5) / (1 - 0.02 * 2.5)) - Math.log(0.02 / 0.98), 2);
    for (const [x, y] of [[50, 40], [-50, -40], [50, -40]] as const) expect(logOdds[at(x, y)]).toBeCloseTo(Math.log(0.5) - Math.log(0.99 / 0.98), 2);
    expect(expected(logOdds)).toBeCloseTo(2, 1);
    expect(told.words).toContain('50 % of the targets');
  });

  test('may be smaller than the grid, down to less than a pixel a tile', async () => {
    const { logOdds } = await prior('overview.png', await quarter(4, 4), { edges: area });
    expect(logOdds[at(-50, 40)]).toBeGreaterThan(0.8);
    expect(logOdds[at(50, -40)]).toBeLessThan(-0.6);
  });

  test('must cover the area, say where it lies, and not be of one grey', async () => {
    const picture = await quarter(40, 30);
    expect(await refusal(prior('half.png', picture, { edges: { ...area, rightUm: 0 } }))).toMatch(/covers only 50 % of the area/);
    expect(await refusal(prior('nowhere.png', picture))).toContain('--prior-area');
    expect(await refusal(prior('grey.png', await encodePng({ widthPx: 9, heightPx: 9, data: new Uint8Array(81).fill(90) }), { edges: area }))).toContain('same brightness');
    expect(await refusal(prior('broken.png', 'no picture', { edges: area }))).toContain('broken.png');
  });
});

describe('positions', () => {
  test('CSV: what is near them is likelier, the rest loses no more than the trust', async () => {
    const { logOdds, told } = await prior('list.csv', 'name,x_um,y_um\na,50,40\nb,900,900\n');
    expect(logOdds[at(50, 40)]).toBeGreaterThan(0.8);
    expect(Math.min(...logOdds)).toBeGreaterThanOrEqual(Math.log(0.5) - 0.02);
    expect(expected(logOdds)).toBeCloseTo(2, 1);
    expect(told).toMatchObject({ kind: 'positions', words: expect.stringContaining('around 1 listed positions (of 2)') });
  });

  test('CSV in millimetres, GeoJSON and useq-schema say the same', async () => {
    const csv = await prior('a.csv', 'x_mm,y_mm,probability\n0.05,0.04,0.5\n');
    const geojson = await prior('a.geojson', JSON.stringify({ type: 'FeatureCollection', features: [{ type: 'Feature', geometry: { type: 'Point', coordinates: [50, 40] }, properties: {} }] }));
    const useq = await prior('a.json', JSON.stringify({ stage_positions: [{ x: 50, y: 40 }] }));
    expect(geojson.logOdds).toEqual(csv.logOdds);
    expect(useq.logOdds).toEqual(csv.logOdds);
  });

  test.each([
    ['far.csv', 'x_um,y_um\n5000,0\n', 'None of the 1 positions'],
    ['bare.csv', 'x,y\n1,2\n', 'no columns x_um and y_um'],
    ['odd.csv', 'x_um,y_um\n1,two\n', 'no position in row 1'],
    ['sure.csv', 'x_um,y_um,probability\n1,2,7\n', 'no probability from 0 to 1 in row 1'],
    ['none.geojson', '{"type":"FeatureCollection","features":[]}', 'names no position'],
    ['odd.json', '{"a": 1}', 'is neither a GeoJSON'],
    ['list.txt', '1 2', 'is no picture, no list of positions'],
  ])('%s is refused', async (name, content, reason) => {
    expect(await refusal(prior(name, content))).toContain(reason);
  });
});

test('the search begins where the prior says, and a prior is no evidence for a find', async () => {
  const { logOdds } = await prior('list.csv', 'x_um,y_um\n90,-67\n', { trust: 0.9, radiusUm: 10 });
  const costs = { stageSpeedUmPerS: 500, settleS: 0.3, opticsChangeS: 60, frameS: { survey: 60, inspect: 1, confirm: 2 } };
  const options = { finds: 1, prevalence: 0.02, falseFindRate: 0.01, missRate: 0.05, looks: LOOKS, costs, seed: 1, priorLogOdds: logOdds };
  const here = { xUm: 0, yUm: 0, fieldWidthUm: LOOKS.inspect.fieldWidthUm };
  const state = strategy.start(grid, options);
  expect(strategy.next(state, here)).toMatchObject({ kind: 'inspect', tile: at(90, -67) });
  expect(strategy.summarise(state).posterior[at(90, -67)]).toBeGreaterThan(0.2);
  const again = JSON.parse(JSON.stringify(state)) as typeof state;
  expect(strategy.next(again, here)).toEqual(strategy.next(state, here));
});
