import type { Microscope } from '../../src/contract/microscope.ts';
import { createRealClock } from '../../src/lib/clock.ts';
import { driver } from '../../drivers/scope/index.ts';
import { type ScopeServer, type ScopeServerOptions, startScopeServer } from '../../simulator/wire/scope-server.ts';
import { createMockMicroscope, type MockMicroscope, type MockOptions } from './mock-microscope.ts';

export interface ScopeBench {
  readonly mock: MockMicroscope;
  readonly server: ScopeServer;
  /** Connects one more driver; all are closed with the bench. */
  connect(query?: string, clientName?: string): Promise<Microscope>;
  close(): Promise<void>;
}

/** A mock behind the real server, on a real socket, for the real driver. */
export async function startScopeBench(options: { mock?: Omit<MockOptions, 'clock'>; server?: Partial<ScopeServerOptions> } = {}): Promise<ScopeBench> {
  const clock = createRealClock();
  const mock = createMockMicroscope({ clock, ...options.mock });
  const server = await startScopeServer({ microscope: mock, clock, port: 0, ...options.server });
  const opened: Microscope[] = [];
  return {
    mock,
    server,
    connect: async (query = '', clientName = 'emagent-test') => {
      const microscope = await connectScope(`${server.url}${query}`, clientName);
      opened.push(microscope);
      return microscope;
    },
    close: async () => {
      await Promise.all(opened.map((microscope) => microscope.close()));
      await server.close();
    },
  };
}

/** Rejects for a wrong option as for anything else. */
export async function connectScope(address: string, clientName = 'emagent-test'): Promise<Microscope> {
  const url = new URL(address);
  const chosen = driver.options.parse(Object.fromEntries(url.searchParams));
  return driver.connect(chosen, { url, clock: createRealClock(), clientName, log: () => undefined });
}
