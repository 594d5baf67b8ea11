import { createConnection, type Socket } from 'node:net';

/** The two ends of a reply, as they came. */
export interface RawReply {
  readonly first: string;
  /** Undefined after a `#` that nothing followed. */
  readonly second: string | undefined;
}

/** A client of RemCon32 that knows nothing of the driver. */
export interface RawRemconClient {
  readonly socket: Socket;
  /** Sends a command with its line end and waits for both lines; for one when the first is `#` and `hashEnds`. */
  ask(command: string, options?: { readonly end?: string; readonly hashEnds?: boolean }): Promise<RawReply>;
  /** The second line only. */
  get(command: string): Promise<string>;
  /** Every byte so far. */
  received(): string;
  close(): void;
}

export async function openRawRemconClient(host: string, port: number): Promise<RawRemconClient> {
  const socket = createConnection(port, host);
  await new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  let all = '';
  let rest = '';
  const lines: string[] = [];
  let wake: () => void = () => undefined;
  socket.on('data', (bytes) => {
    all += bytes.toString('latin1');
    const parts = (rest + bytes.toString('latin1')).split('\r\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    wake();
  });
  const line = async (): Promise<string> => {
    while (lines.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return lines.shift() ?? '';
  };
  const ask: RawRemconClient['ask'] = async (command, { end = '\r', hashEnds = true } = {}) => {
    socket.write(command + end);
    const first = await line();
    return { first, second: first === '#' && hashEnds ? undefined : await line() };
  };
  return { socket, ask, get: async (command) => (await ask(command)).second ?? '', received: () => all, close: () => socket.destroy() };
}
