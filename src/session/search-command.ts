import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Clock } from '../contract/clock.ts';
import { EmagentError } from '../contract/errors.ts';
import type { ControlPort, RunFeed } from '../contract/events.ts';
import type { Microscope } from '../contract/microscope.ts';
import type { RunResult } from '../contract/run.ts';
import { createRealClock, createVirtualClock } from '../lib/clock.ts';
import { unknownNameMessage } from '../lib/nearest-name.ts';
import { packageVersion } from '../lib/package-root.ts';
import { writeReport } from '../record/report.ts';
import { createRunFolder, runIdOf, type RunFolder } from '../record/run-folder.ts';
import { strategyNames } from '../search/registry.ts';
import { openModel, type OpenedModel } from './classifier.ts';
import { startLive, type LiveSettings } from './live.ts';
import { logTo, type Logger } from './logger.ts';
import { connectMicroscope, isInProcess, isSimulatedHere } from './microscopes.ts';
import { readPlaces, type PlaceInputs } from '../plan/inputs.ts';
import { checkTarget, makePlan, type SearchSettings } from './plan.ts';
import { runSearch, type RunEnvironment } from './run-search.ts';
import { writeTruth } from './truth.ts';
import { recordWire } from './wire-recording.ts';

export interface SearchEnvironment {
  /** Folder of the run folders. */
  readonly runsRoot: string;
  /** Absent: nobody can watch. */
  readonly live?: LiveSettings;
  /** How fast a simulated microscope in this process runs: `virtual` as fast as the machine can, else times real time. */
  readonly pace: 'virtual' | number;
  readonly log: Logger;
  /** File into which everything that goes over the wire is recorded. */
  readonly recordWire?: string;
  readonly onStart?: (feed: RunFeed, control: ControlPort, url: string | undefined) => void;
  /** Resolves when the dashboard is no longer wanted after the run. */
  readonly linger?: () => Promise<void>;
}

/** With a number behind it when two runs start in one second. */
function newRunId(runsRoot: string, target: string): string {
  const stem = runIdOf(new Date().toISOString(), target);
  for (let number = 1; ; number++) {
    const runId = number === 1 ? stem : `${stem}-${number}`;
    if (!existsSync(join(runsRoot, runId))) return runId;
  }
}

function clockFor(microscope: string, pace: SearchEnvironment['pace']): Clock {
  if (!isInProcess(microscope)) return createRealClock();
  return pace === 'virtual' ? createVirtualClock() : createRealClock(pace);
}

/** Throws EM_UNKNOWN_NAME for a strategy that does not exist. */
function checkStrategy(name: string): void {
  const names: readonly string[] = strategyNames;
  if (!names.includes(name)) throw new EmagentError('EM_UNKNOWN_NAME', unknownNameMessage('strategy', name, names));
}

/** Everything that can be wrong is found before anything moves and before anything is written. */
export async function search(settings: SearchSettings, environment: SearchEnvironment): Promise<RunResult> {
  checkStrategy(settings.strategy);
  const places = await readPlaces(settings);
  if (settings.calibrates === true && places.region.keepOut.length > 0) {
    throw new EmagentError('EM_USAGE', 'The steps of --calibrate go beside the field and could show a keep-out zone: leave one of the two out.');
  }
  const runId = newRunId(environment.runsRoot, settings.target);
  const model = await openModel({ model: settings.model, engine: settings.engine, device: settings.device, log: environment.log });
  try {
    checkTarget(settings.target, model.classifier.labels);
    return await withMicroscope({ settings, places, environment, model, runId });
  } finally {
    await model.classifier.dispose();
  }
}

/** A simulated specimen made of pictures shows none that the model was trained on: that would measure memory, not search. */
function withoutTrainingPictures(address: string, { splitPath }: OpenedModel): string {
  if (!isSimulatedHere(address) || splitPath === undefined) return address;
  const url = new URL(address);
  if (url.searchParams.has('dataset') && !url.searchParams.has('split')) url.searchParams.set('split', splitPath);
  return url.href;
}

interface Opened {
  readonly settings: SearchSettings;
  readonly places: PlaceInputs;
  readonly environment: SearchEnvironment;
  readonly model: OpenedModel;
  readonly runId: string;
}

async function withMicroscope({ settings, places, environment, model, runId }: Opened): Promise<RunResult> {
  const { runsRoot, log } = environment;
  return connected({ address: withoutTrainingPictures(settings.microscope, model), runDir: join(runsRoot, runId), environment }, async ({ microscope, clock }) => {
    const before = await microscope.readState();
    const plan = makePlan({ ...settings, places }, microscope.info, before);
    const openFolder = (): Promise<RunFolder> => createRunFolder({ root: resolve(runsRoot), runId, log });
    return conduct({ plan, runId, microscope, before, model, clock, environment, openFolder });
  });
}

interface Connection {
  readonly address: string;
  readonly runDir: string;
  readonly environment: Pick<SearchEnvironment, 'pace' | 'log' | 'recordWire'>;
}

/** Connects for the time of one run; a simulated microscope tells the truth when that is over. */
export async function connected<T>(
  { address, runDir, environment: { pace, log, recordWire: path } }: Connection,
  use: (instrument: { microscope: Microscope; clock: Clock }) => Promise<T>,
): Promise<T> {
  const clock = clockFor(address, pace);
  const clientName = `emagent/${packageVersion} run=${basename(runDir)}`;
  if (path !== undefined && isInProcess(address)) throw new EmagentError('EM_USAGE', `${address} has no wire to be recorded: leave --record-wire out.`);
  const endRecording = path === undefined ? undefined : await recordWire({ path, address, clientName, clock });
  try {
    const microscope = await connectMicroscope(address, { clock, clientName, log: logTo(log) });
    try {
      return await use({ microscope, clock });
    } finally {
      await microscope.close();
      await writeTruth(microscope, runDir);
    }
  } finally {
    await endRecording?.();
  }
}

export interface Conduct extends Omit<RunEnvironment, 'folder' | 'log' | 'onStart'> {
  readonly environment: Pick<SearchEnvironment, 'live' | 'log' | 'onStart' | 'linger'>;
  readonly openFolder: () => Promise<RunFolder>;
}

/** Opens what only a run needs (live server, folder), runs, and closes it in every case. */
export async function conduct({ environment, openFolder, ...run }: Conduct): Promise<RunResult> {
  const { log } = environment;
  const live = environment.live === undefined ? undefined : await run.clock.during(startLive(environment.live, { runId: run.runId, model: run.model, log }));
  try {
    const folder = await run.clock.during(openFolder());
    try {
      const result = await runSearch({
        ...run,
        folder,
        log,
        onStart: (feed, control) => {
          live?.attach(feed, control);
          environment.onStart?.(feed, control, live?.url);
        },
      });
      // The instrument is still connected: its time stands still, so that no lease runs out meanwhile.
      await run.clock.during(writeReport(folder.dir));
      await run.clock.during(environment.linger?.() ?? Promise.resolve());
      return result;
    } finally {
      await folder.close();
    }
  } finally {
    await live?.close();
  }
}
