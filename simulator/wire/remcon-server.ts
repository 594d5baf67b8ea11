import { createServer, type Socket } from 'node:net';
import { DEFAULT_BAUD, type LineEnd } from '../../drivers/remcon/codec/lines.ts';
import { STORE_SIZE_PX } from '../../drivers/remcon/codec/scales.ts';
import { listen } from './listen.ts';
import type { WireServer, WireServerOptions } from './registry.ts';
import { serveRemconConnection } from './remcon-connection.ts';
import { createRemconInstrument } from './remcon-instrument.ts';

export interface RemconServerOptions extends Omit<WireServerOptions, 'token' | 'runsDir' | 'clock'> {
  /** Pace of the line in instrument time. */
  readonly baudRate?: number;
  /** What ends a reply: CRLF, or CR alone as a clone does. */
  readonly replyEnd?: LineEnd;
  /** Whether an error number follows a `#`. */
  readonly hashSecondLine?: boolean;
  readonly stageInitialised?: boolean;
  /** One of the frame sizes of the instrument. */
  readonly storeSizePx?: readonly [number, number];
  /** Called with every command as it came. */
  heard?(line: string): void;
}

/**
 * Serves a simulated microscope as RemCon32 of SmartSEM (docs/protocol-remcon.md) over TCP, as a serial server would; a
 * serial port comes with socat. Everybody who connects is on the same line. Throws EM_PORT_IN_USE, EM_USAGE.
 */
export async function startRemconServer(options: RemconServerOptions): Promise<WireServer> {
  const { microscope } = options;
  const host = options.host ?? '127.0.0.1';
  const log = options.log ?? (() => undefined);
  const instrument = await createRemconInstrument({
    microscope,
    imagesDir: options.imagesDir,
    stageInitialised: options.stageInitialised ?? true,
    storeSizePx: options.storeSizePx ?? STORE_SIZE_PX,
    log,
  });
  let dead = false;
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serveRemconConnection(socket, {
      instrument,
      baudRate: options.baudRate ?? DEFAULT_BAUD,
      replyEnd: options.replyEnd ?? 'crlf',
      hashSecondLine: options.hashSecondLine ?? false,
      isDead: () => dead,
      die: () => {
        dead = true;
      },
      heard: options.heard ?? (() => undefined),
      log,
    });
  });
  const port = await listen(server, { host, port: options.port });

  let closing: Promise<void> | undefined;
  return {
    url: `remcon+tcp://${host.includes(':') ? `[${host}]` : host}:${port}${options.imagesDir === undefined ? '' : `?images=${encodeURIComponent(options.imagesDir)}`}`,
    host,
    port,
    close: () => {
      closing ??= (async () => {
        server.close();
        instrument.abort();
        await microscope.halt('The server ends.').catch((error: Error) => log(error.message));
        for (const socket of sockets) socket.destroy();
      })();
      return closing;
    },
  };
}
