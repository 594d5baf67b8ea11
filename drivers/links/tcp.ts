import { connect } from 'node:net';
import type { Clock } from '../../src/contract/clock.ts';
import { EmagentError } from '../../src/contract/errors.ts';
import type { Link } from '../../src/contract/link.ts';
import { createByteLink } from './byte-link.ts';
import { connectError } from './connect-error.ts';
import { wireOf } from './wire.ts';

export interface TcpOptions {
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  /** Local port to connect from; any free one when absent. */
  readonly localPort?: number;
  /** Limit of the connection attempt, ms. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Connects to a TCP server, without Nagle's delay. Throws EM_CONNECT with one sentence, or the signal's reason. */
export async function openTcp(options: TcpOptions): Promise<Link> {
  const { host, port, clock } = options;
  const description = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  options.signal?.throwIfAborted();
  const { farEnd } = wireOf(clock);
  if (farEnd !== undefined) return farEnd.openLink(description);
  const socket = connect({ host, port, noDelay: true, ...(options.localPort === undefined ? {} : { localPort: options.localPort }) });
  const { link, received, vanished } = createByteLink({
    description,
    clock,
    send: (bytes, done) => socket.write(bytes, done),
    close: () => socket.end(() => socket.destroy()),
    destroy: () => socket.destroy(),
  });
  // Listening from the first moment: bytes that come with the handshake, and errors at any time.
  let failure: Error | undefined;
  socket.on('data', received);
  socket.on('error', (error) => {
    failure = error;
  });
  socket.on('close', () => vanished(failure ?? new EmagentError('EM_LINK_CLOSED', `${description} closed the connection.`)));

  const limit = clock.deadline(options.signal, options.timeoutMs ?? 5000, 'EM_CONNECT');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', (error) => reject(connectError(description, error)));
      limit.signal.addEventListener('abort', () => reject(connectError(description, limit.signal.reason as Error)), { once: true });
    });
  } catch (thrown) {
    socket.destroy();
    throw thrown;
  } finally {
    limit.clear();
  }
  return link;
}
