import { WebSocket } from 'ws';

export interface RawMessage {
  readonly id?: number | string | null;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** A client of `emagent-scope/1` that knows nothing of the driver: what a bridge's author would write first. */
export interface RawScopeClient {
  /** Every text message so far. */
  readonly messages: readonly RawMessage[];
  readonly binaries: readonly Buffer[];
  /** The first message, past or future, that fits. Rejects when the socket ends before. */
  find(fits: (message: RawMessage) => boolean): Promise<RawMessage>;
  /** The first message from now on that fits. */
  next(fits: (message: RawMessage) => boolean): Promise<RawMessage>;
  request(method: string, params?: unknown): Promise<RawMessage>;
  sendRaw(data: string | Buffer): void;
  /** Close code. */
  readonly ended: Promise<number>;
  close(): Promise<void>;
}

export interface RawOptions {
  readonly path?: string;
  readonly protocols?: string[];
  readonly origin?: string;
}

/** Resolves when the socket is open; rejects with the HTTP status otherwise. */
export async function openRawScopeClient(url: string, options: RawOptions = {}): Promise<RawScopeClient> {
  const address = url.replace(/^scope\+/, '') + (options.path ?? '/scope');
  const socket = new WebSocket(address, options.protocols ?? ['emagent-scope.1'], options.origin === undefined ? {} : { origin: options.origin });
  const messages: RawMessage[] = [];
  const binaries: Buffer[] = [];
  const waiting = new Set<{ fits: (message: RawMessage) => boolean; resolve: (message: RawMessage) => void; reject: (error: Error) => void }>();
  let nextId = 1000;
  let isOver = false;
  socket.on('message', (data, isBinary) => {
    if (isBinary) {
      binaries.push(data as Buffer);
      return;
    }
    const message = JSON.parse((data as Buffer).toString('utf8')) as RawMessage;
    messages.push(message);
    for (const waiter of waiting) {
      if (!waiter.fits(message)) continue;
      waiting.delete(waiter);
      waiter.resolve(message);
    }
  });
  const ended = new Promise<number>((resolve) => {
    socket.on('close', (code) => {
      isOver = true;
      for (const waiter of waiting) waiter.reject(new Error(`The socket closed with ${code}`));
      resolve(code);
    });
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('unexpected-response', (_request, response) => reject(new Error(`HTTP ${response.statusCode}`)));
    socket.once('error', reject);
  });
  socket.on('error', () => undefined);

  const next = (fits: (message: RawMessage) => boolean): Promise<RawMessage> =>
    new Promise((resolve, reject) => {
      if (isOver) reject(new Error('The socket is closed'));
      else waiting.add({ fits, resolve, reject });
    });
  return {
    messages,
    binaries,
    ended,
    next,
    find: (fits) => {
      const past = messages.find(fits);
      return past === undefined ? next(fits) : Promise.resolve(past);
    },
    request: (method, params = {}) => {
      const id = nextId++;
      const answer = next((message) => message.id === id);
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
      return answer;
    },
    sendRaw: (data) => socket.send(data),
    close: async () => {
      socket.close();
      await ended;
    },
  };
}

export const isNotification = (method: string) => (message: RawMessage): boolean => message.method === method;

/** Terminal event of an operation. */
export const isEndOf = (op: unknown) => (message: RawMessage): boolean =>
  message.method === 'op' && message.params?.['op'] === op && message.params?.['state'] !== 'running';
