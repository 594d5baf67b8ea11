import { toEmagentError } from '../contract/errors.ts';
import type { RunEventBody } from '../contract/events.ts';
import type { RunParts } from './run-parts.ts';

/** How long an aborted command may take to come to rest. */
const REST_LIMIT_MS = 60_000;

type Command = Extract<RunEventBody, { type: 'command-failed' }>['command'];

/**
 * One command to the instrument: with a deadline, as a command that hangs must not hang the run, and with a word in the
 * journal when it fails, whatever the run makes of that. Throws what the command throws, or EM_TIMEOUT.
 */
export async function attempt<T>(
  { clock, bus }: Pick<RunParts, 'clock' | 'bus'>,
  { command, limitMs, signal }: { readonly command: Command; readonly limitMs: number; readonly signal: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = clock.deadline(signal, limitMs, 'EM_TIMEOUT');
  // A driver may take its time to bring the hardware to rest after an abort, but not for ever.
  const last = clock.deadline(undefined, limitMs + REST_LIMIT_MS, 'EM_TIMEOUT');
  const given = new Promise<never>((_resolve, reject) => last.signal.addEventListener('abort', () => reject(last.signal.reason as Error), { once: true }));
  try {
    return await Promise.race([work(limit.signal), given]);
  } catch (thrown) {
    const error = toEmagentError(thrown);
    if (!signal.aborted) bus.publish({ type: 'command-failed', command, code: error.code, message: error.message });
    throw error;
  } finally {
    limit.clear();
    last.clear();
  }
}
