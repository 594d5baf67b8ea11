import type { Clock } from '../contract/clock.ts';
import { EmagentError } from '../contract/errors.ts';
import { type ConnectContext, defineDriver, type DriverModule, type Microscope } from '../contract/microscope.ts';
import { ReplayOptions } from '../contract/wire-recording.ts';
import { DRIVERS } from '../../drivers/registry.ts';
import { readRecording, replayWire, tellDivergence } from './wire-recording.ts';

interface Entry {
  readonly schemes: readonly string[];
  readonly load: () => Promise<{ driver: DriverModule<never> }>;
}

/** A recorded wire under the driver that it was recorded with. */
const replay = defineDriver({
  id: 'replay',
  summary: 'Recorded wire (search --record-wire) under its own driver, on a virtual clock',
  example: 'replay:wire.jsonl',
  options: ReplayOptions,
  connect: async (_options, context) => {
    const { url, clock } = context;
    const path = decodeURIComponent(url.pathname);
    const recording = await clock.during(readRecording(path));
    const { wire } = (await clock.during(driverOf(recording.header.url))).driver;
    const far = replayWire(recording, { path, clock, dialect: wire });
    const opened = connectMicroscope(recording.header.url, { ...context, clientName: recording.header.clientName });
    const microscope = tellDivergence(await opened.catch((thrown: unknown) => Promise.reject(far.diverged ?? thrown)), far);
    // Under its own address: whoever goes on with this run must not meet the real instrument.
    return { ...microscope, info: { ...microscope.info, url: url.href } };
  },
});

/** The drivers of real wires, a recorded wire, and the simulated microscope in this process. */
const MICROSCOPES = {
  ...DRIVERS,
  replay: { schemes: ['replay'], load: async () => ({ driver: replay }) },
  sim: { schemes: ['sim'], load: () => import('../../simulator/driver.ts') },
} as const;

const entries = (): (readonly [string, Entry])[] => Object.entries(MICROSCOPES) as unknown as (readonly [string, Entry])[];

function parseAddress(address: string): URL {
  try {
    return new URL(address);
  } catch {
    throw new EmagentError('EM_USAGE', `"${address}" is no microscope address: one looks like ${exampleOf()}.`);
  }
}

const exampleOf = (): string => entries().flatMap(([, { schemes }]) => schemes.map((scheme) => `${scheme}:…`)).join(', ');

export async function driverOf(address: string): Promise<{ driver: DriverModule<unknown>; url: URL }> {
  const url = parseAddress(address);
  const scheme = url.protocol.slice(0, -1);
  const found = entries().find(([, { schemes }]) => schemes.includes(scheme));
  if (found === undefined) {
    throw new EmagentError('EM_UNKNOWN_NAME', `No driver speaks "${scheme}:"; addresses begin with ${exampleOf()}.`);
  }
  return { driver: (await found[1].load()).driver as unknown as DriverModule<unknown>, url };
}

/** True for microscopes that live in this process and so can live on a virtual clock: no wire goes out. */
export function isInProcess(address: string): boolean {
  return ['sim:', 'replay:'].includes(parseAddress(address).protocol);
}

/** True for the simulated microscope of this process. */
export function isSimulatedHere(address: string): boolean {
  return parseAddress(address).protocol === 'sim:';
}

/** Checks the options in the address's query and connects. Throws EM_USAGE, EM_CONNECT and what the driver throws. */
export async function connectMicroscope(
  address: string,
  context: Omit<ConnectContext, 'url'> & { readonly clock: Clock },
): Promise<Microscope> {
  const { driver, url } = await context.clock.during(driverOf(address));
  const options = driver.options.safeParse(Object.fromEntries(url.searchParams));
  if (!options.success) {
    const issue = options.error.issues[0];
    throw new EmagentError('EM_USAGE', `The address ${address} is wrong at "${issue?.path.join('.') ?? ''}": ${issue?.message ?? ''}.`);
  }
  return driver.connect(options.data, { ...context, url });
}

/** For `emagent list drivers`. */
export async function listDrivers(): Promise<{ id: string; summary: string; example: string }[]> {
  return Promise.all(
    entries().map(async ([, { load }]) => {
      const { id, summary, example } = (await load()).driver;
      return { id, summary, example };
    }),
  );
}
