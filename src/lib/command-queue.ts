import { type EmagentError, toEmagentError } from '../contract/errors.ts';
import { createSerialQueue } from './queue.ts';

/** One command after another; all that run or wait can be cancelled at once. */
export interface CommandQueue {
  /**
   * Runs the work when its turn comes, with a signal that fires when the caller or `cancel` aborts. Rejects with an
   * EmagentError only, and only when the work itself has settled.
   */
  run<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  cancel(reason: EmagentError): void;
  idle(): Promise<void>;
}

export function createCommandQueue(): CommandQueue {
  const queue = createSerialQueue();
  let group = new AbortController();
  return {
    run: async (signal, work) => {
      const either = signal === undefined ? group.signal : AbortSignal.any([signal, group.signal]);
      try {
        return await queue.run(async () => {
          if (either.aborted) throw either.reason as Error;
          return work(either);
        });
      } catch (thrown) {
        throw toEmagentError(thrown);
      }
    },
    cancel: (reason) => {
      const cancelled = group;
      group = new AbortController();
      cancelled.abort(reason);
    },
    idle: () => queue.idle(),
  };
}
