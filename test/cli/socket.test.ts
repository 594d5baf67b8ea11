import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { RunFile, RunResult } from '../../src/contract/run.ts';
import { runCli, startCli, temporaryFolder, type RunningProcess } from '../support/cli.ts';

const SMALL = ['search', '--target', 'Nanowires', '--area', '160x120'];

async function simulate(runs: string): Promise<{ server: RunningProcess; url: string }> {
  const server = startCli(['simulate', '--listen', '127.0.0.1:0', '--speed', '20', '--runs', runs, '--json']);
  onTestFinished(() => void server.process.kill('SIGKILL'));
  return { server, url: (JSON.parse(await server.line()) as { url: string }).url };
}

test('a search over the socket ends like one in the process, and only then is there a truth to score it by', async () => {
  const runs = join(await temporaryFolder(), 'runs');
  const { server, url } = await simulate(runs);
  const search = startCli([...SMALL, '--fields', '4', '--microscope', url, '--live-port', '0', '--runs', runs, '--json']);
  const [, dashboard] = await search.until(/Dashboard: (\S+)/);
  const watch = startCli(['watch', String(dashboard), '--json']);
  await watch.until(/"type": ?"observed"/);
  const [runId] = await readdir(runs);
  expect(existsSync(join(runs, String(runId), 'truth.json'))).toBe(false);
  const { code, stdout, stderr } = await search.ended;
  expect(code, stderr).toBe(3);
  const result = RunResult.parse(JSON.parse(stdout));
  expect(result).toMatchObject({ outcome: 'budget', microscope: url, fields: { imaged: 4 } });
  server.process.kill('SIGINT');
  expect((await server.ended).code).toBe(0);
  const score = JSON.parse((await runCli(['score', result.runDir, '--json'])).stdout) as { exposure: { unblankedWhileMovingS: number; frames: number } };
  expect(score.exposure.unblankedWhileMovingS).toBe(0);
  // Those taken to focus with count too.
  expect(score.exposure.frames).toBeGreaterThanOrEqual(4);
});

test('a microscope that vanishes in the middle is never called safe', async () => {
  const runs = join(await temporaryFolder(), 'runs');
  const { server, url } = await simulate(runs);
  const search = startCli([...SMALL, '--microscope', url, '--live-port', '0', '--runs', runs]);
  const [, dashboard] = await search.until(/Dashboard: (\S+)/);
  const watch = startCli(['watch', String(dashboard), '--json']);
  await watch.until(/"type": ?"observed"/);
  server.process.kill('SIGKILL');
  const { code, stdout, stderr } = await search.ended;
  expect(code, stderr).toBe(5);
  expect(stdout).toContain('COULD NOT BE PROVEN');
  const [runId] = await readdir(runs);
  const run = RunFile.parse(JSON.parse(readFileSync(join(runs, String(runId), 'run.json'), 'utf8')));
  expect(run.result).toMatchObject({ outcome: 'panicked', error: { code: 'EM_LINK_CLOSED' } });
});
