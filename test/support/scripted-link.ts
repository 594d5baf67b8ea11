import type { Link } from '../../src/contract/link.ts';

/** A link whose far end is a function of the test. */
export interface ScriptedLink {
  readonly link: Link;
  /** What the near end wrote, chunk by chunk, as Latin-1. */
  readonly written: string[];
  /** Sends bytes to the near end. */
  say(text: string): void;
  /** The cable is pulled. */
  pull(): void;
}

/** `respond` is called with each chunk that is written. */
export function createScriptedLink(respond: (text: string, say: (text: string) => void) => void = () => undefined): ScriptedLink {
  const listeners = new Set<(bytes: Uint8Array) => void>();
  const written: string[] = [];
  let settle: (error: Error | undefined) => void = () => undefined;
  const closed = new Promise<Error | undefined>((resolve) => {
    settle = resolve;
  });
  const say = (text: string): void => {
    for (const listener of listeners) listener(Buffer.from(text, 'latin1'));
  };
  return {
    written,
    say,
    pull: () => settle(new Error('pulled')),
    link: {
      description: 'the scripted port',
      closed,
      write: async (bytes) => {
        const text = Buffer.from(bytes).toString('latin1');
        written.push(text);
        respond(text, say);
      },
      onData: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      close: async () => settle(undefined),
    },
  };
}
