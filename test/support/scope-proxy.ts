import { WebSocket, WebSocketServer } from 'ws';
import type { AddressInfo } from 'node:net';

export type Passing = string | Buffer;

export interface ScopeProxy {
  /** `scope+ws://` address of the proxy. */
  readonly url: string;
  /** What becomes of a message on its way to the client; by default, itself. */
  toClient: (message: Passing) => Passing[];
  toServer: (message: Passing) => Passing[];
  /** Cuts every connection without a goodbye. */
  cut(): void;
  close(): Promise<void>;
}

/** Stands between driver and server and does to the messages what a bad network or a bad server would. */
export async function startScopeProxy(target: string): Promise<ScopeProxy> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/scope', handleProtocols: () => 'emagent-scope.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  const proxy: ScopeProxy = {
    url: `scope+ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    toClient: (message) => [message],
    toServer: (message) => [message],
    cut: () => {
      for (const client of server.clients) client.terminate();
    },
    close: async () => {
      proxy.cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  server.on('connection', (client) => {
    const upstream = new WebSocket(`${target.replace(/^scope\+/, '')}/scope`, ['emagent-scope.1']);
    const early: Passing[] = [];
    const up = (message: Passing): void => {
      if (upstream.readyState === WebSocket.CONNECTING) early.push(message);
      else upstream.send(message, () => undefined);
    };
    upstream.on('open', () => early.splice(0).forEach(up));
    upstream.on('message', (data, isBinary) => {
      for (const message of proxy.toClient(isBinary ? (data as Buffer) : (data as Buffer).toString('utf8'))) client.send(message, () => undefined);
    });
    client.on('message', (data, isBinary) => {
      for (const message of proxy.toServer(isBinary ? (data as Buffer) : (data as Buffer).toString('utf8'))) up(message);
    });
    for (const [one, other] of [[client, upstream], [upstream, client]] as const) {
      one.on('error', () => undefined);
      one.on('close', () => other.terminate());
    }
  });
  return proxy;
}
