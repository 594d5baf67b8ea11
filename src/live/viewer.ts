import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Clock } from '../contract/clock.ts';
import type { EventLog } from './event-log.ts';

export interface ViewerLimits {
  /** Above this, nothing more is handed to the socket until it has drained. */
  readonly bufferBytes: number;
  /** Above this a viewer gets no pictures. */
  readonly thumbnailBufferBytes: number;
  /** A viewer whose socket takes nothing for so long is dropped. */
  readonly stallMs: number;
  /** Time between a drop and the end of the socket, and for the last events when the server closes. */
  readonly graceMs: number;
  readonly heartbeatMs: number;
}

export const VIEWER_LIMITS: ViewerLimits = {
  bufferBytes: 1024 * 1024,
  thumbnailBufferBytes: 256 * 1024,
  stallMs: 10_000,
  graceMs: 2000,
  heartbeatMs: 15_000,
};

/** WebSocket close code "try again later": the viewer did not keep up. */
const TRY_AGAIN_LATER = 1013;

/** One connection. It reads the log at its own pace: nobody waits for it, and it costs at most one buffer. */
export interface Viewer {
  /** Sends what is new, as far as the socket takes it. */
  pump(): void;
  send(message: object): void;
  thumbnail(bytes: Uint8Array): void;
  /** Has been given everything up to the newest event. */
  upToDate(): boolean;
  /** Called at least every second: drops the stalled, pings the others. */
  check(): void;
  close(code: number, reason: string): void;
}

export function createViewer(
  socket: WebSocket,
  log: EventLog,
  options: { nextSeq: number; wire: Duplex; clock: Clock; limits: ViewerLimits; onDropped(reason: string): void },
): Viewer {
  const { clock, limits, wire } = options;
  let next = options.nextSeq;
  let unsent = 0;
  let drainedAtMs = clock.nowMs();
  let pingedAtMs = clock.nowMs();
  let alive = true;
  let closing = false;

  socket.on('pong', () => {
    alive = true;
  });

  const close = (code: number, reason: string): void => {
    if (closing) return;
    closing = true;
    socket.close(code, reason);
    // A viewer that does not read would never see the close frame, and ws waits 30 s for its answer.
    const timer = clock.setTimeout(() => socket.terminate(), limits.graceMs);
    socket.once('close', () => clock.clearTimeout(timer));
  };
  const drop = (reason: string): void => {
    if (closing) return;
    options.onDropped(reason);
    close(TRY_AGAIN_LATER, reason);
  };
  const write = (data: string | Uint8Array, binary = false): void => {
    if (unsent === 0) drainedAtMs = clock.nowMs();
    unsent++;
    socket.send(data, { binary }, () => {
      unsent--;
      drainedAtMs = clock.nowMs();
      pump();
    });
  };
  const open = (): boolean => !closing && socket.readyState === socket.OPEN;
  const pump = (): void => {
    if (!open() || next > log.lastSeq()) return;
    // Many small messages leave in one write to the system instead of one each.
    wire.cork();
    pumpNow();
    wire.uncork();
  };
  const pumpNow = (): void => {
    while (open() && next <= log.lastSeq() && socket.bufferedAmount < limits.bufferBytes) {
      const line = log.at(next);
      if (line === undefined) {
        drop('too far behind: the events are no longer held');
        return;
      }
      next++;
      write(line);
    }
  };
  return {
    pump,
    send: (message) => {
      if (open()) write(JSON.stringify(message));
    },
    thumbnail: (bytes) => {
      if (open() && next > log.lastSeq() && socket.bufferedAmount < limits.thumbnailBufferBytes) write(bytes, true);
    },
    upToDate: () => !open() || (next > log.lastSeq() && unsent === 0),
    check: () => {
      if (!open()) return;
      const nowMs = clock.nowMs();
      if (unsent > 0 && nowMs - drainedAtMs > limits.stallMs) {
        drop('does not read');
        return;
      }
      if (nowMs - pingedAtMs < limits.heartbeatMs) return;
      if (!alive) {
        options.onDropped('no heartbeat');
        socket.terminate();
        return;
      }
      alive = false;
      pingedAtMs = nowMs;
      socket.ping();
    },
    close,
  };
}
