import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { createVirtualClock, type VirtualClock } from '../../src/lib/clock.ts';

/** Every TCP socket of this process, client ends and server ends. */
const clients = new Set<Socket>();
const servers = new Set<Socket>();
const keep = (ends: Set<Socket>) => (message: unknown): void => {
  const { socket } = message as { socket: Socket };
  ends.add(socket);
  socket.once('close', () => ends.delete(socket));
};
subscribe('net.client.socket', keep(clients));
subscribe('net.server.socket', keep(servers));

/** Clients that have met their server end: before that, the server has not yet taken the call. */
const met = new WeakSet<Socket>();

/** Bytes that one end has written and the other, in this process too, has not yet read; a connection that is being made. */
function isUnderWay(): boolean {
  for (const client of clients) {
    if (client.destroyed) continue;
    const server = [...servers].find(({ remotePort, localPort }) => remotePort === client.localPort && localPort === client.remotePort);
    if (server !== undefined) met.add(client);
    else if (client.connecting || !met.has(client)) return true;
    if (server === undefined || server.destroyed) continue;
    if (client.bytesWritten > server.bytesRead || server.bytesWritten > client.bytesRead) return true;
  }
  return false;
}

/** Files that are being read or written: a run waits for its disk, and time must not go on while the disk is slow. */
function isAtFiles(): boolean {
  return process.getActiveResourcesInfo().some((kind) => kind.startsWith('FSReq') || kind === 'CloseReq');
}

/** Turns of the event loop in which promises settle and a file server, a socket and its listener take their turns. */
const QUIET_TURNS = 12;

/**
 * A virtual clock for two parts of one process that talk over real sockets: time stands still while bytes are under way
 * or files are at work, however busy the machine is.
 */
export function createSocketClock(): VirtualClock {
  return createVirtualClock({ quietTurns: QUIET_TURNS, isUnderWay: () => isUnderWay() || isAtFiles() });
}
