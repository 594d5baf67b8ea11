import type { Clock } from '../../src/contract/clock.ts';
import { EmagentError, type ErrorCode } from '../../src/contract/errors.ts';
import type { ConnectContext, MicroscopeFault, MicroscopeState, OpticsState } from '../../src/contract/microscope.ts';
import { createCommandQueue, type CommandQueue } from '../../src/lib/command-queue.ts';
import type { Averaging, OperatorDesk } from '../operator-desk.ts';
import { createCharging, type Charging } from '../physics/charging.ts';
import { createContamination, type Contamination } from '../physics/contamination.ts';
import { createDoseMap, type DoseMap } from '../physics/dose-map.ts';
import { createDrift } from '../physics/drift.ts';
import { createScratchPlanes, type ScratchPlanes } from '../physics/image-formation.ts';
import { createVibration } from '../physics/vibration.ts';
import type { Scenario } from '../scenario-schema.ts';
import type { Scene } from '../scene/scene.ts';
import { createColumn, type Column } from './column.ts';
import { createExposureAccount, type ExposureAccount } from './exposure-account.ts';
import { createFaultSchedule, type FaultSchedule } from './fault-schedule.ts';
import { createStage, type Stage } from './stage.ts';
import { createDesk } from './desk.ts';
import { createTrace, type Trace, type TraceSink } from './trace.ts';
import { createStrike, createUnaskedFaults, type Strike, type UnaskedFaults } from './unasked-faults.ts';

export const DETECTOR = 'SE';

/** What all commands of the instrument work on. */
export interface Instrument {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly clock: Clock;
  readonly log: ConnectContext['log'];
  readonly stage: Stage;
  readonly column: Column;
  readonly faults: FaultSchedule;
  readonly queue: CommandQueue;
  readonly account: ExposureAccount;
  readonly doses: DoseMap;
  readonly scratch: ScratchPlanes;
  readonly listeners: Set<(fault: MicroscopeFault) => void>;
  readonly driftUm: (timeMs: number) => readonly [number, number];
  readonly vibrationUm: (timeMs: number) => readonly [number, number];
  readonly charging: Charging;
  readonly contamination: Contamination;
  /** Labels whose sites charge. */
  readonly insulating: ReadonlySet<string>;
  readonly trace: Trace;
  readonly desk: OperatorDesk;
  readonly unasked: UnaskedFaults;
  readonly strike: Strike;
  scene: Scene;
  optics: OpticsState;
  /** What the lens is off by unknown to itself: the fault `defocus`. */
  lensErrorUm: number;
  /** Where the fault `drift-jump` has put the specimen. */
  slipUm: readonly [number, number];
  /** Until when the fault `charging` lasts. */
  chargedUntilMs: number;
  beamShiftUm: readonly [number, number];
  averaging: Averaging;
  /** The mains have failed from then until then. */
  battery: { readonly fromMs: number; readonly untilMs: number };
  /** Until when the stage moves because the operator moves it. */
  operatorUntilMs: number;
  gunShutdowns: number;
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
  /** Lets instrument time pass up to a moment; what strikes by the clock does so on its way. */
  waitUntil(untilMs: number, signal?: AbortSignal): Promise<void>;
  /** Lets faults strike that are due by now. */
  catchUp(): void;
  /** Something gives way: a frame that runs is broken off and everybody is told. */
  fail(code: ErrorCode, message: string, apply: () => void): void;
  tell(fault: MicroscopeFault): void;
}

export function createInstrument(options: {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly clock: Clock;
  readonly log: ConnectContext['log'];
  readonly makeScene: (seed: number) => Scene;
  readonly trace?: TraceSink | undefined;
}): Instrument {
  const { scenario, seed, clock, log, makeScene } = options;
  const trace = createTrace(options.trace, clock);
  const stage = createStage(scenario.stage, seed);
  const column = createColumn(scenario.column);
  const { fieldWidthUm, workingDistanceMm, accelerationKv, beamCurrentPa } = scenario.optics;
  let stateBefore = '';
  const noteState = (): void => {
    if (options.trace === undefined) return;
    const nowMs = clock.nowMs();
    const state = { beam: column.beam(nowMs), blanked: column.blanked, vacuum: column.vacuum(nowMs), scanning: instrument.scanning, moving: stage.moving(nowMs), optics: instrument.optics };
    const text = JSON.stringify(state);
    if (text !== stateBefore) trace('state', state);
    stateBefore = text;
  };

  const parts = {
    scenario,
    seed,
    clock,
    log,
    stage,
    column,
    trace,
    faults: createFaultSchedule(
      scenario.faults,
      seed,
      {
        inState: (state) => {
          const moving = stage.moving(clock.nowMs());
          if (state === 'moving') return moving;
          if (state === 'scanning') return instrument.scanning;
          if (state === 'unblanked') return instrument.onSpecimen();
          return !moving && !instrument.scanning;
        },
        onStrike: ({ fault }) => trace('fault', { fault }),
      },
    ),
    queue: createCommandQueue(),
    account: createExposureAccount(
      (nowMs) => ({
        onSpecimen: instrument.onSpecimen(),
        // What the operator's joystick does is not held against whoever commands.
        moving: stage.moving(nowMs) && nowMs >= instrument.operatorUntilMs,
        scanning: instrument.scanning,
        beamCurrentPa: instrument.optics.beamCurrentPa,
      }),
      clock.nowMs(),
    ),
    doses: createDoseMap(),
    scratch: createScratchPlanes(),
    listeners: new Set<(fault: MicroscopeFault) => void>(),
    driftUm: createDrift(scenario.drift, seed),
    vibrationUm: createVibration(scenario.vibration, seed),
    charging: createCharging(scenario.charging, seed),
    contamination: createContamination(scenario.contamination),
    insulating: new Set(scenario.charging.insulating),
    scene: makeScene(seed),
    optics: { fieldWidthUm, workingDistanceMm, accelerationKv, beamCurrentPa, stigmatorX: 0, stigmatorY: 0, scanRotationDeg: 0 },
    lensErrorUm: 0,
    slipUm: [0, 0],
    chargedUntilMs: Number.NEGATIVE_INFINITY,
    beamShiftUm: scenario.optics.beamShiftUm,
    averaging: scenario.detector.averaging,
    battery: { fromMs: Number.POSITIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY },
    operatorUntilMs: Number.NEGATIVE_INFINITY,
    gunShutdowns: 0,
    scanning: false,
    emergencyStopped: false,
    closed: false,
    scans: 0,
    framesAcquired: 0,
    state: (): MicroscopeState => {
      const nowMs = clock.nowMs();
      return {
        stage: stage.readBack(nowMs),
        stageMoving: stage.saysMoving(nowMs),
        optics: instrument.optics,
        beam: column.beam(nowMs),
        blanked: column.blanked,
        vacuum: column.vacuum(nowMs),
        scanning: instrument.scanning,
        detector: DETECTOR,
        emergencyStopped: instrument.emergencyStopped,
      };
    },
    onSpecimen: () => !column.blanked && column.intensity(clock.nowMs()) > 0,
    change: (apply: () => void) => {
      instrument.account.update(clock.nowMs());
      apply();
      // Nothing holds the charge where no beam comes.
      if (column.blanked) instrument.charging.reset();
      instrument.account.update(clock.nowMs());
      noteState();
    },
    waitUntil: async (untilMs: number, signal?: AbortSignal) => {
      for (;;) {
        instrument.catchUp();
        const remaining = untilMs - clock.nowMs();
        if (remaining <= 0 || signal?.aborted === true) break;
        await clock.sleep(Math.min(remaining, Math.max(0, instrument.unasked.nextAtMs() - clock.nowMs())), signal);
      }
      if (signal?.aborted === true) throw signal.reason as Error;
    },
    catchUp: () => {
      instrument.unasked.byClock();
      noteState();
    },
    fail: (code: ErrorCode, message: string, apply: () => void) => {
      instrument.change(apply);
      if (instrument.scanning) instrument.queue.cancel(new EmagentError('EM_INTERLOCK', `The frame was broken off: ${message}`));
      instrument.tell({ code, message });
    },
    tell: (fault: MicroscopeFault) => {
      log('warn', fault.message, { code: fault.code });
      for (const listener of instrument.listeners) listener(fault);
    },
  } satisfies Omit<Instrument, 'desk' | 'strike' | 'unasked'>;
  // These three work on the whole.
  const instrument = parts as unknown as { -readonly [Part in keyof Instrument]: Instrument[Part] };
  instrument.desk = createDesk(instrument, makeScene);
  instrument.strike = createStrike(instrument);
  instrument.unasked = createUnaskedFaults(instrument, instrument.strike);
  return instrument;
}
