import type { Clock } from '../../src/contract/clock.ts';
import { EmagentError, type ErrorCode } from '../../src/contract/errors.ts';
import type { Link } from '../../src/contract/link.ts';
import { createCommandQueue } from '../../src/lib/command-queue.ts';
import { readLines } from '../links/lines.ts';
import { type DialectName, encodeCommand, HALT, HALTED, OUT_OF_RANGE, parseReply, REFUSALS, type Reply, REPLY_LINE_END, UNKNOWN_AXIS, UNKNOWN_COMMAND } from './codec.ts';

export interface Question<T> {
  readonly command: string;
  /** The answer in this reply; undefined when it cannot be the reply to this command: noise, or the reply to another one. */
  read(reply: Reply): T | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Broken off by a halt, it is asked again after it: for what only reads. */
  readonly survivesHalt?: boolean;
}

/** Questions and answers over one link: a controller answers one command after another and numbers nothing. */
export interface Conversation {
  readonly description: string;
  readonly lost: EmagentError | undefined;
  /** The beginning of what was heard, as latin1. */
  readonly heard: string;
  /** Throws EM_TIMEOUT when no answer came, also to the repetitions; EM_LINK_CLOSED; the meaning of a refusal. */
  ask<T>(question: Question<T>): Promise<T>;
  /** Sends `HALT` at once, whatever is outstanding. Resolves when the controller has taken it. */
  halt(): Promise<void>;
  onLost(listener: (error: EmagentError) => void): void;
  close(): Promise<void>;
}

export interface ConversationOptions {
  readonly link: Link;
  readonly clock: Clock;
  readonly dialect: DialectName;
  /** Longest wait for one reply, ms. */
  readonly replyMs: number;
  log(level: 'debug' | 'warn', message: string): void;
}

/** All that is asked here may be asked twice: queries, and absolute moves to the same target. */
const ATTEMPTS = 3;
/** After an answer that was late or lost: silence for so long means that nothing is on its way any more. */
const QUIET_MS = 60;
/** Enough to see who answers. */
const HEARD_CHARS = 200;

const CODES: Readonly<Record<number, ErrorCode>> = { [UNKNOWN_COMMAND]: 'EM_UNSUPPORTED', [UNKNOWN_AXIS]: 'EM_UNSUPPORTED', 3: 'EM_PROTOCOL', [OUT_OF_RANGE]: 'EM_LIMIT', [HALTED]: 'EM_STOPPED' };

export function refusal(command: string, number: number): EmagentError {
  const meaning = REFUSALS[number] ?? 'a number without a known meaning';
  return new EmagentError(CODES[number] ?? 'EM_STAGE_FAULT', `The stage controller refused "${command}" with error ${number}: ${meaning}.`, { context: { command, number } });
}

export function converse({ link, clock, dialect, replyMs, log }: ConversationOptions): Conversation {
  const queue = createCommandQueue();
  const listeners = new Set<(error: EmagentError) => void>();
  const goneAway = new AbortController();
  let closing = false;
  let taker: ((reply: Reply) => void) | undefined;
  let lost: EmagentError | undefined;
  let heard = '';
  /** A reply came that nobody waited for: the one before it may have been another's. */
  let outOfStep = false;

  link.onData((bytes) => {
    if (heard.length < HEARD_CHARS) heard += Buffer.from(bytes).toString('latin1');
  });
  readLines(link, REPLY_LINE_END, {
    line: (text) => {
      const reply = parseReply(text);
      if (taker !== undefined) {
        taker(reply);
        return;
      }
      log('debug', `Nothing was asked, and ${link.description} said "${printable(text)}".`);
      outOfStep ||= reply.kind !== 'other';
    },
    failed: (error) => log('warn', error.message),
  });
  void link.closed.then((reason) => {
    lost = new EmagentError('EM_LINK_CLOSED', `The connection to ${link.description} ended.`, reason === undefined ? {} : { cause: reason });
    goneAway.abort(lost);
    if (!closing) for (const listener of listeners) listener(lost);
    return undefined;
  });

  /** Sends one command and waits for the first line that can be its reply. */
  const exchange = async <T>(command: string, read: (reply: Reply) => T | undefined, signal: AbortSignal): Promise<T> => {
    if (lost !== undefined) throw lost;
    const limit = clock.deadline(AbortSignal.any([signal, goneAway.signal]), replyMs, 'EM_TIMEOUT');
    try {
      return await new Promise<T>((resolve, reject) => {
        const overdue = (): void => reject(limit.signal.reason as Error);
        if (limit.signal.aborted) overdue();
        limit.signal.addEventListener('abort', overdue, { once: true });
        taker = (reply) => {
          const answer = read(reply);
          if (answer !== undefined) resolve(answer);
          else if (reply.kind === 'refused') reject(refusal(command, reply.number));
          else log('warn', `${link.description} said something that does not answer "${command}".`);
        };
        link.write(encodeCommand(command, dialect)).catch(reject);
      });
    } finally {
      taker = undefined;
      limit.clear();
    }
  };
  /** Brings questions and answers back into step: what is still on its way is let go by, until a status answer and then silence. */
  const resynchronise = async (signal: AbortSignal): Promise<void> => {
    await exchange('/', (reply) => (reply.kind === 'status' ? reply : undefined), signal);
    await clock.sleep(QUIET_MS, signal);
    outOfStep = false;
  };

  const repeated = async <T>(question: Question<T>, signal: AbortSignal): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      try {
        if (attempt > 1 || outOfStep) await resynchronise(signal);
        return await exchange(question.command, question.read, signal);
      } catch (thrown) {
        const overdue = (thrown as EmagentError).code === 'EM_TIMEOUT' && !signal.aborted && lost === undefined;
        if (!overdue) throw thrown;
        log('warn', `${link.description} did not answer "${question.command}" (attempt ${attempt} of ${ATTEMPTS}).`);
        if (attempt === ATTEMPTS) {
          throw new EmagentError('EM_TIMEOUT', `The stage controller at ${link.description} did not answer "${question.command}" within ${ATTEMPTS} times ${(replyMs / 1000).toFixed(1)} s.`, { cause: thrown });
        }
      }
    }
  };

  let halts = 0;
  let halting: Promise<void> | undefined;
  return {
    description: link.description,
    get lost() {
      return lost;
    },
    get heard() {
      return heard;
    },
    ask: async (question) => {
      for (;;) {
        await halting?.catch(() => undefined);
        const before = halts;
        try {
          return await queue.run(question.signal, (signal) => repeated(question, signal));
        } catch (thrown) {
          const brokenOff = halts !== before && question.signal?.aborted !== true && lost === undefined;
          if (!brokenOff || question.survivesHalt !== true) throw thrown;
        }
      }
    },
    halt: () => {
      halting ??= (async () => {
        halts++;
        queue.cancel(new EmagentError('EM_STOPPED', 'The stage was halted.'));
        await queue.run(undefined, async (signal) => {
          // Success either way: `:N-21` says that there was something to halt. The reply to what was broken off may come first.
          const taken = (reply: Reply): true | undefined => (reply.kind === 'ok' || (reply.kind === 'refused' && reply.number === HALTED) ? true : undefined);
          for (let attempt = 1; ; attempt++) {
            try {
              await exchange(HALT, taken, signal);
              await resynchronise(signal);
              return;
            } catch (thrown) {
              if (attempt === ATTEMPTS || lost !== undefined) throw thrown;
            }
          }
        });
      })().finally(() => {
        halting = undefined;
      });
      return halting;
    },
    onLost: (listener) => {
      listeners.add(listener);
    },
    close: async () => {
      closing = true;
      await link.close();
    },
  };
}

const printable = (text: string): string => text.replace(/[^ -~]/g, '?').slice(0, 60);
