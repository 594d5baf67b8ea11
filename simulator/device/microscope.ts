import type { Clock } from '../../src/contract/clock.ts';
import { EmagentError, toEmagentError } from '../../src/contract/errors.ts';
import type { MicroscopeInfo, OpticsState, OpticsTarget } from '../../src/contract/microscope.ts';
import type { SplitFile } from '../../src/contract/model-manifest.ts';
import { createDatasetPictures } from '../scene/dataset-pictures.ts';
import { createDrawnPictures } from '../scene/drawn-pictures.ts';
import { createScene, type Scene } from '../scene/scene.ts';
import { outlineOf } from '../scene/site.ts';
import { FaultScript } from '../faults.ts';
import type { Scenario } from '../scenario-schema.ts';
import type { SimulatedMicroscope } from '../simulated-microscope.ts';
import type { Truth } from '../truth.ts';
import { autofocus } from './autofocus.ts';
import { hang } from './hanging.ts';
import { createAcquire } from './imaging.ts';
import { createInstrument, DETECTOR, type Instrument } from './instrument.ts';
import { BEAM_LIMITS, DWELL_US, FRAME_SIZES_PX, OPTICS_LIMITS, requireWithin } from './limits.ts';
import { moveStage } from './moving.ts';
import { STAGE_LIMITS } from './stage.ts';
import type { TraceSink } from './trace.ts';

export interface SimulatedMicroscopeOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly clock: Clock;
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string, context?: Record<string, unknown>): void;
  /** Shown to whoever else looks at the instrument. */
  readonly clientName?: string;
  /** Where the instrument says that it is. */
  readonly url: string;
  /** Folder of pictures in the layout <Category>/<picture>; drawn pictures when absent. */
  readonly dataset?: string;
  /** Pictures of its parts `train` and `validation` are never shown. */
  readonly split?: SplitFile;
  /** Everything that happens and its true values, a line each; for tests only. */
  readonly trace?: TraceSink;
}

function infoOf({ scenario, seed, url }: SimulatedMicroscopeOptions): MicroscopeInfo {
  return {
    driver: 'sim',
    url,
    model: 'emagent simulated SEM',
    serialNumber: `SIM-${seed}`,
    axes: STAGE_LIMITS,
    frameSizesPx: FRAME_SIZES_PX,
    dwellUs: DWELL_US,
    fieldWidthUm: OPTICS_LIMITS.fieldWidthUm,
    workingDistanceMm: OPTICS_LIMITS.workingDistanceMm,
    detectors: [DETECTOR],
    capabilities: ['stage', 'image', 'blanker', 'autofocus', 'stigmator', 'vacuum', 'limits', 'emergency-stop'],
    timing: {
      stageSpeedUmPerS: scenario.stage.speedUmPerS,
      stageSettleMs: scenario.stage.settleMs,
      opticsSettleMs: scenario.optics.settleMs,
      frameOverheadMs: Math.ceil((scenario.detector.flybackUs * 768) / 1000),
    },
  };
}

async function setOptics(instrument: Instrument, target: OpticsTarget, signal: AbortSignal): Promise<OpticsState> {
  requireWithin(target as Record<string, number | undefined>, OPTICS_LIMITS);
  if (instrument.faults.strikes('hang', instrument.clock.nowMs())) await hang(signal);
  const given = Object.fromEntries(Object.entries(target).filter(([, value]) => value !== undefined));
  if (Object.keys(given).length === 0) return instrument.optics;
  instrument.optics = { ...instrument.optics, ...given };
  await instrument.waitUntil(instrument.clock.nowMs() + instrument.scenario.optics.settleMs, signal);
  return instrument.optics;
}

function truthOf({ scene, scenario, seed, account, clock, doses, framesAcquired, gunShutdowns }: Instrument): Truth {
  account.update(clock.nowMs());
  return {
    v: 1,
    scenario: scenario.name,
    seed,
    sites: scene.sites.map(({ id, label, xUm, yUm, widthUm, heightUm, rotationDeg, ...site }) => ({
      id,
      label,
      xUm,
      yUm,
      widthUm,
      heightUm,
      rotationDeg,
      polygonUm: outlineOf({ xUm, yUm, widthUm, heightUm, rotationDeg, ...site }),
      doseCPerM2: doses.meanAround(xUm, yUm, heightUm / 2),
    })),
    exposure: { ...account.totals(), frames: framesAcquired, gunShutdowns },
  };
}

/** The whole instrument on one clock. Throws EM_SCENARIO, EM_DATASET, EM_PICTURE. */
export async function createSimulatedMicroscope(options: SimulatedMicroscopeOptions): Promise<SimulatedMicroscope> {
  const { scenario, seed, clock, log } = options;
  const { dataset, split } = options;
  const pictures =
    dataset === undefined
      ? createDrawnPictures(seed)
      : await clock.during(createDatasetPictures({ dataset, seed, log, ...(split !== undefined && { split }) }));
  const makeScene = (sceneSeed: number): Scene => createScene({ scenario, seed: sceneSeed, pictures: dataset === undefined && sceneSeed !== seed ? createDrawnPictures(sceneSeed) : pictures });
  const instrument = createInstrument({ scenario, seed, clock, log, makeScene, trace: options.trace });
  if (dataset !== undefined) await clock.during(instrument.scene.preload());
  const { queue, stage, column, trace } = instrument;
  const acquire = createAcquire(instrument);

  const requireOpen = (): void => {
    if (instrument.closed) throw new EmagentError('EM_LINK_CLOSED', 'The simulated microscope is closed.');
  };
  /** A command of the queue: refused while closed or latched. */
  const command = <T>({ name, asked, signal }: { name: string; asked: object; signal: AbortSignal | undefined }, work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
    queue.run(signal, async (either) => {
      requireOpen();
      instrument.catchUp();
      if (instrument.emergencyStopped) throw new EmagentError('EM_EMERGENCY_STOP', 'The emergency stop of the microscope is latched.');
      trace('command', { name, ...asked });
      try {
        instrument.unasked.byCommand();
        const result = await work(either);
        trace('done', { name });
        return result;
      } catch (thrown) {
        trace('failed', { name, code: toEmagentError(thrown).code });
        throw thrown;
      }
    });
  /** Blanked at once; still as soon as the stage can brake. */
  const stop = async (reason: EmagentError): Promise<void> => {
    trace('command', { name: 'halt', reason: reason.message });
    instrument.change(() => column.setBlanked(true));
    queue.cancel(reason);
    const stillAtMs = stage.stop(clock.nowMs(), 'emergency');
    instrument.account.update(clock.nowMs());
    await instrument.waitUntil(stillAtMs);
    instrument.account.update(clock.nowMs());
    await queue.idle();
  };

  return {
    info: infoOf(options),
    readState: async (signal) => {
      if (signal?.aborted === true) throw toEmagentError(signal.reason);
      requireOpen();
      instrument.catchUp();
      return instrument.state();
    },
    moveStage: (target, signal) => command({ name: 'moveStage', asked: { target }, signal }, (either) => moveStage(instrument, target, either)),
    setOptics: (target, signal) => command({ name: 'setOptics', asked: { target }, signal }, (either) => setOptics(instrument, target, either)),
    clock,
    acquire: (request, signal) => command({ name: 'acquire', asked: { request }, signal }, (either) => acquire(request, either)),
    scan: (request, onPart, signal) => command({ name: 'scan', asked: { request }, signal }, (either) => acquire(request, either, onPart)),
    strikes: (fault) => instrument.faults.strikes(fault, clock.nowMs()),
    autofocus: (request, signal) => command({ name: 'autofocus', asked: { request }, signal }, (either) => autofocus(instrument, request, either)),
    setBlanker: (blanked, signal) =>
      command({ name: 'setBlanker', asked: { blanked }, signal }, async (either) => {
        if (blanked) instrument.change(() => column.setBlanked(true));
        await instrument.waitUntil(clock.nowMs() + scenario.column.blankerMs, either);
        if (!blanked && column.vacuum(clock.nowMs()) !== 'ready') {
          throw new EmagentError('EM_INTERLOCK', 'The beam stays blanked: the vacuum is not ready.');
        }
        instrument.change(() => column.setBlanked(blanked));
        if (!blanked) instrument.unasked.entering('unblanked');
      }),
    setBeam: async (target, signal) => {
      const readyAtMs = await command({ name: 'setBeam', asked: { target }, signal }, async () => {
        requireWithin(target, BEAM_LIMITS);
        if (column.vacuum(clock.nowMs()) !== 'ready') throw new EmagentError('EM_INTERLOCK', 'The beam cannot be set: the vacuum is not ready.');
        const { accelerationKv, beamCurrentPa } = instrument.optics;
        const next = { accelerationKv: target.accelerationKv ?? accelerationKv, beamCurrentPa: target.beamCurrentPa ?? beamCurrentPa };
        let rampedAtMs = 0;
        instrument.change(() => {
          rampedAtMs = column.ramp({ kv: Math.abs(next.accelerationKv - accelerationKv), current: next.beamCurrentPa !== beamCurrentPa }, clock.nowMs());
          instrument.optics = { ...instrument.optics, ...next };
        });
        return rampedAtMs;
      });
      // The gun has a supply of its own: stage and lenses obey while it ramps.
      await instrument.waitUntil(readyAtMs, signal);
      instrument.account.update(clock.nowMs());
    },
    halt: async (reason) => stop(new EmagentError('EM_STOPPED', `Halted: ${reason}`)),
    emergencyStop: async () => {
      instrument.emergencyStopped = true;
      await stop(new EmagentError('EM_EMERGENCY_STOP', 'The emergency stop of the microscope was pressed.'));
    },
    resetEmergencyStop: async () => {
      instrument.emergencyStopped = false;
    },
    desk: instrument.desk,
    inject: (fault) => {
      const script = FaultScript.safeParse(fault);
      if (script.success) instrument.faults.add(script.data);
      else throw new EmagentError('EM_SCENARIO', `The instrument cannot have this fault: ${script.error.issues[0]?.message ?? ''}.`);
    },
    struck: instrument.faults.struck,
    truth: () => truthOf(instrument),
    onFault: (listener) => {
      instrument.listeners.add(listener);
      return () => instrument.listeners.delete(listener);
    },
    close: async () => {
      if (instrument.closed) return;
      instrument.closed = true;
      queue.cancel(new EmagentError('EM_LINK_CLOSED', 'The simulated microscope was closed.'));
      await queue.idle();
      instrument.listeners.clear();
    },
  };
}
