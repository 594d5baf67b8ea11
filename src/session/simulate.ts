import { createSimulatedMicroscope } from '../../simulator/device/microscope.ts';
import { loadScenario } from '../../simulator/scenario.ts';
import { type ScopeServer, startScopeServer } from '../../simulator/wire/scope-server.ts';
import { createRealClock } from '../lib/clock.ts';
import { readSplit } from '../lib/split-file.ts';
import { splitOfModel } from './classifier.ts';

export interface SimulateOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Name of a scenario, or path of a YAML file. */
  readonly scenario: string;
  readonly seed: number;
  /** Folder of pictures that the specimen is made of; drawn ones when absent. */
  readonly dataset?: string;
  /** Model whose training pictures are not shown. */
  readonly model: string;
  /** Instrument seconds per second. Leases run on real seconds all the same. */
  readonly speed: number;
  /** Where `truth.json` is put beside a run that has ended. */
  readonly runsDir: string;
  readonly token?: string;
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string, context?: Record<string, unknown>): void;
}

/**
 * The simulated microscope on its own, behind a socket. Closing the server also takes the instrument to rest.
 * Throws EM_SCENARIO, EM_DATASET, EM_MODEL, EM_PORT_IN_USE, EM_USAGE.
 */
export async function simulate(options: SimulateOptions): Promise<ScopeServer> {
  const { host, port, scenario, seed, dataset, model, speed, runsDir, token, log } = options;
  const split = dataset === undefined ? undefined : await splitOfModel(model);
  const microscope = await createSimulatedMicroscope({
    scenario: await loadScenario(scenario),
    seed,
    clock: createRealClock(speed),
    log,
    url: `scope+ws://${host}:${port}`,
    ...(dataset !== undefined && { dataset }),
    ...(split !== undefined && { split: await readSplit(split) }),
  });
  try {
    const server = await startScopeServer({
      microscope,
      clock: createRealClock(),
      host,
      port,
      runsDir,
      log: (message) => log('info', message),
      ...(token === undefined ? {} : { token }),
    });
    return {
      ...server,
      close: async () => {
        await server.close();
        await microscope.close();
      },
    };
  } catch (thrown) {
    await microscope.close();
    throw thrown;
  }
}
