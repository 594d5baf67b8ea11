import { afterEach } from 'vitest';
import { createSimulatedMicroscope } from '../../simulator/device/microscope.ts';
import { loadScenario } from '../../simulator/scenario.ts';
import type { SimulatedMicroscope } from '../../simulator/simulated-microscope.ts';
import type { WireServer } from '../../simulator/wire/registry.ts';
import { type SharksemServerOptions, startSharksemServer } from '../../simulator/wire/sharksem-server.ts';
import type { Clock } from '../../src/contract/clock.ts';
import { createRealClock } from '../../src/lib/clock.ts';
import { type LabArgument, type LabClient, openLabClient } from './lab-sharksem-client.ts';

const endings: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

const SPEED = 10;
export const int = (value: number): LabArgument => ({ int: value });
export const float = (value: number): LabArgument => ({ float: value });
export const WAIT = { A: 1 << 8, B: 1 << 9, C: 1 << 10, D: 1 << 11 } as const;

export interface LabBench {
  readonly instrument: SimulatedMicroscope;
  readonly server: WireServer;
  readonly clock: Clock;
  readonly notes: readonly string[];
  connect(order?: Parameters<typeof openLabClient>[1]): Promise<LabClient>;
}

/** The real instrument with its physics, ten times as fast. */
export async function startLabBench(options: Partial<SharksemServerOptions> = {}): Promise<LabBench> {
  const clock = createRealClock(SPEED);
  const instrument = await createSimulatedMicroscope({ scenario: await loadScenario('default'), seed: 5, clock, log: () => undefined, url: 'sharksem:' });
  const notes: string[] = [];
  const server = await startSharksemServer({ microscope: instrument, clock, port: 0, log: (note) => notes.push(note), ...options });
  endings.push(
    () => instrument.close(),
    () => server.close(),
  );
  return {
    instrument,
    server,
    clock,
    notes,
    connect: async (order) => {
      const client = await openLabClient(server.port, order);
      endings.push(() => client.close());
      return client;
    },
  };
}

/** Frame, window, rectangle, single, dwell in ns. */
export const scanArgs = (...numbers: readonly (number | readonly number[])[]): LabArgument[] => numbers.flat().map(int);
