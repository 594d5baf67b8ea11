import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { RunEvent, RunFeed } from '../../src/contract/events.ts';
import { packageRoot } from '../../src/lib/package-root.ts';
import { createLiveServer, type LiveServer, type LiveServerOptions } from '../../src/live/server.ts';
import { summaryText } from '../../src/live/words.ts';
import { sampleFeed } from '../support/sample-feed.ts';
import { sampleRun } from '../support/sample-run.ts';

const events = sampleRun({ columns: 12, rows: 8, blockTiles: 4, fields: 40, findsWanted: 3 });
const last = events.at(-1) as Extract<RunEvent, { type: 'run-ended' }>;
const cli = join(packageRoot, 'dist', 'src', 'cli', 'main.js');

const open: LiveServer[] = [];
async function serve(feed: RunFeed, options: Partial<LiveServerOptions> = {}): Promise<LiveServer> {
  const server = await createLiveServer({ host: '127.0.0.1', port: 0, feed, log: () => undefined, ...options });
  open.push(server);
  return server;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Watching {
  ended: Promise<Ended>;
  /** Resolves when stdout fulfils the condition; rejects when the program ends first. */
  shows(condition: (stdout: string) => boolean): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

function start(program: string, words: string[], env: Record<string, string> = {}): Watching {
  const child = spawn(program, words, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  const checks = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    stdout += part;
    for (const check of checks) check();
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    stderr += part;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return {
    ended,
    shows: (condition) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (condition(stdout)) resolve();
        };
        checks.add(check);
        check();
        void (async () => {
          const end = await ended;
          reject(new Error(`ended with ${String(end.code)} first: ${end.stdout} ${end.stderr}`));
        })();
      }),
    kill: (signal) => child.kill(signal),
  };
}
const watch = (words: string[]): Watching => start(process.execPath, [cli, 'watch', ...words]);

describe('emagent watch', () => {
  test('plain lines when nobody sits at a terminal, and exit code 0 when the run has ended', async () => {
    const feed = sampleFeed(events, { played: 20 });
    const { url } = await serve(feed);
    const watching = watch([url]);
    await watching.shows((stdout) => stdout.includes('Searching Nanowires'));
    feed.play();
    const { code, stdout, stderr } = await watching.ended;
    expect(stderr).toBe('');
    expect(code).toBe(0);
    for (const find of last.result.finds) expect(stdout).toContain(`${find.id}: Nanowires`);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(summaryText(last.result));
    expect(stdout).not.toContain('\u001b');
  });

  test('--json prints every event of the run as a line, the past ones too', async () => {
    const feed = sampleFeed(events, { played: 60 });
    const { url } = await serve(feed);
    const watching = watch([url, '--json']);
    await watching.shows((stdout) => stdout.split('\n').length > 60);
    feed.play();
    const { code, stdout } = await watching.ended;
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as unknown)).toEqual(events);
  });

  test('goes on where it was when the connection was lost', async () => {
    const first = sampleFeed(events, { played: 40 });
    const before = await serve(first);
    const watching = watch([before.url, '--json']);
    await watching.shows((stdout) => stdout.split('\n').length > 40);
    await before.close();
    const feed = sampleFeed(events, { played: 55 });
    await serve(feed, { port: Number(new URL(before.url).port) });
    await watching.shows((stdout) => stdout.split('\n').length > 55);
    feed.play();
    const { code, stdout } = await watching.ended;
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n').map((line) => (JSON.parse(line) as RunEvent).seq)).toEqual(events.map(({ seq }) => seq));
  });

  test('a run that has ended already is told and left', async () => {
    const { url } = await serve(sampleFeed(events, { played: events.length }));
    const { code, stdout } = await watch([url]).ended;
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(summaryText(last.result));
  });

  test('Ctrl-C leaves, and the run knows nothing of it', async () => {
    const asked: string[] = [];
    const { url } = await serve(sampleFeed(events, { played: 20 }), {
      control: {
        request: async (request) => {
          asked.push(request);
          return { accepted: true, message: '' };
        },
      },
    });
    const watching = watch([url]);
    await watching.shows((stdout) => stdout.includes('Searching Nanowires'));
    watching.kill('SIGINT');
    expect(await watching.ended).toMatchObject({ code: 0, stderr: '' });
    expect(asked).toEqual([]);
  });

  test('on a terminal it draws the map, the progress and the finds, and gives the terminal back', async ({ skip }) => {
    const script = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'script')).find((path) => existsSync(path));
    if (script === undefined || process.platform !== 'linux') {
      console.warn('watch on a terminal not tested: there is no `script` that gives a pseudo terminal');
      skip();
      return;
    }
    const { url } = await serve(sampleFeed(events, { played: events.length - 1 }));
    const watching = start(script, ['-qec', `stty rows 40 cols 100; "${process.execPath}" "${cli}" watch ${url}`, '/dev/null'], { TERM: 'xterm-256color', COLORTERM: '', NO_COLOR: '' });
    await watching.shows((stdout) => stdout.includes('find-3'));
    watching.kill('SIGINT');
    watching.kill('SIGTERM');
    const { stdout } = await watching.ended;
    expect(stdout).toContain('\u001b[?1049h');
    expect(stdout).toContain('Nanowires on Simulated SEM, adaptive');
    expect(stdout).toMatch(/█+░* ?\S+ ?%/);
  });
});

describe('emagent watch says in one sentence what is wrong', () => {
  test('nobody is there', async () => {
    const server = await serve(sampleFeed(events));
    await server.close();
    const address = `ws://127.0.0.1:${new URL(server.url).port}`;
    const { code, stdout, stderr } = await watch([address]).ended;
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr.split('\n')[0]).toBe(`emagent: No run can be watched at ${address}: connect ECONNREFUSED ${address.slice(5)}.`);
    expect(stderr).not.toContain('    at ');
  });

  test('the token is missing, wrong, right', async () => {
    const { url } = await serve(sampleFeed(events, { played: events.length }), { token: 'abc' });
    const missing = await watch([url]).ended;
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('refuses: A token is needed: give it as --token or ?token=.') as string });
    expect(await watch([url, '--token', 'abd']).ended).toMatchObject({ code: 2, stderr: expect.stringContaining('refuses: The token is wrong.') as string });
    expect(await watch([url, '--token', 'abc']).ended).toMatchObject({ code: 0, stderr: '' });
  });

  test.each([
    ['ftp://127.0.0.1', 'ftp://127.0.0.1 is no address of a run: it begins with ws:// or http://.'],
    ['ws://', 'ws:// is no address: give one like ws://127.0.0.1:8787.'],
  ])('the address %s', async (address, sentence) => {
    const { code, stderr } = await watch([address]).ended;
    expect({ code, sentence: stderr.split('\n')[0] }).toEqual({ code: 2, sentence: `emagent: ${sentence}` });
  });

  test('there is a server, but no run', async () => {
    const server = await createLiveServer({ host: '127.0.0.1', port: 0, log: () => undefined });
    open.push(server);
    const { code, stderr } = await watch([server.url]).ended;
    expect(code).toBe(4);
    expect(stderr).toMatch(/There is no run at ws:\/\/127\.0\.0\.1:\d+: it only classifies pictures\./);
  });
});
