import type { Clock } from '../../src/contract/clock.ts';
import { EmagentError } from '../../src/contract/errors.ts';
import type { Link } from '../../src/contract/link.ts';
import { wireOf } from './wire.ts';

/** What a kind of link must bring; the rest of the contract is the same for all of them. */
export interface ByteChannel {
  readonly description: string;
  readonly clock: Clock;
  /** Hands bytes to the system; calls back when it took them. */
  send(bytes: Uint8Array, done: (error?: Error | null) => void): void;
  /** Begins to close; the channel tells the end by `vanished`. */
  close(): void;
  /** Lets go by force when `close` has no effect. */
  destroy(): void;
}

export interface ByteLinkEvents {
  readonly link: Link;
  received(bytes: Uint8Array): void;
  /** The channel is gone; `error` when we did not close it. Later calls do nothing. */
  vanished(error?: Error): void;
}

/** A driver stack can hang in `close` for ever (bindings-cpp#237): nobody waits for it longer than this. */
const CLOSE_LIMIT_MS = 1000;

/** The part of contract `Link` that does not depend on the kind of wire. */
export function createByteLink(channel: ByteChannel): ByteLinkEvents {
  const { description, clock } = channel;
  const listeners = new Set<(bytes: Uint8Array) => void>();
  const pending = new Set<(error: EmagentError) => void>();
  /** Bytes that came before anybody listened. */
  let early: Uint8Array[] = [];
  let gone: { readonly error?: Error } | undefined;
  let closing: Promise<void> | undefined;
  let settleClosed: (error: Error | undefined) => void = () => undefined;
  const closed = new Promise<Error | undefined>((resolve) => {
    settleClosed = resolve;
  });
  const recorder = wireOf(clock).recorder?.opened(description, 'bytes');
  const closedError = (): EmagentError =>
    new EmagentError('EM_LINK_CLOSED', `The connection to ${description} is closed.`, gone?.error === undefined ? {} : { cause: gone.error });

  const vanished = (error?: Error): void => {
    if (gone !== undefined) return;
    gone = error === undefined || closing !== undefined ? {} : { error };
    recorder?.closed(gone.error);
    const failure = closedError();
    for (const reject of pending) reject(failure);
    pending.clear();
    listeners.clear();
    early = [];
    settleClosed(gone.error);
  };

  const link: Link = {
    description,
    closed,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        if (gone !== undefined || closing !== undefined) {
          reject(closedError());
          return;
        }
        pending.add(reject);
        recorder?.sent(bytes);
        channel.send(bytes, (error) => {
          pending.delete(reject);
          if (error === undefined || error === null) resolve();
          else reject(new EmagentError('EM_LINK_CLOSED', `Writing to ${description} failed: ${error.message}.`, { cause: error }));
        });
      }),
    onData: (listener) => {
      if (gone !== undefined) return () => undefined;
      listeners.add(listener);
      const held = early;
      early = [];
      for (const bytes of held) listener(bytes);
      return () => listeners.delete(listener);
    },
    close: () => {
      closing ??= (async () => {
        if (gone !== undefined) return;
        channel.close();
        const limit = new AbortController();
        const timeout = clock.sleep(CLOSE_LIMIT_MS, limit.signal).catch(() => undefined);
        await Promise.race([closed, timeout]);
        limit.abort();
        if (gone === undefined) {
          channel.destroy();
          vanished();
        }
      })();
      return closing;
    },
  };
  return {
    link,
    received: (bytes) => {
      if (gone !== undefined || closing !== undefined) return;
      recorder?.received(bytes);
      if (listeners.size === 0) early.push(bytes);
      for (const listener of listeners) listener(bytes);
    },
    vanished,
  };
}
