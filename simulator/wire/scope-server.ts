import { createServer, STATUS_CODES } from 'node:http';
import { WebSocketServer } from 'ws';
import { MAX_TEXT_BYTES, SUBPROTOCOL } from '../../drivers/scope/codec.ts';
import { EmagentError, type ErrorCode } from '../../src/contract/errors.ts';
import { listen } from './listen.ts';
import type { WireServer, WireServerOptions } from './registry.ts';
import { admit, isLoopback } from './scope-access.ts';
import { type ScopePeer, serveConnection } from './scope-connection.ts';
import { helloOf } from './scope-conversion.ts';
import { createLeaseKeeper, type LeaseEnd } from './scope-lease.ts';
import type { Peer, Service } from './scope-methods.ts';
import { createOperations } from './scope-operations.ts';
import { createStatusTicker } from './scope-status.ts';
import { removeTruth, writeTruth } from './truth-file.ts';

/** For any address but loopback a token is needed. The clock is real whatever speed the physics has: a lease is about real clients. */
export type ScopeServerOptions = Omit<WireServerOptions, 'imagesDir'>;
export type ScopeServer = WireServer;

/** A command that does not end this soon after its cancel is ended by a halt. */
const CANCEL_LIMIT_MS = 1000;
const ENDS: Record<LeaseEnd['how'], string> = { released: 'was released', expired: 'expired', closed: 'ended with the server' };

/**
 * Serves a simulated microscope as `emagent-scope/1` (docs/protocol-scope.md). Throws EM_PORT_IN_USE, EM_USAGE for an
 * address that cannot be listened at, or one beyond loopback without a token.
 */
export async function startScopeServer(options: ScopeServerOptions): Promise<ScopeServer> {
  const { microscope, clock, token, runsDir } = options;
  const host = options.host ?? '127.0.0.1';
  const log = options.log ?? (() => undefined);
  if (token === undefined && !isLoopback(host)) {
    throw new EmagentError('EM_USAGE', `Listening at ${host} lets other machines drive the microscope: give a token.`);
  }
  const peers = new Set<ScopePeer>();
  const broadcast = (method: string, params: unknown): void => {
    for (const peer of peers) if (peer.isAuthenticated) peer.notify(method, params);
  };

  const operations = createOperations((event) => broadcast('op', event));
  const stop = async (reason: string): Promise<void> => {
    const running = operations.active().filter(({ kind }) => kind === 'move' || kind === 'focus');
    for (const operation of running) operation.cancel(reason);
    const over = new AbortController();
    const overdue = clock.sleep(CANCEL_LIMIT_MS, over.signal).then(() => true, () => false);
    const ended = Promise.all(running.map((operation) => operation.ended)).then(() => running.length === 0);
    if (await Promise.race([overdue, ended])) await microscope.halt(reason);
    over.abort(new Error('over'));
  };
  const rest = async (reason: string): Promise<void> => {
    for (const operation of operations.active()) operation.cancel(reason);
    await microscope.halt(reason);
  };
  const truthful = async (work: (runs: string) => Promise<void>): Promise<void> => {
    if (runsDir === undefined) return;
    await work(runsDir).catch((error: Error) => log(`truth.json: ${error.message}`));
  };
  const leases = createLeaseKeeper<Peer>(clock, {
    begun: (client) => truthful((runs) => removeTruth(runs, client)),
    lost: (holder, why) => {
      for (const peer of peers) if (peer === holder) peer.notify('lease.lost', { why });
    },
    ended: async ({ client, how }) => {
      log(`lease of "${client}" ${how}`);
      // A client that gives the lease back in good order has seen to the beam itself.
      if (how !== 'released' || operations.active().length > 0) {
        await rest(`The lease of "${client}" ${ENDS[how]}.`).catch((error: Error) => alarm('EM_NOT_SAFE', error.message));
      }
      await truthful((runs) => writeTruth(runs, client, microscope.truth()));
    },
  });
  let frames = 0;
  const alarm = (code: ErrorCode, message: string): void => broadcast('alarm', { code, severity: 'error', message });
  const service: Service = { microscope, clock, leases, operations, stop, nextFrame: () => ++frames, alarm };

  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_TEXT_BYTES,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  const http = createServer((_request, response) => {
    response.writeHead(426, { 'content-type': 'text/plain', connection: 'close' }).end('This is a WebSocket: emagent-scope/1.\n');
  });
  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => undefined);
    const { status, needsToken } = admit(request, token);
    if (status !== 101) {
      socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => {
      const peer = serveConnection(client, {
        service,
        hello: helloOf(microscope.info),
        ...(needsToken && token !== undefined ? { token } : {}),
        failed: (method, error) => log(`${method}: ${error.stack ?? error.message}`),
      });
      peers.add(peer);
      client.on('close', () => peers.delete(peer));
    });
  });
  const port = await listen(http, { host, port: options.port });

  const unsubscribe = microscope.onFault((fault) => alarm(fault.code, fault.message));
  const ticker = createStatusTicker({ microscope, clock, peers, broadcastTo: (peer, status) => peer.notify('status', status) });

  let closing: Promise<void> | undefined;
  return {
    url: `scope+ws://${host.includes(':') ? `[${host}]` : host}:${port}`,
    host,
    port,
    close: () => {
      closing ??= (async () => {
        http.close();
        await leases.close();
        await rest('The server ends.');
        ticker.stop();
        unsubscribe();
        for (const client of sockets.clients) client.close(1001, 'the server ends');
        const over = new AbortController();
        const gone = Promise.all(Array.from(sockets.clients, (client) => new Promise((resolve) => client.once('close', resolve))));
        await Promise.race([gone, clock.sleep(CANCEL_LIMIT_MS, over.signal).catch(() => undefined)]);
        over.abort(new Error('over'));
        for (const client of sockets.clients) client.terminate();
        http.closeAllConnections();
      })();
      return closing;
    },
  };
}
