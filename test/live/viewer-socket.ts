import { once } from 'node:events';
import { type ClientOptions, WebSocket } from 'ws';
import type { RunEvent } from '../../src/contract/events.ts';
import { type Ack, decodeThumbnail, type Hello } from '../../src/live/protocol.ts';

/** A viewer on a real socket that keeps what it was sent. */
export interface ViewerSocket {
  readonly socket: WebSocket;
  readonly hello: Hello;
  readonly events: RunEvent[];
  readonly thumbnails: { kind: string; frameId: string; jpeg: Uint8Array }[];
  /** Resolves as soon as what was received fulfils the condition. */
  until(condition: () => boolean): Promise<void>;
  /** Sends text as it is and resolves with the next acknowledgement. */
  ask(text: string): Promise<Ack>;
  /** Resolves with the close code. */
  closed: Promise<number>;
  close(): Promise<void>;
}

export async function openViewer(url: string, query = '', options: ClientOptions & { protocols?: string[] } = {}): Promise<ViewerSocket> {
  const { protocols = [], ...rest } = options;
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}v1/live${query}`, protocols, rest);
  const events: RunEvent[] = [];
  const thumbnails: ViewerSocket['thumbnails'] = [];
  const acks: Ack[] = [];
  const waiting = new Set<() => void>();
  let hello: Hello | undefined;
  socket.on('error', () => undefined);
  const closed = new Promise<number>((resolve) => {
    socket.on('close', (code) => resolve(code));
  });
  socket.on('message', (data, binary) => {
    if (binary) {
      const thumbnail = decodeThumbnail(data as Buffer);
      if (thumbnail === undefined) throw new Error('a binary message that is no thumbnail');
      thumbnails.push(thumbnail);
    } else {
      const message = JSON.parse((data as Buffer).toString('utf8')) as Hello | Ack | RunEvent;
      if (message.type === 'hello') hello = message;
      else if (message.type === 'ack') acks.push(message);
      else events.push(message);
    }
    for (const check of waiting) check();
  });
  const until = (condition: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (!condition()) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  await Promise.race([
    until(() => hello !== undefined),
    closed.then((code) => {
      throw new Error(`closed with ${code} before hello`);
    }),
  ]);
  return {
    socket,
    hello: hello!,
    events,
    thumbnails,
    until,
    ask: async (text) => {
      const count = acks.length;
      socket.send(text);
      await until(() => acks.length > count);
      return acks[count]!;
    },
    closed,
    close: async () => {
      if (socket.readyState === WebSocket.CLOSED) return;
      socket.close();
      await once(socket, 'close');
    },
  };
}

/** HTTP status and sentence with which an upgrade is refused. */
export async function refusedUpgrade(url: string, query = '', options: ClientOptions & { protocols?: string[] } = {}): Promise<{ status: number; message: string }> {
  const { protocols = [], ...rest } = options;
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}${query.startsWith('/') ? query.slice(1) : `v1/live${query}`}`, protocols, rest);
  return new Promise((resolve, reject) => {
    socket.on('open', () => reject(new Error('the upgrade was not refused')));
    socket.on('error', reject);
    socket.on('unexpected-response', (request, response) => {
      let body = '';
      response.on('data', (part: Buffer) => {
        body += part.toString('utf8');
      });
      response.on('end', () => {
        request.destroy();
        resolve({ status: response.statusCode ?? 0, message: (JSON.parse(body) as { error: { message: string } }).error.message });
      });
    });
  });
}
