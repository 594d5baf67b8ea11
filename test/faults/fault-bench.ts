import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ControlPort, RunEvent } from '../../src/contract/events.ts';
import type { Microscope } from '../../src/contract/microscope.ts';
import type { RunPlan, RunResult } from '../../src/contract/run.ts';
import { createVirtualClock } from '../../src/lib/clock.ts';
import { packageRoot } from '../../src/lib/package-root.ts';
import { createRunFolder, openRunFolder } from '../../src/record/run-folder.ts';
import { connectMicroscope } from '../../src/session/microscopes.ts';
import { makePlan, type SearchSettings } from '../../src/session/plan.ts';
import { runSearch } from '../../src/session/run-search.ts';
import { createSimulatedMicroscope } from '../../simulator/device/microscope.ts';
import type { FaultScript, WireName } from '../../simulator/faults.ts';
import { loadScenario } from '../../simulator/scenario.ts';
import type { Truth } from '../../simulator/truth.ts';
import { WIRES } from '../../simulator/wire/registry.ts';
import { createContrastModel } from '../support/contrast-classifier.ts';
import { createSocketClock } from '../support/socket-clock.ts';
import { recordInstrument, type Recorded } from './instrument-recorder.ts';

/** `sim`: the driver of the process, without a wire. */
export type Place = 'sim' | WireName;

const SPECIMEN = join(packageRoot, 'test', 'faults', 'specimen.yaml');
/** Turns of the event loop in which whatever was on its way out has ended. */
const LAST_TURNS = 2000;
const LONGEST_FRAME_PX = 256;
/** A camera of small pictures: what goes wrong does not depend on their size. */
const serverOptions = (place: WireName, everyMs: number): object => (place === 'asi' ? { camera: { everyMs, widthPx: 256, heightPx: 192, dwellUs: 0.4 } } : {});

export interface FaultRunOptions {
  readonly place?: Place;
  readonly seed?: number;
  readonly scripts?: readonly FaultScript[];
  readonly scenario?: string;
  readonly settings?: Partial<SearchSettings>;
  /** Of the camera beside a stage. */
  readonly cameraEveryMs?: number;
  /** What a person does meanwhile, at the keyboard or at the instrument. */
  readonly onEvent?: (event: RunEvent, person: { readonly control: ControlPort; readonly inject: (script: FaultScript) => void }) => void;
}

export interface FaultRun {
  readonly plan: RunPlan;
  readonly result: RunResult;
  readonly events: readonly RunEvent[];
  /** As it was read back from the disk. */
  readonly journal: readonly RunEvent[];
  readonly commands: readonly Recorded[];
  readonly truth: Truth;
  readonly strikes: readonly { readonly fault: string; readonly atMs: number }[];
  /** The driver's stage position less that of the instrument behind it: a protocol has its own zero. */
  readonly zeroUm: { readonly xUm: number; readonly yUm: number };
  readonly hasBlanker: boolean;
  /** Instrument time at which the run was begun: events count from there. */
  readonly startMs: number;
  readonly after: { readonly blanked: boolean; readonly stageMoving: boolean; readonly fieldWidthUm: number; readonly workingDistanceMm: number };
  readonly log: readonly { readonly atMs: number; readonly level: string; readonly line: string }[];
  /** Timers left on the clock when all was closed. */
  readonly pending: number;
}

const SETTINGS: Omit<SearchSettings, 'microscope'> = {
  target: 'Nanowires', model: 'contrast', engine: 'onnx', device: 'cpu', strategy: 'serpentine', seed: 1, finds: 3,
  budget: {}, area: { widthUm: 80, heightUm: 60 }, fieldWidthUm: 20, dwellUs: 1, overlapPercent: 0, prevalence: 0.1, falseFindRate: 0.01, missRate: 0.05,
};

/** A small search on the simulated instrument, in virtual time, over the real wire, driver and chart. */
export async function runWithFaults(options: FaultRunOptions = {}): Promise<FaultRun> {
  const { place = 'sim', seed = 1, scripts = [], onEvent } = options;
  const clock = place === 'sim' ? createVirtualClock() : createSocketClock();
  const root = await mkdtemp(join(tmpdir(), 'emagent-faults-'));
  const lines: { atMs: number; level: string; line: string }[] = [];
  const say = (level: string) => (_context: object, line: string): void => void lines.push({ atMs: clock.nowMs(), level, line });
  const log = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
  const scenario = await loadScenario(options.scenario ?? SPECIMEN);
  const instrument = await createSimulatedMicroscope({ scenario, seed, clock, log: () => undefined, url: 'sim:' });
  const { microscope: recorded, commands } = recordInstrument(instrument);
  const imagesDir = join(root, 'images');
  await mkdir(imagesDir);
  const server = place === 'sim' ? undefined : await (await wireOf(place).load())({ microscope: recorded, clock, port: 0, imagesDir, ...serverOptions(place, options.cameraEveryMs ?? 1000) });
  let microscope: Microscope = recorded;
  try {
    if (server !== undefined) {
      microscope = await connectMicroscope(server.url, { clock, clientName: 'faults', log: (level, message) => say(level)({}, message) });
    }
    const sizes = microscope.info.frameSizesPx.filter(([width]) => width <= LONGEST_FRAME_PX);
    const info = { ...microscope.info, frameSizesPx: sizes.length > 0 ? sizes : microscope.info.frameSizesPx };
    // Focusing takes small frames too.
    microscope = { ...microscope, info };
    const before = await microscope.readState();
    const { stage } = await instrument.readState();
    const zeroUm = { xUm: before.stage.xUm - stage.xUm, yUm: before.stage.yUm - stage.yUm };
    const plan = makePlan({ ...SETTINGS, microscope: info.url, seed, ...options.settings }, info, before);
    const folder = await createRunFolder({ root, runId: 'run', log, freeFloorBytes: 0 });
    const events: RunEvent[] = [];
    // Not before: connecting is another matter, with tests of its own.
    for (const script of scripts) instrument.inject(script);
    const startMs = clock.nowMs();
    const result = await runSearch({
      plan, runId: 'run', microscope, before, folder, clock, log,
      model: createContrastModel(plan.target),
      onStart: (feed, control) => {
        feed.subscribe(0, (event) => {
          events.push(event);
          onEvent?.(event, { control, inject: instrument.inject });
        });
      },
    });
    await folder.close();
    const { events: journal } = await openRunFolder(folder.dir);
    const { blanked, stageMoving, optics } = await instrument.readState();
    await microscope.close();
    await server?.close();
    // What was only on its way out ends now; what begins again and again stays.
    for (let turn = 0; turn < LAST_TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
    return {
      plan, result, events, journal, commands, zeroUm, startMs, log: lines,
      hasBlanker: info.capabilities.includes('blanker'),
      truth: instrument.truth(),
      strikes: instrument.struck,
      after: { blanked, stageMoving, fieldWidthUm: optics.fieldWidthUm, workingDistanceMm: optics.workingDistanceMm },
      pending: clock.pending(),
    };
  } finally {
    await microscope.close().catch(() => undefined);
    await server?.close();
    await instrument.close();
    await rm(root, { recursive: true, force: true });
  }
}

function wireOf(place: WireName): (typeof WIRES)[keyof typeof WIRES] {
  const wire = (WIRES as Partial<Record<WireName, (typeof WIRES)[keyof typeof WIRES]>>)[place];
  if (wire === undefined) throw new Error(`no server speaks ${place}`);
  return wire;
}
