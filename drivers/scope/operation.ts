import type { Clock } from '../../src/contract/clock.ts';
import { EmagentError, type ErrorCode } from '../../src/contract/errors.ts';
import { errorOfWire, type Method, type Params, RESULTS, type WireOp } from './codec.ts';
import type { ScopeConnection } from './connection.ts';
import { checked } from './rpc.ts';

export interface OperationOptions<M extends Method> {
  readonly method: M;
  readonly params: Params<M>;
  readonly signal: AbortSignal;
  /** Longest time from the request to the terminal event, ms. */
  readonly limitMs: number;
  /** What an unspecific hardware error means here. */
  readonly hardware: ErrorCode;
  /** Called with the raw result of the request in the turn of its arrival. */
  readonly started?: (result: unknown) => void;
  /** Asks the instrument to stop the operation. */
  cancel(): Promise<unknown>;
}

/** Answers come at once; this is for a server that is busy, not for the instrument. */
export const REPLY_LIMIT_MS = 5000;
/** After a cancel the terminal event must come within this. */
const CANCEL_LIMIT_MS = 10_000;

/**
 * Runs one operation to its terminal event. When the signal aborts or the time is up, the instrument is asked to stop,
 * and only its terminal event (or CANCEL_LIMIT_MS) ends the wait: the hardware is idle then. Resolves with the result.
 */
export async function runOperation<M extends Method>(connection: ScopeConnection, clock: Clock, options: OperationOptions<M>): Promise<unknown> {
  options.signal.throwIfAborted();
  const limit = clock.deadline(options.signal, options.limitMs, 'EM_TIMEOUT');
  let ending: Promise<WireOp> | undefined;
  try {
    await connection.rpc.call(options.method, options.params, {
      timeoutMs: REPLY_LIMIT_MS,
      hardware: options.hardware,
      accept: (result) => {
        ending = connection.operationEnd(checked(RESULTS.op, result, `answer to ${options.method}`).op);
        // Awaited below; until then a lost connection must not count as unhandled.
        ending.catch(() => undefined);
        options.started?.(result);
      },
    });
    if (ending === undefined) throw new EmagentError('EM_PROTOCOL', `${options.method} began no operation.`);
    const end = await endOrCancel({ ending, signal: limit.signal, clock, cancel: options.cancel });
    if (options.signal.aborted) throw options.signal.reason as Error;
    if (limit.signal.aborted && end.state !== 'completed') {
      throw new EmagentError('EM_TIMEOUT', `${options.method} did not end within ${(options.limitMs / 1000).toFixed(1)} s; it was stopped.`);
    }
    if (end.state === 'completed') return end.result;
    if (end.error !== undefined) throw errorOfWire(end.error, options.hardware);
    throw new EmagentError(end.state === 'cancelled' ? 'EM_STOPPED' : options.hardware, `${options.method} was ${end.state === 'cancelled' ? 'stopped at the instrument' : 'ended by an error'}.`);
  } catch (thrown) {
    // A request without an answer may have begun all the same.
    if (ending === undefined && (thrown as { code?: unknown }).code === 'EM_TIMEOUT') await options.cancel().catch(() => undefined);
    throw thrown;
  } finally {
    limit.clear();
  }
}

interface Ending {
  readonly ending: Promise<WireOp>;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  cancel(): Promise<unknown>;
}

async function endOrCancel({ ending, signal, clock, cancel }: Ending): Promise<WireOp> {
  const over = new AbortController();
  let onAbort: () => void = () => undefined;
  const overdue = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      cancel().catch(() => undefined);
      const unconfirmed = new EmagentError('EM_TIMEOUT', 'The instrument did not confirm that it stopped.', { cause: signal.reason });
      void clock.sleep(CANCEL_LIMIT_MS, over.signal).then(() => reject(unconfirmed), () => undefined);
    };
  });
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([ending, overdue]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    over.abort(new Error('over'));
  }
}
