import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { encodePng } from '../../src/imaging/picture-file.ts';
import { packageRoot } from '../../src/lib/package-root.ts';
import { sampleMicrograph } from '../support/sample-feed.ts';

const cli = join(packageRoot, 'dist', 'src', 'cli', 'main.js');
const hasModel = existsSync(join(packageRoot, 'models', 'sem11', 'model.json'));

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

function serve(words: string[]): { child: ChildProcess; stdout: () => string; stderr: () => string; ended: Promise<number | null> } {
  const child = spawn(process.execPath, [cli, 'serve', ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    stdout += part;
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    stderr += part;
  });
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', resolve);
  });
  return { child, stdout: () => stdout, stderr: () => stderr, ended };
}

describe('emagent serve says in one sentence what is wrong', () => {
  test.each([
    [['--host', '0.0.0.0'], 'emagent: Everybody who reaches 0.0.0.0 could control the microscope: give a --token, or stay at 127.0.0.1.'],
    [['--model', '/nowhere/at/all'], expect.stringContaining('/nowhere/at/all') as string],
    [['--port', 'abc'], expect.stringMatching(/^emagent: .*--port/) as string],
    [['--port', '70000'], expect.stringMatching(/^emagent: .*--port/) as string],
  ])('%j', async (words, sentence) => {
    const { ended, stdout, stderr } = serve(words);
    expect({ code: await ended, stdout: stdout(), sentence: stderr().split('\n')[0] }).toEqual({ code: 2, stdout: '', sentence });
  });

  test('the port is taken', async ({ skip }) => {
    if (!hasModel) {
      console.warn('emagent serve on a taken port not tested: there is no models/sem11');
      skip();
    }
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { ended, stderr } = serve(['--port', String(port)]);
    expect({ code: await ended, sentence: stderr().split('\n')[0] }).toEqual({ code: 2, sentence: `emagent: Port ${port} on 127.0.0.1 is used by another program.` });
    other.close();
  });
});

test('emagent serve classifies pictures with the shipped model until Ctrl-C', async ({ skip }) => {
  if (!hasModel) {
    console.warn('emagent serve not tested with a model: there is no models/sem11');
    skip();
  }
  const { child, stdout, stderr, ended } = serve(['--port', '0', '--json']);
  while (!stdout().trimEnd().endsWith('}')) await Promise.race([once(child.stdout!, 'data'), ended.then((code) => Promise.reject(new Error(`ended with ${String(code)}: ${stderr()}`)))]);
  const { url, model } = JSON.parse(stdout()) as { url: string; model: { id: string } };
  expect(model.id).toBe('sem11');
  expect((await fetch(url)).status).toBe(200);
  const reply = await fetch(`${url}v1/classify?name=wires.png`, { method: 'POST', body: Buffer.from(await encodePng(sampleMicrograph('wires'))) });
  const answer = (await reply.json()) as { label: string; labels: string[]; probabilities: number[] };
  expect(reply.status).toBe(200);
  expect(answer.labels).toHaveLength(11);
  expect(answer.probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
  expect(answer.label).toBe(answer.labels[answer.probabilities.indexOf(Math.max(...answer.probabilities))]);
  const broken = await fetch(`${url}v1/classify?name=broken.jpg`, { method: 'POST', body: 'JFIF or not' });
  expect({ status: broken.status, body: await broken.text() }).toEqual({ status: 400, body: expect.stringContaining('broken.jpg is not a readable picture') as string });
  child.kill('SIGINT');
  expect(await ended).toBe(0);
});
