import type { Clock } from '../../src/contract/clock.ts';
import { EmagentError, type ErrorCode } from '../../src/contract/errors.ts';
import type { Link } from '../../src/contract/link.ts';
import { createCommandQueue } from '../../src/lib/command-queue.ts';
import { type Command, NULL_COMMAND } from './codec/commands.ts';
import { createRemconLineReader, encodeLine, type LineEnd, parseReplyLine, type ReplyLine } from './codec/lines.ts';
import { invalidCommand, isInvalidCommand, refusalOf } from './codec/refusals.ts';

export interface SendOptions {
  /** Looked at before the command is sent: once sent, its reply is waited for. */
  readonly signal?: AbortSignal | undefined;
  /** What a refusal without a meaning of its own means here. */
  readonly hardware?: ErrorCode;
}

/**
 * The conversation over one port: one command in flight, two reply lines to each. Throws EM_TIMEOUT when a line does not
 * come, EM_LINK_CLOSED, and the meaning of a refusal.
 */
export interface RemconPort {
  readonly description: string;
  readonly lost: EmagentError | undefined;
  /** The last bytes that came, as Latin-1, for whoever wonders what is at the other end. */
  readonly heard: string;
  /** Sends once, never again by itself: whoever sets something reads it back. Resolves with the data. */
  send(command: Command, options?: SendOptions): Promise<string>;
  /** For what only reads: asked a second time when the reply is lost or is none to this question. `read` throws EM_PROTOCOL for the latter. */
  ask<T>(command: Command, read: (data: string) => T, options?: SendOptions): Promise<T>;
  /** Gives up the command in flight and all that wait, so that the next one is sent at once. */
  interrupt(reason: EmagentError): void;
  /** As `send`, without getting into step first, and without patience for the second line: for a halt, after `interrupt`. */
  sendAtOnce(command: Command): Promise<string>;
  /** The link is gone, or the microscope does not answer any more. */
  onFault(listener: (error: EmagentError) => void): void;
  close(): Promise<void>;
}

export interface PortOptions {
  readonly link: Link;
  readonly clock: Clock;
  readonly eol: LineEnd;
  /** Longest wait for the first line, ms. */
  readonly acknowledgeMs: number;
  /** Longest wait for the second line, ms: some settings take seconds. */
  readonly completionMs: number;
  log(level: 'debug' | 'warn', message: string): void;
}

/** After `#`: whether a second line comes is not agreed on. */
const SECOND_LINE_MS = 150;
/** Silence for so long means that nothing is on its way any more. */
const QUIET_MS = 150;

const HEARD_BYTES = 60;

const printable = (text: string): string => text.replace(/[^ -~]/g, '?').slice(0, 60);
const named = (command: Command): string => (command === NULL_COMMAND ? 'the null command' : `"${command}"`);

export function openPort({ link, clock, eol, acknowledgeMs, completionMs, log }: PortOptions): RemconPort {
  const { description } = link;
  const queue = createCommandQueue();
  const listeners = new Set<(error: EmagentError) => void>();
  const gone = new AbortController();
  let lost: EmagentError | undefined;
  let closing = false;
  let silent = false;
  /** Questions and answers may be out of step: a reply was lost, late, or nobody's. */
  let suspect = false;
  let reader = createRemconLineReader();
  let inbox: ReplyLine[] = [];
  let asking = false;
  let wake: () => void = () => undefined;
  let lastByteAtMs = Number.NEGATIVE_INFINITY;
  let heard = '';

  const tell = (error: EmagentError): void => {
    if (!closing) for (const listener of listeners) listener(error);
  };
  const unasked = (reply: ReplyLine): void => {
    log('debug', `${description} said something unasked: ${describe(reply)}.`);
    // Somebody else's reply came first, and this is ours: the next ones would be taken for each other's.
    if (reply.kind === 'acknowledged') suspect = true;
  };
  link.onData((bytes) => {
    lastByteAtMs = clock.nowMs();
    heard = (heard + Buffer.from(bytes).toString('latin1')).slice(-HEARD_BYTES);
    let lines: string[];
    try {
      lines = reader.push(bytes);
    } catch (thrown) {
      log('warn', (thrown as Error).message);
      return;
    }
    for (const reply of lines.filter((line) => line.trim() !== '').map(parseReplyLine)) {
      if (asking) inbox.push(reply);
      else unasked(reply);
    }
    wake();
  });
  void link.closed.then((reason) => {
    lost = new EmagentError('EM_LINK_CLOSED', `The connection to ${description} ended.`, reason === undefined ? {} : { cause: reason });
    gone.abort(lost);
    tell(lost);
    return undefined;
  });

  /** The next line; undefined when none came until then. Throws the reason of a halt or of a lost link. */
  const receive = async (endMs: number, halted: AbortSignal): Promise<ReplyLine | undefined> => {
    if (inbox.length > 0) return inbox.shift();
    const limit = clock.deadline(AbortSignal.any([halted, gone.signal]), Math.max(0, endMs - clock.nowMs()), 'EM_TIMEOUT');
    try {
      await new Promise<void>((resolve) => {
        wake = () => (inbox.length > 0 ? resolve() : undefined);
        limit.signal.addEventListener('abort', () => resolve(), { once: true });
        if (limit.signal.aborted) resolve();
      });
    } finally {
      limit.clear();
    }
    if (halted.aborted) throw halted.reason as Error;
    if (lost !== undefined) throw lost;
    return inbox.shift();
  };

  const overdue = (command: Command, what: string, limitMs: number): EmagentError => {
    suspect = true;
    return new EmagentError('EM_TIMEOUT', `${description} did not ${what} ${named(command)} within ${(limitMs / 1000).toFixed(1)} s.`);
  };
  const acknowledged = async (command: Command, halted: AbortSignal, hardware: ErrorCode): Promise<void> => {
    const endMs = clock.nowMs() + acknowledgeMs;
    for (;;) {
      const reply = await receive(endMs, halted);
      if (reply === undefined) throw overdue(command, 'acknowledge', acknowledgeMs);
      if (reply.kind === 'acknowledged') return;
      if (reply.kind === 'invalid') {
        const second = await receive(clock.nowMs() + SECOND_LINE_MS, halted);
        if (second?.kind === 'failed') throw refusalOf(command, second.number, hardware);
        throw invalidCommand(command);
      }
      // The end of an earlier command that was given up; a line that noise has spoilt.
      log('warn', `${description} was to acknowledge ${named(command)}; dropped: ${describe(reply)}.`);
    }
  };
  const completed = async (command: Command, halted: AbortSignal, { hardware, limitMs }: { hardware: ErrorCode; limitMs: number }): Promise<string> => {
    const endMs = clock.nowMs() + limitMs;
    for (;;) {
      const reply = await receive(endMs, halted);
      if (reply === undefined) throw overdue(command, 'complete', limitMs);
      if (reply.kind === 'completed') return reply.data;
      if (reply.kind === 'failed') throw refusalOf(command, reply.number, hardware);
      suspect = true;
      log('warn', `${description} was to complete ${named(command)}; dropped: ${describe(reply)}.`);
    }
  };
  const exchange = async (command: Command, halted: AbortSignal, { hardware = 'EM_INTERLOCK', limitMs = completionMs }: { hardware?: ErrorCode; limitMs?: number } = {}): Promise<string> => {
    if (lost !== undefined) throw lost;
    if (halted.aborted) throw halted.reason as Error;
    if (reader.rest !== '') log('debug', `${description}: dropped "${printable(reader.rest)}".`);
    reader = createRemconLineReader();
    inbox = [];
    asking = true;
    try {
      await link.write(encodeLine(command, eol));
      await acknowledged(command, halted, hardware);
      return await completed(command, halted, { hardware, limitMs });
    } catch (thrown) {
      // Broken off between the two lines.
      if (halted.aborted) suspect = true;
      throw thrown;
    } finally {
      asking = false;
      for (const reply of inbox.splice(0)) unasked(reply);
    }
  };

  const quiet = async (halted: AbortSignal): Promise<void> => {
    const endMs = clock.nowMs() + completionMs;
    do {
      await clock.sleep(QUIET_MS, AbortSignal.any([halted, gone.signal]));
    } while (clock.nowMs() - lastByteAtMs < QUIET_MS && clock.nowMs() < endMs);
  };
  /** Lets pass what is on its way, until the null command is answered by itself and by nothing else. */
  const resynchronise = async (halted: AbortSignal): Promise<void> => {
    const endMs = clock.nowMs() + acknowledgeMs + completionMs;
    for (;;) {
      await quiet(halted);
      suspect = false;
      try {
        const data = await exchange(NULL_COMMAND, halted);
        await quiet(halted);
        // `suspect` again: more lines than those two have come.
        if (data === '' && !suspect) break;
        suspect = true;
      } catch (thrown) {
        if (halted.aborted || lost !== undefined) throw thrown;
        // One line that does not know the null command is an answer to it as well.
        if (isInvalidCommand(thrown) && !suspect) break;
        suspect = true;
      }
      if (clock.nowMs() >= endMs) {
        const error = new EmagentError('EM_HEARTBEAT_LOST', `${description} has stopped answering.`);
        if (!silent) tell(error);
        silent = true;
        throw error;
      }
    }
    silent = false;
    log('debug', `${description} is in step again.`);
  };

  const send = (command: Command, options: SendOptions = {}): Promise<string> =>
    queue.run(undefined, async (halted) => {
      options.signal?.throwIfAborted();
      if (suspect) await resynchronise(halted);
      return exchange(command, halted, options);
    });

  return {
    description,
    get lost() {
      return lost;
    },
    get heard() {
      return heard;
    },
    send,
    ask: async (command, read, options) => {
      try {
        return read(await send(command, options));
      } catch (thrown) {
        const { code, message } = thrown as EmagentError;
        if ((code !== 'EM_TIMEOUT' && code !== 'EM_PROTOCOL') || lost !== undefined) throw thrown;
        log('warn', `${message} Asked again.`);
        suspect = true;
      }
      return read(await send(command, options));
    },
    interrupt: (reason) => queue.cancel(reason),
    sendAtOnce: (command) => queue.run(undefined, (halted) => exchange(command, halted, { limitMs: acknowledgeMs })),
    onFault: (listener) => {
      listeners.add(listener);
    },
    close: async () => {
      closing = true;
      await link.close();
    },
  };
}

function describe(reply: ReplyLine): string {
  if (reply.kind === 'noise') return `"${printable(reply.text)}"`;
  if (reply.kind === 'completed') return `a completion with "${printable(reply.data)}"`;
  return reply.kind === 'failed' ? `a failure with error ${reply.number}` : reply.kind === 'invalid' ? 'an "invalid command"' : 'an acknowledgement';
}
