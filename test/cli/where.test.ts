import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RunEvent } from '../../src/contract/events.ts';
import type { Zone } from '../../src/contract/region.ts';
import { RunResult, type RunPlan } from '../../src/contract/run.ts';
import { encodePng } from '../../src/imaging/picture-file.ts';
import { escapeHtml } from '../../src/record/report/markup.ts';
import { meetsZone, rectangleAround } from '../../src/search/zones.ts';
import { runCli, temporaryFolder } from '../support/cli.ts';
import { refused as refusedSearch } from '../support/refused-search.ts';

const refused = (args: readonly string[]): Promise<string> => refusedSearch(['--target', 'Nanowires', ...args]);

const fileWith = async (name: string, content: string | Uint8Array): Promise<string> => {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, content);
  return path;
};

test.each([
  [['--region', 'circle:0,0,0'], 'encloses no area'],
  [['--region', 'polygon:0,0 100,100 100,0 0,100'], 'crosses itself'],
  [['--region', 'circle:0,0,50', '--region', 'rectangle:20,0,200,100'], 'overlap: make them one shape'],
  [['--region', '/no/such.yaml'], 'is not there'],
  [['--keep-out', 'circle:0,0'], 'is no circle:X,Y,RADIUS'],
  [['--region', 'circle:0,0,50', '--area', '100x100'], '--area and --region each say where to search'],
  [['--region', 'circle:0,0,50', '--centre', '3,3'], '--centre cannot go with --region'],
  [['--rows', '3'], '--rows and --columns together'],
  [['--mode', 'spiral', '--strategy', 'random'], 'the order of the strategy planned'],
  [['--mode', 'zigzag'], '--mode'],
  [['--overlap', '95'], '"95" is no overlap'],
  [['--calibrate', '--keep-out', 'circle:0,0,5'], '--calibrate'],
  [['--plan', '/no/such.json'], 'The plan /no/such.json is not there'],
  [['--prior', '/no/such.csv'], 'is not there'],
  [['--prior-area', '0,0,1,1'], '--prior-area'],
])('%j is refused before anything is opened', async (args, words) => {
  expect(await refused(args)).toContain(words);
});

test('plans that cannot be read, and priors that say nothing here', async () => {
  expect(await refused(['--plan', await fileWith('p.json', '{"stage_positions": [{"x": 0')])).toContain('is no JSON');
  expect(await refused(['--plan', await fileWith('p.json', '{"channels": ["DAPI"]}')])).toContain('names no field');
  expect(await refused(['--plan', await fileWith('p.json', '{"grid_plan": {"rows": 0, "columns": 2}}')])).toContain('no useq-schema MDASequence');
  const picture = await encodePng({ widthPx: 4, heightPx: 4, data: Uint8Array.from({ length: 16 }, (_, at) => at * 16) });
  expect(await refused(['--prior', await fileWith('o.png', picture)])).toContain('--prior-area');
});

test('what only the instrument can tell: limits, too few fields, a prior beside the area', async () => {
  expect(await refused(['--region', 'circle:19.9mm,0,300'])).toContain("lies outside the stage's x range");
  expect(await refused(['--plan', await fileWith('p.json', '{"stage_positions": [{"x": 0, "y": 25000}]}'), '--finds', '1'])).toContain("lies outside the stage's y range");
  expect(await refused(['--rows', '2', '--columns', '3', '--finds', '7'])).toContain('7 finds are wanted, and the area has only 6 fields');
  expect(await refused(['--area', '100x75', '--keep-out', 'circle:0,0,400'])).toContain('leave nothing of the search area');
  expect(await refused(['--prior', await fileWith('p.csv', 'x_um,y_um\n9000,0\n')])).toContain('None of the 1 positions');
  const picture = await encodePng({ widthPx: 4, heightPx: 4, data: Uint8Array.from({ length: 16 }, (_, at) => at * 16) });
  expect(await refused(['--prior', await fileWith('o.png', picture), '--prior-area', '0,-200,400,200'])).toContain('covers only 50 %');
});

async function journalOf(runDir: string): Promise<RunEvent[]> {
  const lines = (await readFile(join(runDir, 'events.jsonl'), 'utf8')).trim().split('\n');
  return lines.map((line) => RunEvent.parse(JSON.parse(line)));
}
const framesOf = (events: readonly RunEvent[]): Extract<RunEvent, { type: 'frame' }>['frame'][] => events.flatMap((event) => (event.type === 'frame' ? [event.frame] : []));

test('a region with a keep-out zone and a prior: no picture shows the zone, all is told, and a resumed run decides the same', async () => {
  const folder = await temporaryFolder();
  const keepOut: Zone = { kind: 'circle', xUm: 30, yUm: 20, radiusUm: 15 };
  const region = join(folder, 'region.yaml');
  await writeFile(region, 'units: mm\nregion: [{ polygon: [[-0.09, -0.06], [0.09, -0.06], [0.09, 0.07], [-0.06, 0.07]] }]\nkeep-out: [{ circle: { x: 0.03, y: 0.02, radius: 0.015 } }]\n');
  const prior = join(folder, 'known.csv');
  await writeFile(prior, 'x_um,y_um\n-40,-40\n');
  const args = ['search', '--target', 'Nanowires', '--no-live', '--region', region, '--prior', prior, '--seed', '5', '--json'];
  const { code, stdout, stderr } = await runCli([...args, '--fields', '10', '--runs', join(folder, 'a')]);
  expect([0, 3], stderr).toContain(code);
  const result = RunResult.parse(JSON.parse(stdout));
  expect(result.closing).toHaveLength(result.suspects!.length === 0 ? 3 : 4);
  expect(result.closing?.at(-1)).toMatch(/at most .* with 95 % credibility/);
  const { inspected, surveyedOnly, skipped, unseen } = result.coverage!;
  expect(inspected.tiles + surveyedOnly.tiles + skipped.tiles + unseen.tiles).toBe(result.fields.planned);

  const events = await journalOf(result.runDir);
  const frames = framesOf(events);
  expect(frames.length).toBeGreaterThan(6);
  for (const { stage, fieldWidthUm, widthPx, heightPx } of frames) {
    expect(meetsZone(rectangleAround(stage, fieldWidthUm, (fieldWidthUm * heightPx) / widthPx), keepOut)).toBe(false);
  }
  const { plan } = JSON.parse(await readFile(join(result.runDir, 'run.json'), 'utf8')) as { plan: RunPlan };
  expect(plan.region?.keepOut).toEqual([keepOut]);
  expect(plan.prior).toMatchObject({ kind: 'positions', source: prior, trust: 0.5 });
  const report = await readFile(join(result.runDir, 'report.html'), 'utf8');
  expect(report).toContain('class="keep-out"');
  expect(report).toContain('class="region"');
  expect(report).toContain('around 1 listed positions');
  for (const sentence of result.closing!) expect(report).toContain(escapeHtml(sentence));

  const first = RunResult.parse(JSON.parse((await runCli([...args, '--fields', '4', '--runs', join(folder, 'b')])).stdout));
  await runCli(['resume', first.runDir, '--fields', '10', '--no-live', '--json']);
  const decisions = (all: readonly RunEvent[]): unknown[] => all.flatMap((event) => (event.type === 'observed' ? [event.action] : []));
  expect(decisions(await journalOf(first.runDir))).toEqual(decisions(events));
}, 180_000);

test('a useq plan is visited in its order, and the fields of a run are such a plan', async () => {
  const folder = await temporaryFolder();
  const plan = join(folder, 'plan.json');
  await writeFile(plan, JSON.stringify({ stage_positions: [{ x: 10, y: 5 }], grid_plan: { rows: 2, columns: 3, mode: 'column_wise', overlap: 10, fov_width: 20, fov_height: 15 } }));
  const search = async (path: string, name: string): Promise<{ dir: string; places: number[][] }> => {
    const { stdout, stderr } = await runCli(['search', '--target', 'Nanowires', '--no-live', '--plan', path, '--strategy', 'planned', '--finds', '6', '--runs', join(folder, name), '--json']);
    expect(stdout, stderr).not.toBe('');
    const { runDir } = RunResult.parse(JSON.parse(stdout));
    const places = (await journalOf(runDir)).flatMap((event) => (event.type === 'observed' && event.action.kind === 'inspect' ? [[event.action.look.xUm, event.action.look.yUm]] : []));
    return { dir: runDir, places };
  };
  const { dir, places } = await search(plan, 'a');
  const wanted = [[-8, 11.75], [-8, -1.75], [10, 11.75], [10, -1.75], [28, 11.75], [28, -1.75]];
  expect(places).toEqual(wanted.map(([x, y]) => [expect.closeTo(x!, 6), expect.closeTo(y!, 6)]));
  const { stdout } = await runCli(['export', dir, '--format', 'useq-fields']);
  expect(stdout).toBe(await readFile(join(dir, 'fields.useq.json'), 'utf8'));
  expect((await search(join(dir, 'fields.useq.json'), 'b')).places).toEqual(places.map(([x, y]) => [expect.closeTo(x!, 3), expect.closeTo(y!, 3)]));
}, 180_000);
