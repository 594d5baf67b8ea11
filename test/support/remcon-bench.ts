import type { Clock } from '../../src/contract/clock.ts';
import type { Microscope } from '../../src/contract/microscope.ts';
import { driver } from '../../drivers/remcon/index.ts';
import { createSimulatedMicroscope } from '../../simulator/device/microscope.ts';
import { loadScenario } from '../../simulator/scenario.ts';
import type { SimulatedMicroscope } from '../../simulator/simulated-microscope.ts';
import type { WireServer } from '../../simulator/wire/registry.ts';
import { type RemconServerOptions, startRemconServer } from '../../simulator/wire/remcon-server.ts';
import { join } from 'node:path';
import { packageRoot } from '../../src/lib/package-root.ts';
import { temporaryFolder } from '../record/sample-folder.ts';
import { createSocketClock } from './socket-clock.ts';

export interface RemconBench {
  readonly clock: Clock;
  readonly instrument: SimulatedMicroscope;
  readonly server: WireServer;
  /** Folder in which the simulated SmartSEM saves. */
  readonly images: string;
  /** Every command that came over the wire, as it came. */
  readonly heard: string[];
  /** When each of them came, instrument ms. */
  readonly heardAtMs: number[];
  /** What the drivers logged. */
  readonly logged: string[];
  /** Connects one more driver; all are closed with the bench. */
  connect(query?: Readonly<Record<string, string>>, url?: string): Promise<Microscope>;
  close(): Promise<void>;
}

export interface RemconBenchOptions {
  /** Virtual when absent: the sockets are in this process, so that a long wait costs nothing. */
  readonly clock?: Clock;
  readonly server?: Partial<RemconServerOptions>;
}

/** What SmartSEM does not tell of the simulated instrument; both sides count from the centre of its stage. */
export const CENTRED = { originMm: '20,20', limits: 'x:0..40,y:0..40,z:0..30,r:0..360,t:-5..60', fieldWidthUm: '1..2000', workingDistanceMm: '2..20' };
/** Small pictures: a test is about the wire. */
export const SMALL_PX = [256, 192] as const;

/** A simulated instrument behind RemCon32 on a real socket, for the real driver. */
export async function startRemconBench(options: RemconBenchOptions = {}): Promise<RemconBench> {
  const clock = options.clock ?? createSocketClock();
  const images = temporaryFolder();
  const heard: string[] = [];
  const heardAtMs: number[] = [];
  const hear = (line: string): void => {
    heard.push(line);
    heardAtMs.push(clock.nowMs());
  };
  const logged: string[] = [];
  const scenario = await loadScenario(join(packageRoot, 'test', 'conformance', 'instrument.yaml'));
  const instrument = await createSimulatedMicroscope({ scenario, seed: 3, clock, log: () => undefined, url: 'remcon+tcp:' });
  const server = await startRemconServer({ microscope: instrument, port: 0, imagesDir: images, storeSizePx: SMALL_PX, heard: hear, ...options.server });
  const opened: Microscope[] = [];
  return {
    clock,
    instrument,
    server,
    images,
    heard,
    heardAtMs,
    logged,
    connect: async (query = {}, address = server.url) => {
      const url = new URL(address);
      const chosen = driver.options.parse({ images, size: SMALL_PX.join('x'), ...CENTRED, ...query });
      const microscope = await driver.connect(chosen, { url, clock, clientName: 'emagent-test', log: (level, message) => logged.push(`${level}: ${message}`) });
      opened.push(microscope);
      return microscope;
    },
    close: async () => {
      await Promise.all(opened.map((microscope) => microscope.close()));
      // Whatever a test was about: no driver may ever send what shuts the gun down, or anything else to the high tension.
      const forbidden = heard.filter((line) => /^\s*(BMON|EHT|PROB)\b(?!\?)/i.test(line));
      if (forbidden.length > 0) throw new Error(`The driver sent ${forbidden.join(', ')}`);
      await server.close();
      await instrument.close();
    },
  };
}

/** A bench with a driver on it; what was said while it connected is forgotten. Closed with the other `endings`. */
export async function startConnected(
  endings: (() => Promise<unknown>)[],
  query: Readonly<Record<string, string>> = {},
  options: RemconBenchOptions = {},
): Promise<{ bench: RemconBench; microscope: Microscope }> {
  const bench = await startRemconBench(options);
  endings.push(() => bench.close());
  const microscope = await bench.connect(query);
  bench.heard.length = 0;
  bench.heardAtMs.length = 0;
  return { bench, microscope };
}
