import type { Clock } from '../../src/contract/clock.ts';
import { EmagentError, type ErrorCode } from '../../src/contract/errors.ts';
import type { MessageSocket } from '../links/websocket.ts';
import { errorOfWire, type Method, type Params, ServerMessage } from './codec.ts';

export interface CallOptions {
  /** Longest wait for the answer, ms. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** What an unspecific hardware error means for this call. */
  readonly hardware?: ErrorCode;
  /** Called with the result inside the message's own turn, before any later message is read. */
  readonly accept?: (result: unknown) => void;
}

/** JSON-RPC 2.0 over a message socket: answers find their requests, everything else goes to the listeners. */
export interface RpcClient {
  call<M extends Method>(method: M, params: Params<M>, options: CallOptions): Promise<unknown>;
  /** Every open and later call rejects with this. */
  fail(error: EmagentError): void;
}

export interface RpcListeners {
  notification(method: string, params: unknown): void;
  binary(bytes: Uint8Array): void;
  /** The other end does not keep to the protocol. */
  violation(error: EmagentError): void;
}

interface Waiting {
  readonly hardware: ErrorCode;
  readonly accept: ((result: unknown) => void) | undefined;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export function createRpcClient(socket: MessageSocket, clock: Clock, listeners: RpcListeners): RpcClient {
  const waiting = new Map<number | string, Waiting>();
  let nextId = 1;
  let failed: EmagentError | undefined;

  const fail = (error: EmagentError): void => {
    failed ??= error;
    for (const call of waiting.values()) call.reject(failed);
    waiting.clear();
  };
  const violation = (what: string, cause?: unknown): void => {
    listeners.violation(new EmagentError('EM_PROTOCOL', `${socket.description} ${what}.`, cause === undefined ? {} : { cause }));
  };
  const answer = (message: Exclude<ServerMessage, { method: string }>): void => {
    const call = message.id === null ? undefined : waiting.get(message.id);
    if (call === undefined) {
      // The answer to a call that was given up, or an error that belongs to no request.
      if ('error' in message && message.id === null) violation(`complained: ${message.error.message}`);
      return;
    }
    waiting.delete(message.id as number | string);
    if ('error' in message) {
      call.reject(errorOfWire(message.error, call.hardware));
      return;
    }
    try {
      call.accept?.(message.result);
      call.resolve(message.result);
    } catch (thrown) {
      call.reject(thrown as Error);
    }
  };

  socket.onMessage((data) => {
    if (typeof data !== 'string') {
      listeners.binary(data);
      return;
    }
    let value: unknown;
    try {
      value = JSON.parse(data);
    } catch (thrown) {
      violation('sent text that is no JSON', thrown);
      return;
    }
    const message = ServerMessage.safeParse(value);
    if (!message.success) violation('sent a message of an unknown shape', message.error);
    else if ('method' in message.data) listeners.notification(message.data.method, message.data.params);
    else answer(message.data);
  });

  return {
    fail,
    call: async (method, params, options) => {
      if (failed !== undefined) throw failed;
      options.signal?.throwIfAborted();
      const id = nextId++;
      const limit = clock.deadline(options.signal, options.timeoutMs, 'EM_TIMEOUT');
      try {
        return await new Promise((resolve, reject) => {
          waiting.set(id, { hardware: options.hardware ?? 'EM_INTERLOCK', accept: options.accept, resolve, reject });
          limit.signal.addEventListener(
            'abort',
            () => {
              if (options.signal?.aborted === true) reject(options.signal.reason as Error);
              else reject(new EmagentError('EM_TIMEOUT', `${socket.description} did not answer ${method} within ${(options.timeoutMs / 1000).toFixed(1)} s.`));
            },
            { once: true },
          );
          socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
        });
      } finally {
        waiting.delete(id);
        limit.clear();
      }
    },
  };
}

/** Checks a result of the other end. Throws EM_PROTOCOL. */
export function checked<T>(schema: { safeParse(value: unknown): { success: true; data: T } | { success: false; error: Error } }, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (!result.success) throw new EmagentError('EM_PROTOCOL', `The microscope's ${what} has not the shape that the protocol demands.`, { cause: result.error });
  return result.data;
}
