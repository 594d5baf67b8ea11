import type { Clock } from '../contract/clock.ts';
import { EmagentError, type ErrorCode } from '../contract/errors.ts';

type Timers = Pick<Clock, 'nowMs' | 'setTimeout' | 'clearTimeout' | 'timestamp' | 'during'>;

function complete(timers: Timers): Clock {
  const sleep = (durationMs: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const onAbort = (): void => {
        timers.clearTimeout(id);
        reject(signal?.reason as Error);
      };
      const id = timers.setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      }, durationMs);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  const deadline = (signal: AbortSignal | undefined, timeoutMs: number, code: ErrorCode): ReturnType<Clock['deadline']> => {
    const controller = new AbortController();
    const id = timers.setTimeout(() => {
      controller.abort(new EmagentError(code, `No answer within ${(timeoutMs / 1000).toFixed(1)} s.`));
    }, timeoutMs);
    return {
      signal: signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]),
      clear: () => timers.clearTimeout(id),
    };
  };
  return { ...timers, sleep, deadline };
}

/** Real time, or real time run faster: at speed 20 a simulated second passes in 50 ms. */
export function createRealClock(speed = 1): Clock {
  const start = performance.now();
  const startWallMs = Date.now();
  const nowMs = (): number => (performance.now() - start) * speed;
  return complete({
    nowMs,
    timestamp: () => new Date(startWallMs + nowMs() / speed).toISOString(),
    setTimeout: (callback, timeoutMs) => setTimeout(callback, timeoutMs / speed),
    clearTimeout: (id) => clearTimeout(id as NodeJS.Timeout),
    during: (work) => work,
  });
}

export interface VirtualClock extends Clock {
  /** Number of timers waiting: a test asserts that a finished run leaves none. */
  pending(): number;
}

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Start of virtual wall time; any fixed instant would do, so that the same run gives the same bytes. */
const VIRTUAL_EPOCH_MS = Date.UTC(2026, 0, 1);

/**
 * Time that jumps to the next timer as soon as the program has nothing left to do: no microtask, no immediate, and no
 * work of the real world (`during`). Timers due at the same moment run in the order in which they were set.
 *
 * `quietTurns`: turns of the event loop in which nothing may happen before it jumps. Two let promises that follow an
 * immediate of others set their timers first; with sockets between two parts of one process, whose bytes come with a
 * later turn, some ten. `isUnderWay`: whether something is on its way that no turn of the loop shows; it holds the jump.
 */
export function createVirtualClock({ quietTurns = 2, isUnderWay = () => false }: { readonly quietTurns?: number; readonly isUnderWay?: () => boolean } = {}): VirtualClock {
  let nowMs = 0;
  let order = 0;
  let holds = 0;
  let pumping = false;
  const timers = new Map<number, Timer>();

  const next = (): Timer | undefined => {
    let best: Timer | undefined;
    for (const timer of timers.values()) {
      if (best === undefined || timer.dueMs < best.dueMs || (timer.dueMs === best.dueMs && timer.order < best.order)) best = timer;
    }
    return best;
  };
  const pump = (): void => {
    if (pumping) return;
    pumping = true;
    const wait = (turns: number): void => {
      setImmediate(turns > 1 ? () => wait(turns - 1) : jump);
    };
    wait(quietTurns);
  };
  const jump = (): void => {
    pumping = false;
    if (holds > 0) return;
    const timer = next();
    if (timer === undefined) return;
    if (isUnderWay()) {
      pump();
      return;
    }
    timers.delete(timer.order);
    nowMs = Math.max(nowMs, timer.dueMs);
    timer.callback();
    pump();
  };
  const clock = complete({
    nowMs: () => nowMs,
    timestamp: () => new Date(VIRTUAL_EPOCH_MS + nowMs).toISOString(),
    setTimeout: (callback, timeoutMs) => {
      const id = order++;
      timers.set(id, { dueMs: nowMs + Math.max(0, timeoutMs), order: id, callback });
      pump();
      return id;
    },
    clearTimeout: (id) => {
      timers.delete(id as number);
    },
    during: async (work) => {
      holds++;
      try {
        return await work;
      } finally {
        holds--;
        if (holds === 0) pump();
      }
    },
  });
  return { ...clock, pending: () => timers.size };
}
