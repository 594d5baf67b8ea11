import type { Clock } from '../../src/contract/clock.ts';
import { EmagentError } from '../../src/contract/errors.ts';
import type { ConnectContext, MicroscopeFault, MicroscopeState, OpticsState } from '../../src/contract/microscope.ts';
import { createCommandQueue, type CommandQueue } from '../../src/lib/command-queue.ts';
import { createDoseMap, type DoseMap } from '../physics/dose-map.ts';
import { createDrift } from '../physics/drift.ts';
import { createScratchPlanes, type ScratchPlanes } from '../physics/image-formation.ts';
import type { Scenario } from '../scenario-schema.ts';
import type { Scene } from '../scene/scene.ts';
import { createColumn, type Column } from './column.ts';
import { createExposureAccount, type ExposureAccount } from './exposure-account.ts';
import { createFaultSchedule, type FaultSchedule } from './fault-schedule.ts';
import { createStage, type Stage } from './stage.ts';

export const DETECTOR = 'SE';

/** What all commands of the instrument work on. */
export interface Instrument {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly clock: Clock;
  readonly log: ConnectContext['log'];
  readonly scene: Scene;
  readonly stage: Stage;
  readonly column: Column;
  readonly faults: FaultSchedule;
  readonly queue: CommandQueue;
  readonly account: ExposureAccount;
  readonly doses: DoseMap;
  readonly scratch: ScratchPlanes;
  readonly listeners: Set<(fault: MicroscopeFault) => void>;
  readonly driftUm: (timeMs: number) => readonly [number, number];
  optics: OpticsState;
  /** What the lens is off by unknown to itself: the fault `defocus`. */
  lensErrorUm: number;
  scanning: boolean;
  emergencyStopped: boolean;
  closed: boolean;
  /** Scans begun, those of the autofocus included: each has noise of its own. */
  scans: number;
  /** Frames handed out. */
  framesAcquired: number;
  state(): MicroscopeState;
  /** Whether electrons reach the specimen. */
  onSpecimen(): boolean;
  /** Changes something that the exposure account depends on. */
  change(apply: () => void): void;
  /** Lets instrument time pass up to a moment; trips of the schedule strike on their way. */
  waitUntil(untilMs: number, signal?: AbortSignal): Promise<void>;
  /** Lets trips strike that are due by now. */
  catchUp(): void;
  tripVacuum(): void;
  tripBeam(): void;
}

const TRIPS = ['vacuum-trip', 'beam-trip'] as const;

export function createInstrument(options: {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly clock: Clock;
  readonly log: ConnectContext['log'];
  readonly scene: Scene;
}): Instrument {
  const { scenario, seed, clock } = options;
  const stage = createStage(scenario.stage, seed);
  const column = createColumn();
  const { fieldWidthUm, workingDistanceMm, accelerationKv, beamCurrentPa } = scenario.optics;

  const tell = (fault: MicroscopeFault): void => {
    options.log('warn', fault.message, { code: fault.code });
    for (const listener of instrument.listeners) listener(fault);
  };
  const instrument: Instrument = {
    ...options,
    stage,
    column,
    faults: createFaultSchedule(scenario.faults, seed, (state) => {
      const moving = stage.moving(clock.nowMs());
      if (state === 'moving') return moving;
      if (state === 'scanning') return instrument.scanning;
      if (state === 'unblanked') return instrument.onSpecimen();
      return !moving && !instrument.scanning;
    }),
    queue: createCommandQueue(),
    account: createExposureAccount(
      (nowMs) => ({
        onSpecimen: column.beam(nowMs) === 'on' && !column.blanked,
        moving: stage.moving(nowMs),
        scanning: instrument.scanning,
        beamCurrentPa: instrument.optics.beamCurrentPa,
      }),
      clock.nowMs(),
    ),
    doses: createDoseMap(),
    scratch: createScratchPlanes(),
    listeners: new Set(),
    driftUm: createDrift(scenario.drift, seed),
    optics: { fieldWidthUm, workingDistanceMm, accelerationKv, beamCurrentPa, stigmatorX: 0, stigmatorY: 0, scanRotationDeg: 0 },
    lensErrorUm: 0,
    scanning: false,
    emergencyStopped: false,
    closed: false,
    scans: 0,
    framesAcquired: 0,
    state: () => {
      const nowMs = clock.nowMs();
      return {
        stage: stage.readBack(nowMs),
        stageMoving: stage.moving(nowMs),
        optics: instrument.optics,
        beam: column.beam(nowMs),
        blanked: column.blanked,
        vacuum: column.vacuum(nowMs),
        scanning: instrument.scanning,
        detector: DETECTOR,
        emergencyStopped: instrument.emergencyStopped,
      };
    },
    onSpecimen: () => column.beam(clock.nowMs()) === 'on' && !column.blanked,
    change: (apply) => {
      instrument.account.update(clock.nowMs());
      apply();
      instrument.account.update(clock.nowMs());
    },
    waitUntil: async (untilMs, signal) => {
      for (;;) {
        instrument.catchUp();
        const remaining = untilMs - clock.nowMs();
        if (remaining <= 0 || signal?.aborted === true) break;
        const tripMs = instrument.faults.nextAtMs(TRIPS) - clock.nowMs();
        await clock.sleep(Math.min(remaining, Math.max(0, tripMs)), signal);
      }
      if (signal?.aborted === true) throw signal.reason as Error;
    },
    catchUp: () => {
      const nowMs = clock.nowMs();
      if (instrument.faults.nextAtMs(['vacuum-trip']) <= nowMs && instrument.faults.strikes('vacuum-trip', nowMs)) instrument.tripVacuum();
      if (instrument.faults.nextAtMs(['beam-trip']) <= nowMs && instrument.faults.strikes('beam-trip', nowMs)) instrument.tripBeam();
    },
    tripVacuum: () => {
      const message = 'The pressure in the chamber rose above its limit: valves shut, beam off.';
      instrument.change(() => column.tripVacuum(clock.nowMs()));
      if (instrument.scanning) instrument.queue.cancel(new EmagentError('EM_INTERLOCK', `The frame was broken off: ${message}`));
      tell({ code: 'EM_VACUUM', message });
    },
    tripBeam: () => {
      const message = 'The emission of the gun broke down: no beam.';
      instrument.change(() => column.tripBeam());
      if (instrument.scanning) instrument.queue.cancel(new EmagentError('EM_INTERLOCK', `The frame was broken off: ${message}`));
      tell({ code: 'EM_BEAM', message });
    },
  };
  return instrument;
}
