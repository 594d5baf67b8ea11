import type { Clock } from '../../src/contract/clock.ts';
import { EmagentError, toEmagentError } from '../../src/contract/errors.ts';
import { openTcp } from '../links/tcp.ts';
import { FUNCTIONS, type FunctionName } from './codec/functions.ts';
import { createMessageReader, encodeMessage, FLAG, type Message } from './codec/message.ts';
import { decodeValues, encodeValues, type Values } from './codec/values.ts';

export interface CallOptions {
  /** Wait flags (`WAIT`): the server holds the call until all of them are idle. */
  readonly waits?: number;
  /** To the head of the server's queue, past calls that it holds. */
  readonly jump?: boolean;
  readonly timeoutMs?: number;
}

export type Returned<N extends FunctionName> = Values<(typeof FUNCTIONS)[N]['returns']>;

/** The control connection: calls out, replies in, each found by its Id; several may be under way. */
export interface Control {
  readonly description: string;
  /** A call that gets no reply in time ends the connection: EM_TIMEOUT. Rejects with the reason when it is lost. */
  call<N extends FunctionName>(name: N, args?: readonly (number | string)[], options?: CallOptions): Promise<Returned<N>>;
  /** For functions that this server may not have: undefined when no reply comes; the connection stays. */
  probe<N extends FunctionName>(name: N, args?: readonly (number | string)[], options?: CallOptions): Promise<Returned<N> | undefined>;
  /** Something is being held by its wait flags: what is asked now may be answered late. */
  readonly holds: boolean;
  readonly lost: EmagentError | undefined;
  /** Called once when the connection ends in any other way than by `close`. */
  onLost(listener: (error: EmagentError) => void): void;
  close(): Promise<void>;
}

export interface ControlOptions {
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  /** Of a call that says nothing else, ms. */
  readonly replyMs: number;
  readonly connectMs: number;
  readonly signal?: AbortSignal | undefined;
  log(level: 'debug' | 'warn', message: string): void;
}

interface Waiting {
  readonly name: FunctionName;
  readonly holds: boolean;
  resolve(values: (number | string)[]): void;
  reject(error: EmagentError): void;
}

/** Throws EM_CONNECT. */
export async function openControl(options: ControlOptions): Promise<Control> {
  const { clock, log } = options;
  const link = await openTcp({
    host: options.host,
    port: options.port,
    clock,
    timeoutMs: options.connectMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const { description } = link;
  const reader = createMessageReader();
  const waiting = new Map<number, Waiting>();
  const listeners = new Set<(error: EmagentError) => void>();
  let nextId = 1;
  let lost: EmagentError | undefined;
  let closing = false;

  const lose = (error: EmagentError): void => {
    if (lost !== undefined) return;
    lost = error;
    for (const call of waiting.values()) call.reject(error);
    waiting.clear();
    void link.close();
    if (!closing) for (const listener of listeners) listener(error);
  };
  const receive = ({ command, id, body }: Message): void => {
    const call = waiting.get(id);
    if (call?.name !== command) {
      // Late, after its question was given up; or somebody else's.
      log(id < nextId ? 'debug' : 'warn', `${description} answered ${command} with the Id ${id}, which nobody waits for.`);
      return;
    }
    waiting.delete(id);
    try {
      call.resolve(decodeValues(FUNCTIONS[call.name].returns, body));
    } catch (thrown) {
      call.reject(toEmagentError(thrown));
    }
  };
  link.onData((bytes) => {
    try {
      for (const message of reader.push(bytes)) receive(message);
    } catch (thrown) {
      lose(new EmagentError('EM_PROTOCOL', `${description} does not speak SharkSEM: ${String(toEmagentError(thrown).context['why'])}.`, { cause: thrown }));
    }
  });
  const ended = (reason: Error | undefined): void =>
    lose(new EmagentError('EM_LINK_CLOSED', `The connection to ${description} ended.`, reason === undefined ? {} : { cause: reason }));
  void link.closed.then(ended);

  const send = async (name: FunctionName, args: readonly (number | string)[], choice: CallOptions & { readonly overdue: (error: EmagentError) => void }): Promise<(number | string)[]> => {
    if (lost !== undefined) throw lost;
    const { waits = 0, jump = false, timeoutMs = options.replyMs } = choice;
    const id = nextId++;
    // Void functions answer, too: a reply that does not come shows that something is wrong.
    const flags = FLAG.respond | (jump ? FLAG.jump : 0) | waits;
    const bytes = encodeMessage({ command: name, id, flags, body: encodeValues(FUNCTIONS[name].args, args) });
    const timer = clock.setTimeout(() => {
      const overdue = new EmagentError('EM_TIMEOUT', `${description} did not answer ${name} within ${(timeoutMs / 1000).toFixed(1)} s.`);
      waiting.get(id)?.reject(overdue);
      waiting.delete(id);
      choice.overdue(overdue);
    }, timeoutMs);
    try {
      return await new Promise((resolve, reject) => {
        waiting.set(id, { name, holds: waits !== 0, resolve, reject });
        // A failure shows itself as the end of the connection.
        link.write(bytes).catch(() => undefined);
      });
    } finally {
      clock.clearTimeout(timer);
    }
  };

  return {
    description,
    call: async <N extends FunctionName>(name: N, args: readonly (number | string)[] = [], choice: CallOptions = {}) =>
      (await send(name, args, { ...choice, overdue: lose })) as Returned<N>,
    probe: async <N extends FunctionName>(name: N, args: readonly (number | string)[] = [], choice: CallOptions = {}) => {
      try {
        return (await send(name, args, { ...choice, overdue: () => undefined })) as Returned<N>;
      } catch (thrown) {
        if (lost === undefined && (thrown as EmagentError).code === 'EM_TIMEOUT') return undefined;
        throw thrown;
      }
    },
    get holds() {
      return [...waiting.values()].some(({ holds }) => holds);
    },
    get lost() {
      return lost;
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
