import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Clock } from '../../src/contract/clock.ts';
import type { Microscope } from '../../src/contract/microscope.ts';
import { createRealClock } from '../../src/lib/clock.ts';
import { connectMicroscope } from '../../src/session/microscopes.ts';
import { type SharksemServerOptions, startSharksemServer } from '../../simulator/wire/sharksem-server.ts';
import type { WireServer } from '../../simulator/wire/registry.ts';
import { createMockMicroscope, MOCK_INFO, type MockMicroscope, type MockOptions } from './mock-microscope.ts';

/** Of the simulated time: short enough for a test, and a busy machine still answers within the limits. */
const SPEED = 8;
const PARTS = 8;

export interface SharksemBench {
  readonly mock: MockMicroscope;
  readonly server: WireServer;
  readonly clock: Clock;
  /** What the server noted: what it ignored, whom it disconnected. */
  readonly notes: readonly string[];
  /** What the drivers logged. */
  readonly logged: readonly string[];
  /** Connects one more driver; all are closed with the bench. */
  connect(query?: string): Promise<Microscope>;
  close(): Promise<void>;
}

/** A mock behind the real server, on real sockets, for the real driver; all three on one scaled clock. */
export async function startSharksemBench(options: { mock?: Omit<MockOptions, 'clock'>; server?: Partial<SharksemServerOptions>; speed?: number } = {}): Promise<SharksemBench> {
  const clock = createRealClock(options.speed ?? SPEED);
  const mock = createMockMicroscope({
    clock,
    ...options.mock,
    info: { ...MOCK_INFO, frameSizesPx: [[128, 96]], ...options.mock?.info },
    state: { blanked: false, ...options.mock?.state },
  });
  // In parts, so that there is something to lose on the way.
  mock.scan = async (request, onPart, signal) => {
    const frame = await mock.acquire(request, signal);
    const rows = request.heightPx / PARTS;
    for (let part = 0; part < PARTS; part++) {
      await clock.sleep(10, signal);
      const firstPx = part * rows * request.widthPx;
      onPart({ firstPx, data: frame.data.subarray(firstPx, firstPx + rows * request.widthPx) });
    }
    return frame;
  };
  const notes: string[] = [];
  const logged: string[] = [];
  const server = await startSharksemServer({ microscope: mock, clock, port: 0, log: (message) => notes.push(message), ...options.server });
  const opened: Microscope[] = [];
  return {
    mock,
    server,
    clock,
    notes,
    logged,
    connect: async (query = '') => {
      // Looked at once in the beginning: what a test asks of the server is then what the test asked.
      const address = `${server.url}?pollMs=10000000${query === '' ? '' : `&${query}`}`;
      const microscope = await connectMicroscope(address, { clock, clientName: 'emagent-test', log: (_level, message) => logged.push(message) });
      opened.push(microscope);
      // Twice: the first look of the driver's own watch is over by then.
      await microscope.readState();
      await microscope.readState();
      return microscope;
    },
    close: async () => {
      await Promise.all(opened.map((microscope) => microscope.close()));
      await server.close();
    },
  };
}

export interface PlainServer {
  readonly port: number;
  close(): Promise<void>;
}

/** A TCP server that does with its connections what the test says. */
export async function startPlainServer(serve: (socket: Socket) => void): Promise<PlainServer> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
