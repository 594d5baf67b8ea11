import { createServer, type Socket } from 'node:net';
import { type DialectName, parseCommand } from '../../drivers/asi/codec.ts';
import { EmagentError } from '../../src/contract/errors.ts';
import { type CameraSettings, startTimeLapse, TIME_LAPSE } from './asi-camera.ts';
import { createAsiController } from './asi-controller.ts';
import { serveAsiLine } from './asi-line.ts';
import { listen } from './listen.ts';
import type { WireServer, WireServerOptions } from './registry.ts';

export interface AsiServerOptions extends WireServerOptions {
  readonly camera?: CameraSettings;
  readonly dialect?: DialectName;
}

/**
 * Serves a simulated microscope as an ASI stage controller with a camera in time-lapse beside it; its user has left the
 * beam on. The protocol has no secret: whoever reaches the port drives the stage. Throws EM_USAGE without a folder for
 * the pictures, EM_PORT_IN_USE.
 */
export async function startAsiServer(options: AsiServerOptions): Promise<WireServer> {
  const { microscope, imagesDir, camera = TIME_LAPSE, dialect = 'ms-2000' } = options;
  const host = options.host ?? '127.0.0.1';
  const log = options.log ?? (() => undefined);
  if (imagesDir === undefined) throw new EmagentError('EM_USAGE', 'The protocol asi carries no pictures: give --images, the folder into which the camera saves them.');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serveAsiLine({ socket, microscope, dialect, answer: (line) => controller.answer(parseCommand(line, dialect)) });
  });
  const controller = createAsiController(microscope, () => lapse.breakOff());
  const port = await listen(server, { host, port: options.port });
  await microscope.setBlanker(false);
  const lapse = startTimeLapse({ microscope, folder: imagesDir, settings: camera, stageMoves: () => controller.isMoving, log });
  const { fieldWidthUm } = (await microscope.readState()).optics;
  const query = new URLSearchParams({ images: imagesDir, fieldWidthUm: String(fieldWidthUm), ...(dialect === 'ms-2000' ? {} : { dialect }) });

  let closing: Promise<void> | undefined;
  return {
    url: `asi+tcp://${host.includes(':') ? `[${host}]` : host}:${port}?${query.toString()}`,
    host,
    port,
    close: () => {
      closing ??= (async () => {
        server.close();
        await lapse.close();
        await microscope.halt('The server ends.');
        await controller.rest();
        for (const socket of sockets) socket.destroy();
      })();
      return closing;
    },
  };
}
