import { createServer, type Server, type Socket } from 'node:net';
import { EmagentError } from '../../src/contract/errors.ts';
import { listen } from './listen.ts';
import type { WireServer, WireServerOptions } from './registry.ts';
import { serveClient, type SharksemClient } from './sharksem-client.ts';
import { createSharksemCamera } from './sharksem-camera.ts';
import { createColumn } from './sharksem-column.ts';
import type { Service } from './sharksem-functions.ts';
import { createScanner, type ScannerOptions } from './sharksem-scan.ts';
import { createSharksemStage } from './sharksem-stage.ts';

/** What instruments differ in; the defaults are those of a recent one. */
export interface SharksemServerOptions extends Omit<WireServerOptions, 'token' | 'runsDir' | 'imagesDir'> {
  /** Of the protocol: functions that came later are ignored. */
  readonly version?: string;
  /** Takes pixel connections from any port of a known client, and ignores `TcpRegDataPort`. */
  readonly firewallFriendly?: boolean;
  readonly calibrated?: boolean;
  /** The operator's live scan is on. */
  readonly guiScanning?: boolean;
  readonly motorizedMeans?: Service['motorizedMeans'];
  readonly dwell?: ScannerOptions['dwell'];
}

const VERSION = '3.2.20';
/** Tries to find two free ports beside each other. */
const PORT_TRIES = 50;

/** Listens on a port and the one after it. Throws EM_PORT_IN_USE, EM_USAGE. */
async function listenOnPair(control: Server, data: Server, { host, port }: { readonly host: string; readonly port: number }): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const first = await listen(control, { host, port });
    try {
      await listen(data, { host, port: first + 1 });
      return first;
    } catch (thrown) {
      await new Promise((resolve) => control.close(resolve));
      if (port !== 0 || attempt === PORT_TRIES || (thrown as EmagentError).code !== 'EM_PORT_IN_USE') throw thrown;
    }
  }
}

/**
 * Serves a simulated microscope as TESCAN SharkSEM (docs/protocol-sharksem.md): control at `port`, pixels at `port + 1`.
 * Throws EM_PORT_IN_USE, EM_USAGE for an address that cannot be listened at.
 */
export async function startSharksemServer(options: SharksemServerOptions): Promise<WireServer> {
  const { microscope, clock } = options;
  const host = options.host ?? '127.0.0.1';
  const log = options.log ?? (() => undefined);
  const column = createColumn(microscope, log);
  const scanner = createScanner({
    microscope,
    guiScanning: options.guiScanning ?? false,
    dwell: options.dwell ?? 'taken',
    beamFor: (scan) => column.withBeam(scan),
    log,
  });
  const stage = createSharksemStage({ microscope, clock, calibrated: options.calibrated ?? true, log });
  const camera = createSharksemCamera(microscope, log);
  const service: Service = { microscope, version: options.version ?? VERSION, motorizedMeans: options.motorizedMeans ?? 'motorised', stage, scanner, column, camera };

  const clients = new Set<SharksemClient>();
  const sockets = new Set<Socket>();
  const control = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    const client = serveClient(socket, { service, clock, log });
    clients.add(client);
    socket.on('close', () => {
      sockets.delete(socket);
      clients.delete(client);
    });
  });
  const data = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    // Nothing comes from that side; reading it shows its end.
    socket.resume();
    const isFor = (client: SharksemClient): boolean =>
      !client.hasData && client.address === socket.remoteAddress && (options.firewallFriendly === true || client.dataPort === socket.remotePort);
    // A connection that nobody has announced stays, and never gets a pixel.
    const owner = [...clients].find(isFor);
    if (owner === undefined) log(`pixels asked for from port ${socket.remotePort}, which nobody has registered`);
    else owner.attachData(socket);
  });
  const port = await listenOnPair(control, data, { host, port: options.port });

  let closing: Promise<void> | undefined;
  return {
    url: `sharksem://${host.includes(':') ? `[${host}]` : host}:${port}`,
    host,
    port,
    close: () => {
      closing ??= (async () => {
        control.close();
        data.close();
        for (const socket of sockets) socket.destroy();
        stage.close();
        scanner.stop();
        camera.disable();
        column.stopAutomatic();
        await microscope.halt('The server ends.');
      })();
      return closing;
    },
  };
}
