import type { ErrorCode } from './errors.ts';

/** What XState asks of a clock. */
export interface TimerClock {
  setTimeout(callback: () => void, timeoutMs: number): unknown;
  clearTimeout(id: unknown): void;
}

/**
 * The only source of time and the only way to wait. A virtual clock drives agent, driver and
 * in-process simulator together, so that a simulated eight-hour run takes seconds.
 */
export interface Clock extends TimerClock {
  /** Milliseconds since an arbitrary start. Monotonic: never steps back when the wall clock is set. */
  nowMs(): number;
  /** Wall-clock time for people and files, ISO 8601 in UTC. Deterministic on a virtual clock. */
  timestamp(): string;
  /** Resolves after `durationMs`; rejects with the signal's reason as soon as it is aborted. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
  /**
   * A signal that aborts when `signal` does, or after `timeoutMs` with an EmagentError of `code`.
   * Call `clear` when the guarded work is over.
   */
  deadline(signal: AbortSignal | undefined, timeoutMs: number, code: ErrorCode): { signal: AbortSignal; clear(): void };
  /**
   * Wraps work of the real world (a file, the network, the GPU, a waiting user). A virtual clock stands still
   * until it settles, because such work costs no instrument time; a real clock just passes it through.
   */
  during<T>(work: Promise<T>): Promise<T>;
}
