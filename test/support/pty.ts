import { spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, existsSync, mkdtempSync, openSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A serial port whose far end is this process. */
export interface Pty {
  readonly path: string;
  /** What the far end sends. */
  send(bytes: Uint8Array): void;
  /** Called with what arrives at the far end. */
  onReceived(listener: (bytes: Buffer) => void): void;
  /** Pulls the plug: the port vanishes. Idempotent. */
  unplug(): Promise<void>;
}

/** Why there are no pseudo-terminals here, if there are none. */
export function ptyMissing(): string | undefined {
  if (process.platform === 'win32') return 'Windows has no pseudo-terminals';
  return spawnSync('socat', ['-V']).status === 0 ? undefined : 'socat is not installed';
}

/** A pseudo-terminal made by socat, its far end on socat's standard streams. */
export async function createPty(): Promise<Pty> {
  const folder = mkdtempSync(join(tmpdir(), 'emagent-pty-'));
  const link = join(folder, 'port');
  const socat = spawn('socat', ['-b', '65536', `PTY,raw,echo=0,link=${link}`, 'STDIO'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => socat.once('exit', () => resolve()));
  let isOver = false;
  void ended.then(() => {
    isOver = true;
    return undefined;
  });
  while (!existsSync(link)) {
    if (isOver) throw new Error('socat made no pseudo-terminal');
    await new Promise((resolve) => setImmediate(resolve));
  }
  // The pty hangs up when its last user closes it; one that never does keeps it for the next open.
  const keeper = openSync(link, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  // A killed socat does not take its link away.
  const path = readlinkSync(link);
  let unplugged: Promise<void> | undefined;
  socat.stdin.on('error', () => undefined);
  return {
    path,
    send: (bytes) => socat.stdin.write(bytes),
    onReceived: (listener) => socat.stdout.on('data', listener),
    unplug: () => {
      unplugged ??= (async () => {
        socat.kill('SIGKILL');
        await ended;
        closeSync(keeper);
        rmSync(folder, { recursive: true, force: true });
      })();
      return unplugged;
    },
  };
}
