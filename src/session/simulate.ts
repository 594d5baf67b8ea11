import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createSimulatedMicroscope } from '../../simulator/device/microscope.ts';
import { loadScenario } from '../../simulator/scenario.ts';
import type { SimulatedMicroscope } from '../../simulator/simulated-microscope.ts';
import { type WireEntry, type WireServer, WIRES } from '../../simulator/wire/registry.ts';
import { isLoopback } from '../../simulator/wire/scope-access.ts';
import type { ConnectContext } from '../contract/microscope.ts';
import { EmagentError } from '../contract/errors.ts';
import { createRealClock } from '../lib/clock.ts';
import { readSplit } from '../lib/split-file.ts';
import { splitOfModel } from './classifier.ts';
import { openPty } from './pty.ts';
import { writeTruthFile } from './truth.ts';

export type Protocol = keyof typeof WIRES;
/** The protocols in which the simulated microscope can be served. */
export const PROTOCOLS = Object.keys(WIRES) as [Protocol, ...Protocol[]];
const wireOf = (protocol: Protocol): WireEntry => WIRES[protocol];

/** The port at which instruments of this protocol listen. */
export const portOf = (protocol: Protocol): number => wireOf(protocol).port;

/** A network address, or a serial port that is no hardware. */
export type ListenAt = { readonly host: string; readonly port: number } | { readonly pty: string | undefined };

export interface SimulateOptions {
  readonly protocol: Protocol;
  readonly listen: ListenAt;
  /** Name of a scenario, or path of a YAML file. */
  readonly scenario: string;
  readonly seed: number;
  /** Folder of pictures that the specimen is made of; drawn ones when absent. */
  readonly dataset?: string;
  /** Model whose training pictures are not shown. */
  readonly model: string;
  /** Instrument seconds per second. Leases run on real seconds all the same. */
  readonly speed: number;
  /** Where `truth.json` is put beside a run that has ended, for protocols whose clients name their run. */
  readonly runsDir: string;
  readonly token?: string;
  /** For protocols that carry no pixels: where the instrument records its pictures. Made when it is not there. */
  readonly imagesDir?: string;
  /** Where the truth is written when the server ends. */
  readonly truthFile?: string;
  /** The user knows that whoever reaches the address drives the microscope. */
  readonly isOpen: boolean;
  readonly log: ConnectContext['log'];
}

/** Throws EM_USAGE for options that do not go together. Nothing has been opened yet. */
function checkOptions({ protocol, listen, token, imagesDir, isOpen, log }: SimulateOptions): void {
  const { serial, tokens, pictureFiles } = wireOf(protocol);
  const wrong = (sentence: string): never => {
    throw new EmagentError('EM_USAGE', sentence);
  };
  if ('pty' in listen && serial !== true) wrong(`The protocol ${protocol} does not fit a serial line: listen at host:port.`);
  if (tokens !== true && token !== undefined) wrong(`The protocol ${protocol} knows no token: leave --token out.`);
  if (pictureFiles !== true && imagesDir !== undefined) wrong(`The protocol ${protocol} carries its pictures itself: leave --images out.`);
  if (pictureFiles === true && imagesDir === undefined) wrong(`The protocol ${protocol} carries no pictures: give --images, the folder into which the instrument saves them.`);
  if ('pty' in listen || tokens === true || isLoopback(listen.host)) return;
  if (!isOpen) wrong(`Listening at ${listen.host} lets every machine that reaches it drive the microscope, and the protocol ${protocol} knows no token: listen at 127.0.0.1, or add --open if that is wanted.`);
  log('warn', `Whoever reaches ${listen.host}:${listen.port} can drive the simulated microscope: the protocol ${protocol} has no token.`);
}

/** Puts a serial port before a server. */
async function behindPty(server: WireServer, path: string | undefined, { log }: SimulateOptions): Promise<WireServer> {
  const pty = await openPty({ tcpPort: server.port, clock: createRealClock(), log: (message) => log('warn', message), ...(path !== undefined && { path }) });
  const { search, protocol } = new URL(server.url);
  return {
    ...server,
    url: `${protocol.replace('+tcp', '+serial')}//${encodeURI(pty.path)}${search}`,
    close: async () => {
      await pty.close();
      await server.close();
    },
  };
}

/** Loads the server of the protocol and opens it. What was opened is closed again when something fails. */
async function serve(microscope: SimulatedMicroscope, options: SimulateOptions): Promise<WireServer> {
  const { protocol, listen, runsDir, token, imagesDir, log } = options;
  const start = await wireOf(protocol).load();
  const server = await start({
    microscope,
    clock: createRealClock(),
    ...('pty' in listen ? { host: '127.0.0.1', port: 0 } : listen),
    runsDir,
    log: (message) => log('info', message),
    ...(token !== undefined && { token }),
    ...(imagesDir !== undefined && { imagesDir }),
  });
  try {
    return 'pty' in listen ? await behindPty(server, listen.pty, options) : server;
  } catch (thrown) {
    await server.close();
    throw thrown;
  }
}

/**
 * The simulated microscope on its own, behind a socket or a serial port. Closing the server also takes the instrument to
 * rest and tells the truth. Throws EM_SCENARIO, EM_DATASET, EM_MODEL, EM_PORT_IN_USE, EM_USAGE.
 */
export async function simulate(options: SimulateOptions): Promise<WireServer> {
  checkOptions(options);
  const { protocol, scenario, seed, dataset, model, speed, truthFile, log } = options;
  const imagesDir = options.imagesDir === undefined ? undefined : resolve(options.imagesDir);
  if (imagesDir !== undefined) {
    await mkdir(imagesDir, { recursive: true }).catch((cause: Error) => {
      throw new EmagentError('EM_USAGE', `The folder ${imagesDir} for the pictures cannot be made: ${cause.message}.`, { cause });
    });
  }
  const split = dataset === undefined ? undefined : await splitOfModel(model);
  const microscope = await createSimulatedMicroscope({
    scenario: await loadScenario(scenario),
    seed,
    clock: createRealClock(speed),
    log,
    url: `${protocol}:`,
    ...(dataset !== undefined && { dataset }),
    ...(split !== undefined && { split: await readSplit(split) }),
  });
  try {
    const server = await serve(microscope, { ...options, ...(imagesDir !== undefined && { imagesDir }) });
    return {
      ...server,
      close: async () => {
        await server.close();
        if (truthFile !== undefined) await writeTruthFile(microscope, truthFile);
        await microscope.close();
      },
    };
  } catch (thrown) {
    await microscope.close();
    throw thrown;
  }
}
