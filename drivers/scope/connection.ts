import type { Clock } from '../../src/contract/clock.ts';
import { EmagentError, ERRORS, type ErrorCode, toEmagentError } from '../../src/contract/errors.ts';
import type { MicroscopeFault } from '../../src/contract/microscope.ts';
import { type MessageSocket, openWebSocket } from '../links/websocket.ts';
import { decodeChunk, type ImageChunk, MAX_BINARY_BYTES, PROTOCOL, SUBPROTOCOL, WireAlarm, WireHello, WireOp } from './codec.ts';
import { checked, createRpcClient, type RpcClient } from './rpc.ts';

export interface ConnectionOptions {
  /** `ws:` or `wss:` */
  readonly url: string;
  readonly clock: Clock;
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
  log(level: 'debug' | 'warn', message: string): void;
}

/** An open conversation with a server that has introduced itself; no lease yet. */
export interface ScopeConnection {
  readonly description: string;
  readonly hello: WireHello;
  readonly rpc: RpcClient;
  /** Resolves with the terminal event of an operation; must be called in the turn in which its number became known. */
  operationEnd(op: number): Promise<WireOp>;
  /** Takes the image chunks, or the reason why one could not be read. One taker at a time. */
  setChunkTaker(taker: ((chunk: ImageChunk | EmagentError) => void) | undefined): void;
  onFault(listener: (fault: MicroscopeFault) => void): void;
  /** Gives the connection up: everything that waits rejects with this, and the socket is closed. */
  abandon(error: EmagentError): void;
  readonly lost: EmagentError | undefined;
  close(): Promise<void>;
}

/** What may stand in a subprotocol name (RFC 9110, token). */
const SUBPROTOCOL_SAFE = /^[\w!#$%&'*+.^`|~-]+$/;

const isOurCode = (code: string): code is ErrorCode => Object.hasOwn(ERRORS, code);

/** Opens the socket, presents the token, waits for `hello`. Throws EM_CONNECT, EM_PROTOCOL. */
export async function openConnection(options: ConnectionOptions): Promise<ScopeConnection> {
  const { clock, token } = options;
  const inHandshake = token !== undefined && SUBPROTOCOL_SAFE.test(token);
  const socket = await openWebSocket({
    url: options.url,
    clock,
    protocols: inHandshake ? [SUBPROTOCOL, `bearer.${token}`] : [SUBPROTOCOL],
    maxPayloadBytes: MAX_BINARY_BYTES,
    timeoutMs: options.timeoutMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  try {
    return await converse(socket, options, token !== undefined && !inHandshake ? token : undefined);
  } catch (thrown) {
    await socket.close();
    throw thrown;
  }
}

async function converse(socket: MessageSocket, options: ConnectionOptions, tokenToSend: string | undefined): Promise<ScopeConnection> {
  const { clock } = options;
  const operations = new Map<number, (end: WireOp | EmagentError) => void>();
  const faultListeners = new Set<(fault: MicroscopeFault) => void>();
  let chunkTaker: ((chunk: ImageChunk | EmagentError) => void) | undefined;
  let lost: EmagentError | undefined;
  let closing = false;
  let greeted: (hello: WireHello | EmagentError) => void = () => undefined;
  const greeting = new Promise<WireHello | EmagentError>((resolve) => {
    greeted = resolve;
  });

  const fault = (code: ErrorCode, message: string): void => {
    for (const listener of faultListeners) listener({ code, message });
  };
  const lose = (error: EmagentError): void => {
    if (lost !== undefined) return;
    lost = error;
    greeted(error);
    rpc.fail(error);
    for (const settle of operations.values()) settle(error);
    operations.clear();
    if (!closing) fault(error.code, error.message);
  };

  const notification = (method: string, params: unknown): void => {
    if (method === 'hello') {
      greeted(readHello(socket.description, params));
    } else if (method === 'auth.required' && tokenToSend === undefined) {
      greeted(new EmagentError('EM_CONNECT', `${socket.description} wants a token: add ?token=... to the address.`));
    } else if (method === 'op') {
      const op = checked(WireOp, params, 'op event');
      if (op.state !== 'running') {
        operations.get(op.op)?.(op);
        operations.delete(op.op);
      }
    } else if (method === 'alarm') {
      const alarm = checked(WireAlarm, params, 'alarm');
      if (alarm.severity === 'error') fault(isOurCode(alarm.code) ? alarm.code : 'EM_INTERLOCK', alarm.message);
      else options.log('warn', alarm.message);
    } else if (method === 'lease.lost') {
      fault('EM_LEASE', `${socket.description} took the lease back: it has stopped the stage and blanked the beam.`);
    }
  };
  const rpc = createRpcClient(socket, clock, {
    notification: (method, params) => {
      try {
        notification(method, params);
      } catch (thrown) {
        lose(toEmagentError(thrown, 'EM_PROTOCOL'));
        void socket.close();
      }
    },
    binary: (bytes) => {
      try {
        chunkTaker?.(decodeChunk(bytes));
      } catch (thrown) {
        chunkTaker?.(toEmagentError(thrown, 'EM_FRAME_INCOMPLETE'));
      }
    },
    violation: (error) => {
      greeted(error);
      options.log('warn', error.message);
    },
  });
  const ended = (reason: Error | undefined): void =>
    lose(new EmagentError('EM_LINK_CLOSED', `The connection to ${socket.description} ended.`, reason === undefined ? {} : { cause: reason }));
  void socket.closed.then(ended);

  if (tokenToSend !== undefined) {
    // Its answer is awaited together with `hello`: a refusal ends the wait at once.
    rpc.call('auth', { token: tokenToSend }, { timeoutMs: options.timeoutMs, hardware: 'EM_CONNECT' }).catch((error: unknown) => {
      greeted(new EmagentError('EM_CONNECT', `${socket.description} refused the token.`, { cause: error }));
    });
  }
  const limit = clock.deadline(options.signal, options.timeoutMs, 'EM_PROTOCOL');
  limit.signal.addEventListener('abort', () => {
    if (options.signal?.aborted === true) greeted(toEmagentError(options.signal.reason));
    else greeted(new EmagentError('EM_PROTOCOL', `${socket.description} did not say hello.`));
  });
  const hello = await greeting;
  limit.clear();
  if (hello instanceof Error) throw hello;

  return {
    description: socket.description,
    hello,
    rpc,
    operationEnd: (op) =>
      new Promise((resolve, reject) => {
        if (lost !== undefined) reject(lost);
        else operations.set(op, (end) => (end instanceof Error ? reject(end) : resolve(end)));
      }),
    setChunkTaker: (taker) => {
      chunkTaker = taker;
    },
    onFault: (listener) => {
      faultListeners.add(listener);
    },
    abandon: (error) => {
      lose(error);
      void socket.close();
    },
    get lost() {
      return lost;
    },
    close: async () => {
      closing = true;
      await socket.close();
    },
  };
}

function readHello(where: string, params: unknown): WireHello | EmagentError {
  const hello = WireHello.safeParse(params);
  if (hello.success && hello.data.protocol === PROTOCOL) return hello.data;
  const spoken = (params as { protocol?: unknown } | null)?.protocol;
  const what = typeof spoken === 'string' && spoken !== PROTOCOL ? `speaks "${spoken}", not ${PROTOCOL}` : `introduced itself with an incomplete hello`;
  return new EmagentError('EM_PROTOCOL', `${where} ${what}.`, hello.success ? {} : { cause: hello.error });
}
