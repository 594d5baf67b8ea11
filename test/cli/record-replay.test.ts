import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { RunEvent } from '../../src/contract/events.ts';
import { RunResult } from '../../src/contract/run.ts';
import { runCli, startCli, temporaryFolder } from '../support/cli.ts';

const SMALL = ['search', '--target', 'Nanowires', '--area', '160x120', '--fields', '2', '--no-live', '--json'];

/** What was decided on which pictures: all of a run but its times. */
function decisionsOf(runDir: string): unknown[] {
  const events = readFileSync(join(runDir, 'events.jsonl'), 'utf8').trim().split('\n').map((line) => RunEvent.parse(JSON.parse(line)));
  return events.flatMap((event): unknown[] => {
    if (event.type === 'decided') return [event.action];
    if (event.type === 'judged') return [event.verdict];
    return event.type === 'classified' ? [event.label, event.probabilities] : [];
  });
}

test.each(['scope', 'sharksem'])('a search over %s is recorded and replayed to the same decisions', async (protocol) => {
  const folder = await temporaryFolder();
  const images = protocol === 'asi' ? ['--images', join(folder, 'camera')] : [];
  const server = startCli(['simulate', '--protocol', protocol, '--listen', '127.0.0.1:0', '--speed', '20', '--runs', folder, ...images, '--json']);
  onTestFinished(() => void server.process.kill('SIGKILL'));
  const { url } = JSON.parse(await server.line()) as { url: string };
  const wire = join(folder, 'wire.jsonl');
  const live = await runCli([...SMALL, '--microscope', url, '--runs', join(folder, 'live'), '--record-wire', wire]);
  expect(live.code, live.stderr).toBe(3);
  server.process.kill('SIGINT');
  await server.ended;

  const replayed = await runCli([...SMALL, '--microscope', `replay:${wire}`, '--runs', join(folder, 'replayed')]);
  expect(replayed.code, replayed.stderr).toBe(3);
  const [first, second] = [live, replayed].map(({ stdout }) => RunResult.parse(JSON.parse(stdout)));
  expect(decisionsOf(String(first?.runDir)).length).toBeGreaterThan(3);
  expect(decisionsOf(String(second?.runDir))).toEqual(decisionsOf(String(first?.runDir)));
  expect(second?.microscope).toBe(`replay:${wire}`);
}, 240_000);

test.each([
  [['--microscope', 'sim:', '--record-wire', 'wire.jsonl'], 'has no wire to be recorded'],
  [['--microscope', 'replay:/no/such/wire.jsonl'], 'is no recording of a wire'],
  [['--microscope', 'replay:package.json?speed=2'], 'speed'],
])('a search with %j is refused in one sentence', async (args, sentence) => {
  const runs = join(await temporaryFolder(), 'runs');
  const { code, stderr } = await runCli([...SMALL, ...args, '--runs', runs]);
  expect(code).toBe(2);
  expect(stderr).toContain(sentence);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(existsSync(runs)).toBe(false);
});
