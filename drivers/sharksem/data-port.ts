import { createServer, type AddressInfo } from 'node:net';
import type { Clock } from '../../src/contract/clock.ts';
import { EmagentError, toEmagentError } from '../../src/contract/errors.ts';
import type { Link } from '../../src/contract/link.ts';
import { openTcp } from '../links/tcp.ts';
import { createMessageReader } from './codec/message.ts';
import { decodeScanChunk, SCAN_DATA, type ScanChunk } from './codec/scan-data.ts';
import type { Control } from './control.ts';

/** The connection on which pixels come. */
export interface DataPort {
  /** Takes the chunks, or the reason why there will be no more. One taker at a time. */
  setTaker(taker: ((chunk: ScanChunk | EmagentError) => void) | undefined): void;
  readonly lost: EmagentError | undefined;
  close(): Promise<void>;
}

export interface DataPortOptions {
  readonly host: string;
  /** Where the pixels come from: the control port + 1. */
  readonly port: number;
  readonly control: Control;
  readonly clock: Clock;
  readonly connectMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Somebody else may take the local port between its choice and its use. */
const PORT_TRIES = 3;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function connectFrom(options: DataPortOptions): Promise<Link> {
  const { host, port, control, clock, signal } = options;
  for (let attempt = 1; ; attempt++) {
    const localPort = await freePort();
    // The order matters: the server must know the port before the connection comes from it.
    const [refused] = await control.call('TcpRegDataPort', [localPort]);
    if (refused !== 0) throw new EmagentError('EM_PROTOCOL', `${control.description} refused the port for pixels (code ${refused}).`);
    try {
      return await openTcp({ host, port, localPort, clock, timeoutMs: options.connectMs, ...(signal === undefined ? {} : { signal }) });
    } catch (thrown) {
      const error = toEmagentError(thrown);
      const isTaken = (error.cause as NodeJS.ErrnoException | undefined)?.code === 'EADDRINUSE';
      if (isTaken && attempt < PORT_TRIES) continue;
      if (error.code !== 'EM_CONNECT') throw error;
      throw new EmagentError('EM_CONNECT', `${control.description} answers, but the port for pixels does not (is ${port} open in the firewall?): ${error.message}`, { cause: error });
    }
  }
}

/** Registers a local port and connects from it. Throws EM_CONNECT, EM_PROTOCOL. */
export async function openDataPort(options: DataPortOptions): Promise<DataPort> {
  const link = await connectFrom(options);
  const reader = createMessageReader();
  let taker: ((chunk: ScanChunk | EmagentError) => void) | undefined;
  let lost: EmagentError | undefined;
  const lose = (error: EmagentError): void => {
    if (lost !== undefined) return;
    lost = error;
    taker?.(error);
    void link.close();
  };
  link.onData((bytes) => {
    try {
      for (const message of reader.push(bytes)) if (message.command === SCAN_DATA) taker?.(decodeScanChunk(message));
    } catch (thrown) {
      lose(toEmagentError(thrown, 'EM_PROTOCOL'));
    }
  });
  const ended = (reason: Error | undefined): void =>
    lose(new EmagentError('EM_LINK_CLOSED', `The connection for pixels to ${link.description} ended.`, reason === undefined ? {} : { cause: reason }));
  void link.closed.then(ended);
  return {
    setTaker: (next) => {
      taker = next;
      if (lost !== undefined) taker?.(lost);
    },
    get lost() {
      return lost;
    },
    close: () => link.close(),
  };
}
