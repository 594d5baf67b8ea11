import { timingSafeEqual, createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { EmagentError } from '../contract/errors.ts';

export interface AccessRules {
  /** The address that the server listens on. */
  readonly host: string;
  readonly token?: string;
}

export interface Refusal {
  readonly status: 401 | 403;
  readonly message: string;
}

/** Reachable from this computer only. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Throws EM_USAGE when others could reach the server and nothing is asked of them. */
export function checkOpenHost(host: string, token: string | undefined): void {
  if (isLoopback(host) || (token !== undefined && token !== '')) return;
  throw new EmagentError('EM_USAGE', `Everybody who reaches ${host} could control the microscope: give a --token, or stay at 127.0.0.1.`);
}

/** Host without port, lower case, without the brackets of IPv6. undefined when it is no host. */
function hostOf(authority: string | undefined): string | undefined {
  if (authority === undefined || authority === '' || /[\s/@?#]/.test(authority)) return undefined;
  try {
    return new URL(`http://${authority}`).hostname.replace(/^\[|\]$/g, '');
  } catch {
    return undefined;
  }
}

/**
 * DNS rebinding lets a foreign page reach this server under the page's own name; such a name is none of ours. Numbers
 * cannot be rebound, but on loopback only loopback numbers make sense.
 */
function hostAllowed(host: string | undefined, rules: AccessRules): boolean {
  if (host === undefined) return false;
  if (isLoopback(host)) return true;
  if (isLoopback(rules.host)) return false;
  const own = hostname().toLowerCase();
  return isIP(host) !== 0 || host === rules.host.toLowerCase() || host === own || host === `${own}.local`;
}

function offeredToken(request: IncomingMessage, url: URL): string | undefined {
  const bearer = /^Bearer\s+(.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer.trim();
  const protocol = (request.headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((word) => word.trim())
    .find((word) => word.startsWith('bearer.'));
  if (protocol !== undefined) return protocol.slice('bearer.'.length);
  return url.searchParams.get('token') ?? undefined;
}

/** Both are hashed first, so that neither content nor length shows in the time. */
function sameSecret(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** Where the request comes from: its Host must be ours, its Origin (only browsers send one) must be the same host. */
export function refuseOrigin(request: IncomingMessage, rules: AccessRules): Refusal | undefined {
  const { host, origin } = request.headers;
  if (!hostAllowed(hostOf(host), rules)) {
    return { status: 403, message: 'This server does not go by the name in the Host header of the request.' };
  }
  if (origin === undefined) return undefined;
  let originHost: string | undefined;
  try {
    originHost = new URL(origin).host;
  } catch {
    // `null` (a sandboxed page or a local file) and nonsense are no host of ours either.
  }
  return originHost !== undefined && originHost === host?.toLowerCase()
    ? undefined
    : { status: 403, message: 'Pages of another origin may not use this server.' };
}

/** Everything below /v1/ asks for the token when there is one. */
export function refuseToken(request: IncomingMessage, url: URL, rules: AccessRules): Refusal | undefined {
  if (rules.token === undefined) return undefined;
  const offered = offeredToken(request, url);
  if (offered === undefined) return { status: 401, message: 'A token is needed: give it as --token or ?token=.' };
  return sameSecret(offered, rules.token) ? undefined : { status: 401, message: 'The token is wrong.' };
}
