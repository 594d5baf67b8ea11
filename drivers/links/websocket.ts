import { WebSocket, type RawData } from 'ws';
import type { Clock } from '../../src/contract/clock.ts';
import { EmagentError } from '../../src/contract/errors.ts';
import { connectError } from './connect-error.ts';
import { wireOf } from './wire.ts';

/** A connection that carries whole messages: text or bytes. */
export interface MessageSocket {
  readonly description: string;
  /** Throws EM_LINK_CLOSED when the socket is gone. */
  send(message: string | Uint8Array): void;
  /** One listener; called in the order of arrival. Messages that came before it was set are kept for it. */
  onMessage(listener: (message: string | Uint8Array) => void): void;
  /** Resolves once when the socket is gone, with the reason if it was not closed by us. Never rejects. */
  readonly closed: Promise<Error | undefined>;
  readonly isOpen: boolean;
  /** Closes; idempotent; resolves when the socket is gone, or after a bounded wait. */
  close(): Promise<void>;
}

export interface WebSocketOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly protocols?: readonly string[];
  /** Largest message taken, bytes; a larger one ends the connection. */
  readonly maxPayloadBytes: number;
  /** Limit of the handshake, ms. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const CLOSE_LIMIT_MS = 1000;

function toBytes(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}

/** Opens a WebSocket. Throws EM_CONNECT, or EM_PROTOCOL when the other end speaks something else. */
export async function openWebSocket(options: WebSocketOptions): Promise<MessageSocket> {
  const { clock } = options;
  const description = new URL(options.url).host;
  options.signal?.throwIfAborted();
  const { farEnd, recorder: wireRecorder } = wireOf(clock);
  if (farEnd !== undefined) return farEnd.openSocket(description);
  const recorder = wireRecorder?.opened(description, 'messages');
  const socket = new WebSocket(options.url, [...(options.protocols ?? [])], {
    perMessageDeflate: false,
    maxPayload: options.maxPayloadBytes,
    followRedirects: false,
  });
  let failure: Error | undefined;
  let closing = false;
  let listener: ((message: string | Uint8Array) => void) | undefined;
  let early: (string | Uint8Array)[] = [];
  socket.on('error', (error) => {
    failure = error;
  });
  socket.on('message', (data, isBinary) => {
    const message = isBinary ? toBytes(data) : Buffer.from(toBytes(data)).toString('utf8');
    recorder?.received(message);
    if (listener === undefined) early.push(message);
    else listener(message);
  });
  const closed = new Promise<Error | undefined>((resolve) => {
    socket.on('close', (code, reason) => {
      const why = reason.toString('utf8');
      const fallback = new EmagentError('EM_LINK_CLOSED', `${description} closed the connection (${code}${why === '' ? '' : `, ${why}`}).`);
      const error = closing ? undefined : (failure ?? fallback);
      recorder?.closed(error);
      resolve(error);
    });
  });

  const limit = clock.deadline(options.signal, options.timeoutMs ?? 5000, 'EM_CONNECT');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('unexpected-response', (_request, response) => {
        const refused = response.statusCode === 401 || response.statusCode === 403;
        const sentence = refused
          ? `${description} refused the connection: ${response.statusCode === 401 ? 'the token is missing or wrong' : 'not allowed from here'}.`
          : `${description} answered with HTTP status ${response.statusCode} instead of a WebSocket.`;
        reject(new EmagentError(refused ? 'EM_CONNECT' : 'EM_PROTOCOL', sentence));
      });
      socket.once('error', (error) => {
        const isNetwork = (error as NodeJS.ErrnoException).code !== undefined && !/^WS_|^HPE_/.test((error as NodeJS.ErrnoException).code ?? '');
        reject(isNetwork ? connectError(description, error) : new EmagentError('EM_PROTOCOL', `${description} does not speak this protocol: ${error.message}.`, { cause: error }));
      });
      limit.signal.addEventListener('abort', () => reject(connectError(description, limit.signal.reason as Error)), { once: true });
    });
  } catch (thrown) {
    socket.terminate();
    throw thrown;
  } finally {
    limit.clear();
  }

  let ending: Promise<void> | undefined;
  return {
    description,
    closed,
    get isOpen() {
      return socket.readyState === WebSocket.OPEN;
    },
    send: (message) => {
      if (socket.readyState !== WebSocket.OPEN) throw new EmagentError('EM_LINK_CLOSED', `The connection to ${description} is closed.`);
      recorder?.sent(message);
      // A failure after this point shows itself as the end of the socket.
      socket.send(message, () => undefined);
    },
    onMessage: (next) => {
      listener = next;
      const held = early;
      early = [];
      for (const message of held) next(message);
    },
    close: () => {
      ending ??= (async () => {
        if (socket.readyState === WebSocket.CLOSED) return;
        closing = true;
        socket.close(1000);
        const waited = new AbortController();
        await Promise.race([closed, clock.sleep(CLOSE_LIMIT_MS, waited.signal).catch(() => undefined)]);
        waited.abort();
        socket.terminate();
      })();
      return ending;
    },
  };
}
