import { createHash, timingSafeEqual } from 'node:crypto';
import { WebSocket, type RawData } from 'ws';
import { type Method, REQUESTS, RPC, type WireError, wireErrorOf, WireRequest } from '../../drivers/scope/codec.ts';
import { toEmagentError } from '../../src/contract/errors.ts';
import { HANDLERS, type Peer, type Reply, type Service } from './scope-methods.ts';

export interface ConnectionOptions {
  readonly service: Service;
  /** The first message once the client is known. */
  readonly hello: unknown;
  /** Present while the client still has to show it. */
  readonly token?: string;
  /** A method failed in a way that no client can have caused. */
  failed(method: string, error: Error): void;
}

/** One client: its messages in, answers and notifications out. */
export interface ScopePeer extends Peer {
  notify(method: string, params: unknown): void;
  readonly isAuthenticated: boolean;
  /** Bytes that the client has not taken yet. */
  readonly backlogBytes: number;
}

const AUTH_LIMIT_MS = 5000;
/** A client that lets so much lie has stopped reading. */
const MAX_BACKLOG_BYTES = 256 * 1024 * 1024;

/** Compares without telling by its time how much of the token was right. */
export function sameToken(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

const textOf = (data: RawData): string => (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as ArrayBuffer)).toString('utf8');

const isMethod = (name: string): name is Method => Object.hasOwn(REQUESTS, name);

export function serveConnection(socket: WebSocket, options: ConnectionOptions): ScopePeer {
  const { service, token } = options;
  let authenticated = token === undefined;
  const send = (message: string | Uint8Array): void => {
    if (socket.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount > MAX_BACKLOG_BYTES) socket.terminate();
    else socket.send(message, () => undefined);
  };
  const notify = (method: string, params: unknown): void => send(JSON.stringify({ jsonrpc: '2.0', method, params }));
  const refuse = (id: string | number | null, error: WireError): void => send(JSON.stringify({ jsonrpc: '2.0', id, error }));
  const peer: ScopePeer = {
    notify,
    sendBinary: send,
    get isOpen() {
      return socket.readyState === WebSocket.OPEN;
    },
    get isAuthenticated() {
      return authenticated;
    },
    get backlogBytes() {
      return socket.bufferedAmount;
    },
  };

  const perform = async (method: Method, params: unknown): Promise<Reply> => {
    const handler = HANDLERS[method] as (service: Service, params: unknown, peer: Peer) => Promise<Reply> | Reply;
    return handler(service, params, peer);
  };
  const authenticate = (id: string | number, given: string): void => {
    if (token !== undefined && !sameToken(given, token)) {
      refuse(id, { code: RPC.unauthorised, message: 'The token is wrong.' });
      socket.close(1008, 'wrong token');
      return;
    }
    send(JSON.stringify({ jsonrpc: '2.0', id, result: {} }));
    if (!authenticated) {
      authenticated = true;
      service.clock.clearTimeout(authTimer);
      notify('hello', options.hello);
    }
  };

  const request = (value: unknown): void => {
    const parsed = WireRequest.safeParse(value);
    if (!parsed.success) {
      refuse(null, { code: RPC.request, message: 'A request is one object with jsonrpc "2.0", an id, a method and params.' });
      return;
    }
    const { id, method } = parsed.data;
    if (!authenticated && method !== 'auth') {
      refuse(id, { code: RPC.unauthorised, message: 'Send auth with the token first.' });
      return;
    }
    if (!isMethod(method)) {
      refuse(id, { code: RPC.method, message: `There is no method "${method}".` });
      return;
    }
    const params = REQUESTS[method].safeParse(parsed.data.params ?? {});
    if (!params.success) {
      const issue = params.error.issues[0];
      const where = issue?.path.join('.') ?? '';
      refuse(id, { code: RPC.params, message: `${method}${where === '' ? '' : `, ${where}`}: ${issue?.message ?? 'wrong parameters'}.` });
      return;
    }
    if (method === 'auth') {
      authenticate(id, (params.data as { token: string }).token);
      return;
    }
    void perform(method, params.data).then(
      ({ result, operation }) => {
        send(JSON.stringify({ jsonrpc: '2.0', id, result }));
        operation?.begin();
        return undefined;
      },
      (thrown: unknown) => {
        const error = toEmagentError(thrown);
        if (error.code === 'EM_INTERNAL') options.failed(method, error);
        refuse(id, wireErrorOf(error));
      },
    );
  };

  socket.on('message', (data, isBinary) => {
    if (isBinary) {
      socket.close(1003, 'only text is taken');
      return;
    }
    let value: unknown;
    try {
      value = JSON.parse(textOf(data));
    } catch {
      refuse(null, { code: RPC.parse, message: 'This is no JSON.' });
      return;
    }
    request(value);
  });
  // What went wrong shows itself as the end of the socket.
  socket.on('error', () => undefined);

  const authTimer = authenticated ? undefined : service.clock.setTimeout(() => socket.close(1008, 'no token came'), AUTH_LIMIT_MS);
  socket.on('close', () => service.clock.clearTimeout(authTimer));
  if (authenticated) notify('hello', options.hello);
  else notify('auth.required', {});
  return peer;
}
