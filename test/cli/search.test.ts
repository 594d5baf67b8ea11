import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RunEvent } from '../../src/contract/events.ts';
import { RunResult, type RunPlan } from '../../src/contract/run.ts';
import { runCli, startCli, temporaryFolder } from '../support/cli.ts';

/** Sixteen survey blocks would take a while to draw: four are enough for everything but a full search. */
const SMALL = ['search', '--target', 'Nanowires', '--area', '160x120'];

async function journalOf(runDir: string): Promise<RunEvent[]> {
  const lines = (await readFile(join(runDir, 'events.jsonl'), 'utf8')).trim().split('\n');
  return lines.map((line) => RunEvent.parse(JSON.parse(line)));
}

async function onlyRun(runs: string): Promise<string> {
  const [run, ...others] = await readdir(runs);
  expect(others).toEqual([]);
  return join(runs, String(run));
}

test('the main job finds what was asked for, and says so in every form', async () => {
  const runs = join(await temporaryFolder(), 'runs');
  const { code, stdout, stderr } = await runCli(['search', '--target', 'Nanowires', '--finds', '2', '--runs', runs, '--live-port', '0', '--json']);
  expect(code, stderr).toBe(0);
  const result = RunResult.parse(JSON.parse(stdout));
  expect(result).toMatchObject({ outcome: 'found', target: 'Nanowires', strategy: 'adaptive', model: 'sem11', engine: 'onnx' });
  expect(result.finds).toHaveLength(2);
  expect(stderr).toContain('Dashboard: http://127.0.0.1:');

  const events = await journalOf(result.runDir);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, index) => index));
  expect(events[0]?.type).toBe('run-started');
  expect(events.at(-1)).toMatchObject({ type: 'run-ended', outcome: 'found' });
  expect(events.filter(({ type }) => type === 'find')).toHaveLength(2);
  const halted = events.find((event) => event.type === 'halted');
  expect(halted).toMatchObject({ stageStill: true, blanked: true, differences: [] });

  for (const file of ['run.json', 'report.html', 'finds.csv', 'finds.geojson', 'revisit.useq.json', 'truth.json']) {
    expect(existsSync(join(result.runDir, file)), file).toBe(true);
  }
  const pictures = await readdir(join(result.runDir, 'frames'));
  for (const { frame } of result.finds) expect(pictures).toContain(`${frame}.ome.tif`);

  // Nothing that the agent wrote knows what lies on the stage: the categories it names are its own guesses.
  const truth = JSON.parse(await readFile(join(result.runDir, 'truth.json'), 'utf8')) as { sites: { id: string }[] };
  const journal = await readFile(join(result.runDir, 'events.jsonl'), 'utf8');
  for (const { id } of truth.sites) expect(journal).not.toContain(`"${id}"`);

  const score = JSON.parse((await runCli(['score', result.runDir, '--json'])).stdout) as { declared: number; exposure: { unblankedWhileMovingS: number; unblankedIdleS: number } };
  expect(score.declared).toBe(2);
  expect(score.exposure.unblankedWhileMovingS).toBe(0);
});

test('the same seed gives the same run, to the last event', async () => {
  const folder = await temporaryFolder();
  const journals: RunEvent[][] = [];
  for (const name of ['a', 'b']) {
    const { stdout } = await runCli([...SMALL, '--fields', '6', '--no-live', '--runs', join(folder, name), '--json']);
    journals.push(await journalOf((JSON.parse(stdout) as RunResult).runDir));
  }
  /** Wall time and the name of the run are all that may differ. */
  const comparable = (events: RunEvent[] | undefined): unknown =>
    JSON.parse(JSON.stringify(events, (key, value: unknown) => (['runId', 'wallSeconds', 'runDir'].includes(key) ? undefined : value)));
  expect(comparable(journals[0])).toEqual(comparable(journals[1]));
});

test('a spent budget ends with exit code 3 and a summary in words', async () => {
  const runs = join(await temporaryFolder(), 'runs');
  const { code, stdout } = await runCli([...SMALL, '--fields', '2', '--time', '10m', '--no-live', '--runs', runs]);
  expect(code).toBe(3);
  const { plan } = JSON.parse(await readFile(join(await onlyRun(runs), 'run.json'), 'utf8')) as { plan: RunPlan };
  expect([plan.budget.instrumentSeconds, plan.search.budgetSeconds]).toEqual([600, 600]);
  expect(stdout).toContain('The budget of 2 fields is spent.');
  expect(stdout).toContain('Fields: 2 imaged');
  expect(stdout).toMatch(/at most [\d.]+ with 95 % credibility/);
});

test('Ctrl-C stops after the field in hand, and `resume` goes on from there to the same end', async () => {
  const runs = join(await temporaryFolder(), 'runs');
  const search = startCli([...SMALL, '--fields', '8', '--speed', '20', '--live-port', '0', '--runs', runs]);
  const [, url] = await search.until(/Dashboard: (\S+)/);
  const watch = startCli(['watch', String(url), '--json']);
  await watch.until(/"type": ?"observed"/);
  search.process.kill('SIGINT');
  const stopped = await search.ended;
  expect(stopped.code, stopped.stderr).toBe(130);
  expect(stopped.stdout).toContain('Stopped');
  const watched = await watch.ended;
  expect(watched.code, watched.stderr).toBe(0);
  expect(watched.stdout).toContain('run-ended');
  const runDir = await onlyRun(runs);
  const before = await journalOf(runDir);
  expect(before.at(-1)).toMatchObject({ type: 'run-ended', outcome: 'stopped' });
  expect(before.filter((event) => event.type === 'halted')).toMatchObject([{ stageStill: true, blanked: true }]);

  const { code, stdout, stderr } = await runCli(['resume', runDir, '--no-live', '--json']);
  expect(code, stderr).toBe(3);
  const result = RunResult.parse(JSON.parse(stdout));
  expect(result.fields.imaged).toBe(8);
  const after = await journalOf(runDir);
  expect(after.map(({ seq }) => seq)).toEqual(after.map((_event, index) => index));
  const states = after.slice(before.length).filter((event) => event.type === 'state').map(({ state }) => state);
  expect(states.slice(0, 2)).toEqual(['preflight', 'recovering']);
  // Of a field that was taken again only the picture that counted is kept.
  expect(await readdir(join(runDir, 'frames'))).toHaveLength(after.filter((event) => event.type === 'observed' && event.frameId !== undefined).length);
});

test('a second Ctrl-C halts at once, and that too is proven safe', async () => {
  const runs = join(await temporaryFolder(), 'runs');
  const search = startCli([...SMALL, '--speed', '1', '--live-port', '0', '--runs', runs]);
  await search.until(/Dashboard/);
  search.process.kill('SIGINT');
  await search.until(/Ctrl-C again/);
  search.process.kill('SIGINT');
  const { code, stderr } = await search.ended;
  expect(code, stderr).toBe(130);
  const events = await journalOf(await onlyRun(runs));
  expect(events.find((event) => event.type === 'halted')).toMatchObject({ stageStill: true, blanked: true });
});

test('a complete run, a folder that is none, and a run that has not ended are no runs to resume or to score', async () => {
  const folder = await temporaryFolder();
  for (const command of ['resume', 'score', 'report']) {
    const { code, stdout, stderr } = await runCli([command, folder]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(folder);
    expect(stderr).not.toMatch(/\n\s+at /);
  }
});

const searchIn = async (scenario: string): Promise<{ result: RunResult; code: number | null; events: RunEvent[] }> => {
  const runs = join(await temporaryFolder(), 'runs');
  const { code, stdout } = await runCli(['search', '--target', 'Nanowires', '--scenario', scenario, '--no-live', '--runs', runs, '--json']);
  const result = RunResult.parse(JSON.parse(stdout));
  return { result, code, events: await journalOf(result.runDir) };
};

test('a vacuum trip suspends the run, which goes on when vacuum and beam are back', async () => {
  const { result, code, events } = await searchIn('vacuum-trip');
  expect({ code, outcome: result.outcome }).toEqual({ code: 0, outcome: 'found' });
  const states = events.flatMap((event) => (event.type === 'state' ? [event.state] : []));
  expect(states.slice(states.indexOf('suspended'), states.indexOf('suspended') + 2)).toEqual(['suspended', 'recovering']);
  expect(events.find((event) => event.type === 'fault')).toMatchObject({ code: expect.stringMatching(/^EM_(VACUUM|BEAM)$/) });
});

test('a beam that stays away ends the run as faulted, safe, with exit code 4', async () => {
  const scenario = join(await temporaryFolder(), 'dead-gun.yaml');
  await writeFile(scenario, 'name: dead-gun\nsummary: The gun fails for good.\nsample: { sites: { Nanowires: 3 } }\nfaults: [{ fault: beam-trip, when: { after: 3 } }]\n');
  const { result, code, events } = await searchIn(scenario);
  expect(code).toBe(4);
  expect(result).toMatchObject({ outcome: 'faulted', error: { code: 'EM_BEAM' } });
  expect(events.find((event) => event.type === 'halted')).toMatchObject({ stageStill: true, blanked: true });
});
