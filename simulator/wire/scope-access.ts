import type { IncomingMessage } from 'node:http';
import { SOCKET_PATH, SUBPROTOCOL } from '../../drivers/scope/codec.ts';
import { sameToken } from './scope-connection.ts';

export interface Admission {
  readonly status: 101 | 400 | 401 | 403 | 404;
  /** The token still has to come in an `auth` message. */
  readonly needsToken: boolean;
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

export function isLoopback(host: string): boolean {
  return LOOPBACK.has(host) || host === '::1' || host.startsWith('127.');
}

/** Browsers send an Origin with every WebSocket: a page from elsewhere must not drive the microscope of its visitor. */
function originAllowed(origin: string | undefined): boolean {
  if (origin === undefined) return true;
  try {
    return LOOPBACK.has(new URL(origin).hostname);
  } catch {
    return false;
  }
}

/** Decides on an upgrade request, before anything of the protocol is spoken. */
export function admit(request: IncomingMessage, token: string | undefined): Admission {
  const refuse = (status: Admission['status']): Admission => ({ status, needsToken: false });
  const path = (request.url ?? '').split('?')[0];
  if (path !== SOCKET_PATH) return refuse(404);
  if (!originAllowed(request.headers.origin)) return refuse(403);
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim()).filter((name) => name !== '');
  if (offered.length > 0 && !offered.includes(SUBPROTOCOL)) return refuse(400);
  if (token === undefined) return { status: 101, needsToken: false };
  const bearer = offered.find((name) => name.startsWith('bearer.'))?.slice('bearer.'.length);
  if (bearer === undefined) return { status: 101, needsToken: true };
  return sameToken(bearer, token) ? { status: 101, needsToken: false } : refuse(401);
}
