import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { packageRoot } from '../../src/lib/package-root.ts';

/** The built command line, as `npx emagent` starts it. */
const CLI = join(packageRoot, 'dist/src/cli/main.js');

export interface ProcessEnd {
  /** null when it was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningProcess {
  readonly process: ChildProcess;
  readonly ended: Promise<ProcessEnd>;
  /** Resolves when stdout or stderr matches; rejects when the process ends before. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  /** The first line of stdout. */
  line(): Promise<string>;
}

export interface StartOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts a program of the built files: the command line, or any module text. */
export function startNode(args: readonly string[], options: StartOptions = {}): RunningProcess {
  const child = spawn(process.execPath, args, {
    cwd: options.cwd ?? packageRoot,
    env: { ...process.env, NO_COLOR: '1', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const heard = new Set<() => void>();
  const hear = (): void => {
    for (const listener of heard) listener();
  };
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    hear();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    hear();
  });
  const ended = new Promise<ProcessEnd>((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
  const until = (pattern: RegExp, ...texts: (() => string)[]): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const match = texts.map((text) => pattern.exec(text())).find((found) => found !== null);
        if (match === undefined) return;
        heard.delete(look);
        resolve(match);
      };
      heard.add(look);
      look();
      void ended.then(({ code }) => reject(new Error(`ended with ${code} before ${pattern} was said:\n${stdout}\n${stderr}`)));
    });
  return {
    process: child,
    ended,
    until: (pattern) => until(pattern, () => stdout, () => stderr),
    line: async () => (await until(/^(.*)\n/, () => stdout))[1] ?? '',
  };
}

export function startCli(args: readonly string[], options: StartOptions = {}): RunningProcess {
  return startNode([CLI, ...args], options);
}

export function runCli(args: readonly string[], options: StartOptions = {}): Promise<ProcessEnd> {
  return startCli(args, options).ended;
}

/** A folder that is gone when the test is over. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'emagent-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
