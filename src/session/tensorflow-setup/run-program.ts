import { spawn } from 'node:child_process';

export interface ProgramEnd {
  /** null when it could not be started. */
  readonly code: number | null;
  /** What it wrote on stdout and stderr, in their order. */
  readonly output: string;
}

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Its stderr goes to ours: it shows its own progress there. */
  readonly shown?: boolean;
  readonly signal?: AbortSignal;
}

/** Runs a program to its end. Never rejects for what the program does; an abort kills it and rejects. */
export function runProgram(name: string, args: readonly string[], { cwd, env, shown = false, signal }: ProgramOptions = {}): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    let output = '';
    const child = spawn(name, args, { ...(cwd !== undefined && { cwd }), ...(signal !== undefined && { signal }), env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const hear = (chunk: Buffer): void => {
      output += chunk.toString();
      if (shown) process.stderr.write(chunk);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('error', (error) => {
      if (error.name === 'AbortError') reject(error);
      else resolve({ code: null, output: error.message });
    });
    child.once('close', (code) => resolve({ code, output }));
  });
}
