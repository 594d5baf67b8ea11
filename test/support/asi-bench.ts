import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSimulatedMicroscope } from '../../simulator/device/microscope.ts';
import { loadScenario } from '../../simulator/scenario.ts';
import type { SimulatedMicroscope } from '../../simulator/simulated-microscope.ts';
import { type AsiServerOptions, startAsiServer } from '../../simulator/wire/asi-server.ts';
import type { WireServer } from '../../simulator/wire/registry.ts';
import type { Clock } from '../../src/contract/clock.ts';
import type { Microscope } from '../../src/contract/microscope.ts';
import { createRealClock } from '../../src/lib/clock.ts';
import { packageRoot } from '../../src/lib/package-root.ts';
import { connectMicroscope } from '../../src/session/microscopes.ts';

export interface AsiBench {
  readonly instrument: SimulatedMicroscope;
  readonly server: WireServer;
  readonly imagesDir: string;
  /** The server's address with waits that suit its speed. */
  readonly url: string;
  connect(options?: { readonly query?: string; readonly clock?: Clock }): Promise<Microscope>;
  close(): Promise<void>;
}

const log = (): void => undefined;
const SCENARIO = join(packageRoot, 'test', 'conformance', 'instrument.yaml');
const SPEED = 20;
const QUICK = '&settleMs=5&idleWaitMs=10&exposureMs=60&pollMs=15&pictureMs=20000';

/** A simulated stage controller and camera on a real socket, twenty times as fast as real. */
export async function startAsiBench(options: Partial<AsiServerOptions> = {}): Promise<AsiBench> {
  const imagesDir = mkdtempSync(join(tmpdir(), 'emagent-camera-'));
  const instrument = await createSimulatedMicroscope({ scenario: await loadScenario(SCENARIO), seed: 3, clock: createRealClock(SPEED), log, url: 'asi+tcp:' });
  const camera = { everyMs: 1000, widthPx: 256, heightPx: 192, dwellUs: 1 };
  const server = await startAsiServer({ microscope: instrument, clock: createRealClock(), port: 0, imagesDir, camera, ...options });
  const opened: Microscope[] = [];
  const url = `${server.url}${QUICK}`;
  return {
    instrument,
    server,
    imagesDir,
    url,
    connect: async ({ query = '', clock = createRealClock() } = {}) => {
      const microscope = await connectMicroscope(`${url}${query}`, { clock, clientName: 'asi bench', log });
      opened.push(microscope);
      return microscope;
    },
    close: async () => {
      await Promise.all(opened.map((microscope) => microscope.close()));
      await server.close();
      await instrument.close();
      rmSync(imagesDir, { recursive: true, force: true });
    },
  };
}
