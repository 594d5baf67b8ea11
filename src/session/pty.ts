import { spawn } from 'node:child_process';
import { closeSync, constants, existsSync, lstatSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../contract/clock.ts';
import { EmagentError } from '../contract/errors.ts';

export interface PtyOptions {
  /** Where the port is to be found; a path in a folder of its own when absent. */
  readonly path?: string;
  /** The server on this machine whose bytes the port carries. */
  readonly tcpPort: number;
  readonly clock: Clock;
  log(message: string): void;
}

/** A serial port that is no hardware. */
export interface Pty {
  readonly path: string;
  /** Takes the port away. Idempotent. */
  close(): Promise<void>;
}

const START_LIMIT_MS = 5000;
const POLL_MS = 20;

function checkPath(path: string): void {
  if (!path.startsWith('/')) throw new EmagentError('EM_USAGE', `"${path}" is no path for a serial port: write an absolute one, e.g. pty:/tmp/ttySEM.`);
  if (existsSync(path) && !lstatSync(path).isSymbolicLink()) throw new EmagentError('EM_USAGE', `${path} exists already and is no serial port of an earlier run: choose another path.`);
}

/**
 * A pseudo-terminal joined to a TCP server of this machine, made by the program socat. Throws EM_USAGE when socat is not
 * installed or the path cannot be had.
 */
export async function openPty({ path: wanted, tcpPort, clock, log }: PtyOptions): Promise<Pty> {
  if (wanted !== undefined) checkPath(wanted);
  const folder = wanted === undefined ? mkdtempSync(join(tmpdir(), 'emagent-pty-')) : undefined;
  const path = wanted ?? join(folder ?? '', 'ttySEM');
  const socat = spawn('socat', ['-b', '65536', `PTY,raw,echo=0,link=${path}`, `TCP:127.0.0.1:${tcpPort},nodelay`], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  socat.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  let over: Error | undefined;
  const ended = new Promise<void>((resolve) => {
    socat.once('error', (error: NodeJS.ErrnoException) => {
      over = error;
      resolve();
    });
    socat.once('exit', () => {
      over ??= new Error(said.trim().split('\n')[0] ?? 'it ended');
      resolve();
    });
  });
  let keeper: number | undefined;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= (async () => {
      socat.kill();
      await ended;
      if (keeper !== undefined) closeSync(keeper);
      rmSync(path, { force: true });
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    })();
    return closing;
  };

  const endMs = clock.nowMs() + START_LIMIT_MS;
  const isOver = (): boolean => over !== undefined;
  while (!existsSync(path) && !isOver() && clock.nowMs() < endMs) await clock.sleep(POLL_MS);
  if (over !== undefined || !existsSync(path)) {
    const missing = (over as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
    await close();
    throw new EmagentError(
      'EM_USAGE',
      missing
        ? 'A serial port without hardware is made by the program socat, which is not installed here: install it, or listen at host:port.'
        : `The serial port ${path} could not be made: ${over?.message ?? 'socat made none in time'}.`,
      { cause: over },
    );
  }
  // The port hangs up when its last user closes it; one that never does keeps it for the next.
  keeper = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  void ended.then(() => {
    if (closing === undefined) log(`The serial port ${path} is gone: its line was cut.`);
    return undefined;
  });
  return { path, close };
}
