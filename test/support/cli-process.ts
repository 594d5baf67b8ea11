import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../src/lib/package-root.ts';

export interface CliProcess {
  readonly process: ChildProcess;
  /** The next line of stdout. Rejects with stderr when the process ends before. */
  line(): Promise<string>;
  /** Exit code (null when killed) and everything written to stderr. */
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string; readonly stdout: string }>;
}

/** Starts a program of the built files: the command line, or any module text. */
export function startNode(args: readonly string[], options: { readonly cwd?: string } = {}): CliProcess {
  const child = spawn(process.execPath, [...args], { stdio: ['ignore', 'pipe', 'pipe'], cwd: options.cwd ?? packageRoot });
  const lines: string[] = [];
  let wake: () => void = () => undefined;
  let stderr = '';
  let stdout = '';
  let isOver = false;
  child.stderr.on('data', (bytes: Buffer) => {
    stderr += bytes.toString('utf8');
  });
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line);
    stdout += `${line}\n`;
    wake();
  });
  const ended = new Promise<{ code: number | null; stderr: string; stdout: string }>((resolve) => {
    child.once('close', (code) => {
      isOver = true;
      wake();
      resolve({ code, stderr, stdout });
    });
  });
  return {
    process: child,
    ended,
    line: async () => {
      for (;;) {
        const line = lines.shift();
        if (line !== undefined) return line;
        if (isOver) throw new Error(`The process ended: ${stderr}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

/** The built command line, as a user starts it. */
export const startCli = (...args: string[]): CliProcess => startNode([join(packageRoot, 'dist', 'src', 'cli', 'main.js'), ...args]);
