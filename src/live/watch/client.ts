import { WebSocket } from 'ws';
import type { Clock } from '../../contract/clock.ts';
import { EmagentError, isEmagentError } from '../../contract/errors.ts';
import type { RunEvent } from '../../contract/events.ts';
import { type Ack, type Hello, LIVE_PATH, LIVE_VERSION } from '../protocol.ts';
import { emptySnapshot, foldEvent, type Snapshot } from '../snapshot.ts';

export interface FollowOptions {
  /** As a user writes it: `ws://host:port`, `http://host:port/`, `host:port`. */
  readonly url: string;
  readonly token?: string;
  /** First event wanted; absent: from now on. */
  readonly since?: number;
  readonly clock: Clock;
  /** Aborting it leaves without an error. */
  readonly signal: AbortSignal;
  /** A connection stands, and the snapshot is that of the moment. `behind` events of the past follow. */
  onHello(hello: Hello, snapshot: Snapshot): void;
  /** In order, each once. The snapshot holds the event already. */
  onEvent(event: RunEvent, snapshot: Snapshot): void;
  onConnectionLost?(): void;
}

const RECONNECT_MS = [250, 500, 1000, 2000, 4000, 8000] as const;
/** A snapshot of a million tiles is some 20 MB. */
const LARGEST_MESSAGE_BYTES = 128 * 1024 * 1024;

/** The address of the live socket. Throws EM_USAGE when the text is no such address. */
export function liveUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `ws://${text}`);
  } catch (cause) {
    throw new EmagentError('EM_USAGE', `${text} is no address: give one like ws://127.0.0.1:8787.`, { cause });
  }
  const scheme = { 'http:': 'ws:', 'https:': 'wss:', 'ws:': 'ws:', 'wss:': 'wss:' }[url.protocol];
  if (scheme === undefined) throw new EmagentError('EM_USAGE', `${text} is no address of a run: it begins with ws:// or http://.`);
  const live = new URL(url.href.replace(/^[a-z]+:/i, scheme));
  if (live.pathname === '/' || live.pathname === '') live.pathname = LIVE_PATH;
  return live;
}

type End = 'ended' | 'lost' | 'left';

interface Position {
  snapshot: Snapshot;
  runId: string | null;
  next: number | undefined;
}

/** One connection until it ends. Rejects when there is none: EM_CONNECT, or EM_USAGE when the server refused. */
function connection(options: FollowOptions, position: Position): Promise<End> {
  const url = liveUrl(options.url);
  if (position.next !== undefined) url.searchParams.set('since', String(position.next));
  if (position.runId !== null) url.searchParams.set('run', position.runId);
  const shown = `${url.protocol}//${url.host}`;
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, {
      maxPayload: LARGEST_MESSAGE_BYTES,
      handshakeTimeout: 10_000,
      ...(options.token === undefined ? {} : { headers: { authorization: `Bearer ${options.token}` } }),
    });
    let greeted = false;
    const leave = (): void => {
      resolve('left');
      socket.terminate();
    };
    if (options.signal.aborted) return leave();
    options.signal.addEventListener('abort', leave, { once: true });
    const finish = (end: End): void => {
      resolve(end);
      socket.close();
    };
    const fail = (error: unknown): void => {
      reject(error as Error);
      socket.terminate();
    };
    socket.on('error', (cause) => {
      if (greeted) resolve('lost');
      else reject(new EmagentError('EM_CONNECT', `No run can be watched at ${shown}: ${cause.message === '' ? 'no connection' : cause.message}.`, { cause }));
    });
    socket.on('unexpected-response', (request, response) => {
      let body = '';
      response.on('data', (part: Buffer) => {
        body += part.toString('utf8');
      });
      response.on('end', () => {
        let reason = `HTTP ${response.statusCode ?? 0}`;
        try {
          reason = (JSON.parse(body) as { error: { message: string } }).error.message;
        } catch {
          // Not our server, or a proxy between: the number has to do.
        }
        const code = response.statusCode === 401 || response.statusCode === 403 ? 'EM_USAGE' : 'EM_CONNECT';
        reject(new EmagentError(code, `${shown} refuses: ${reason.replace(/\.$/, '')}.`));
        request.destroy();
      });
    });
    socket.on('message', (data, binary) => {
      if (binary) return;
      try {
        const message = JSON.parse((data as Buffer).toString('utf8')) as Hello | Ack | RunEvent;
        if (message.type === 'ack') return;
        if (message.type === 'hello') {
          greeted = true;
          greet(message, { options, position, shown });
          if (position.snapshot.ended !== null) finish('ended');
        } else {
          foldEvent(position.snapshot, message);
          position.next = message.seq + 1;
          options.onEvent(message, position.snapshot);
          if (message.type === 'run-ended') finish('ended');
        }
      } catch (error) {
        fail(isEmagentError(error) ? error : new EmagentError('EM_PROTOCOL', `${shown} does not speak the live protocol of emagent.`, { cause: error }));
      }
    });
    socket.on('close', () => {
      options.signal.removeEventListener('abort', leave);
      if (greeted) resolve('lost');
      else reject(new EmagentError('EM_CONNECT', `${shown} closed the connection before it said anything.`));
    });
  });
}

function greet(hello: Hello, { options, position, shown }: { options: FollowOptions; position: Position; shown: string }): void {
  if (hello.v !== LIVE_VERSION) {
    throw new EmagentError('EM_PROTOCOL', `${shown} speaks version ${String(hello.v)} of the live protocol, this emagent version ${LIVE_VERSION}.`);
  }
  if (hello.runId === null) throw new EmagentError('EM_CONNECT', `There is no run at ${shown}: it only classifies pictures.`);
  const goesOn = position.next !== undefined && hello.nextSeq === position.next && hello.runId === position.runId;
  const fromStart = hello.nextSeq === 0 && hello.lastSeq >= 0;
  // All events are on their way: folding them again from nothing gives the same as the snapshot.
  if (fromStart && !goesOn) position.snapshot = emptySnapshot();
  else if (!goesOn) position.snapshot = hello.snapshot;
  position.runId = hello.runId;
  position.next = hello.nextSeq;
  options.onHello(hello, position.snapshot);
}

/**
 * Follows a run until it ends (`ended`) or the signal is aborted (`left`); reconnects where it was when the connection
 * is lost. Throws EM_CONNECT when nobody is there, EM_USAGE when refused, EM_PROTOCOL, EM_LINK_CLOSED when the
 * connection stays away.
 */
export async function followRun(options: FollowOptions): Promise<'ended' | 'left'> {
  const position: Position = { snapshot: emptySnapshot(), runId: null, next: options.since };
  let failures = 0;
  for (;;) {
    const beforeSeq = position.snapshot.seq;
    try {
      const end = await connection(options, position);
      if (end !== 'lost') return end;
      options.onConnectionLost?.();
      if (position.snapshot.seq > beforeSeq) failures = 0;
    } catch (error) {
      // The first connection must stand; later ones may take a few tries.
      if (position.runId === null || !isEmagentError(error) || error.code !== 'EM_CONNECT') throw error;
    }
    const waitMs = RECONNECT_MS[failures++];
    if (waitMs === undefined) {
      throw new EmagentError('EM_LINK_CLOSED', `The connection to the run at ${liveUrl(options.url).host} was lost before the run had ended.`);
    }
    try {
      await options.clock.sleep(waitMs, options.signal);
    } catch {
      return 'left';
    }
  }
}
