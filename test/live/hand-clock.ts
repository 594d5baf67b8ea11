import type { Clock } from '../../src/contract/clock.ts';

/** A clock that goes only when the test says so. */
export interface HandClock extends Clock {
  /** Steps of at most a second, so that repeating timers run as often as they would. */
  advance(durationMs: number): void;
}

export function createHandClock(): HandClock {
  let nowMs = 0;
  let order = 0;
  const timers = new Map<number, { dueMs: number; callback: () => void }>();
  const setTimer = (callback: () => void, timeoutMs: number): number => {
    timers.set(++order, { dueMs: nowMs + timeoutMs, callback });
    return order;
  };
  return {
    nowMs: () => nowMs,
    timestamp: () => new Date(nowMs).toISOString(),
    setTimeout: setTimer,
    clearTimeout: (id) => timers.delete(id as number),
    sleep: (durationMs) =>
      new Promise((resolve) => {
        setTimer(resolve, durationMs);
      }),
    deadline: () => {
      throw new Error('no deadlines here');
    },
    during: (work) => work,
    advance: (durationMs) => {
      const untilMs = nowMs + durationMs;
      while (nowMs < untilMs) {
        nowMs = Math.min(untilMs, nowMs + 1000);
        for (const [id, { dueMs, callback }] of timers) {
          if (dueMs > nowMs) continue;
          timers.delete(id);
          callback();
        }
      }
    },
  };
}
