import type { Clock } from '../../src/contract/clock.ts';
import { EmagentError, toEmagentError } from '../../src/contract/errors.ts';
import type { AcquireRequest, Frame } from '../../src/contract/frame.ts';
import type { Axis, MicroscopeFault, MicroscopeInfo, MicroscopeState, OpticsState, Range, StagePosition } from '../../src/contract/microscope.ts';
import { createSerialQueue } from '../../src/lib/queue.ts';
import type { FaultScript } from '../../simulator/faults.ts';
import { createMockDesk } from './mock-desk.ts';
import type { SimulatedMicroscope } from '../../simulator/simulated-microscope.ts';
import type { Truth } from '../../simulator/truth.ts';

/** Commands that can be recorded, made to fail, made to hang and given a latency. */
export type MockCommand =
  | 'readState'
  | 'moveStage'
  | 'setOptics'
  | 'acquire'
  | 'autofocus'
  | 'setBlanker'
  | 'setBeam'
  | 'halt'
  | 'emergencyStop'
  | 'resetEmergencyStop'
  | 'close';

export interface MockCall {
  readonly command: MockCommand;
  /** The argument as it was given; undefined for commands without one. */
  readonly argument: unknown;
  readonly atMs: number;
  /** `pending` while it runs, then how it ended. */
  readonly outcome: 'pending' | 'done' | 'failed';
}

export interface MockOptions {
  readonly clock: Clock;
  readonly info?: Partial<MicroscopeInfo>;
  readonly state?: Partial<MicroscopeState>;
  /** How long a command takes, ms; 0 when absent. A move passes every point of its straight line meanwhile. */
  readonly latencyMs?: Partial<Record<MockCommand, number>>;
  /** Pixels of a frame while the beam is on the specimen; a horizontal ramp when absent. */
  readonly render?: (request: AcquireRequest, state: MicroscopeState) => Uint8Array | Uint16Array;
  readonly truth?: Truth;
}

export interface ScriptOptions {
  /** Calls of this command that pass before it strikes; 0 when absent. */
  readonly after?: number;
  /** Calls that it strikes; 1 when absent. */
  readonly count?: number;
}

/**
 * A microscope that records what it is told and obeys the test. It has no physics: for an instrument that behaves,
 * take the simulator.
 */
export interface MockMicroscope extends SimulatedMicroscope {
  readonly calls: readonly MockCall[];
  /** Names of the recorded commands, `readState` left out unless asked for. */
  commands(options?: { readonly withReads: boolean }): MockCommand[];
  /** Makes a command reject. */
  fail(command: MockCommand, error: EmagentError, options?: ScriptOptions): void;
  /** Makes a command wait until it is aborted or the microscope is halted; with `deaf`, only `halt` ends it. */
  hang(command: MockCommand, options?: ScriptOptions & { readonly deaf?: boolean }): void;
  setLatency(command: MockCommand, latencyMs: number): void;
  /** Changes the instrument behind the driver's back. */
  setState(change: Partial<MicroscopeState>): void;
  /** Tells every listener. */
  raiseFault(fault: MicroscopeFault): void;
  readonly injected: readonly FaultScript[];
  readonly closed: boolean;
}

export const MOCK_INFO: MicroscopeInfo = {
  driver: 'mock',
  url: 'mock:',
  model: 'Mock microscope',
  serialNumber: 'M-1',
  axes: {
    xUm: { min: -10_000, max: 10_000 },
    yUm: { min: -10_000, max: 10_000 },
    zUm: { min: 0, max: 30_000 },
    rotationDeg: { min: -180, max: 180 },
    tiltDeg: { min: -5, max: 60 },
  },
  frameSizesPx: [
    [64, 48],
    [256, 192],
    [1024, 768],
  ],
  dwellUs: { min: 0.1, max: 1000 },
  fieldWidthUm: { min: 1, max: 4000 },
  workingDistanceMm: { min: 2, max: 30 },
  detectors: ['SE', 'BSE'],
  capabilities: ['stage', 'image', 'blanker', 'autofocus', 'stigmator', 'vacuum', 'limits', 'watchdog', 'emergency-stop'],
  timing: { stageSpeedUmPerS: 2000, stageSettleMs: 300, opticsSettleMs: 100, frameOverheadMs: 20 },
};

export const MOCK_STATE: MicroscopeState = {
  stage: { xUm: 0, yUm: 0, zUm: 10_000, rotationDeg: 0, tiltDeg: 0 },
  stageMoving: false,
  optics: { fieldWidthUm: 100, workingDistanceMm: 10, accelerationKv: 10, beamCurrentPa: 100, stigmatorX: 0, stigmatorY: 0, scanRotationDeg: 0 },
  beam: 'on',
  blanked: true,
  vacuum: 'ready',
  scanning: false,
  detector: 'SE',
  emergencyStopped: false,
};

const EMPTY_TRUTH: Truth = {
  v: 1,
  scenario: 'mock',
  seed: 1,
  sites: [],
  exposure: { unblankedWhileMovingS: 0, unblankedIdleS: 0, unblankedS: 0, frames: 0, totalDoseC: 0 },
};

interface Script {
  readonly command: MockCommand;
  readonly error?: EmagentError;
  readonly deaf: boolean;
  after: number;
  count: number;
}

function requireInside(name: string, value: number | undefined, range: Range): void {
  if (value === undefined) return;
  if (!(value >= range.min && value <= range.max)) {
    throw new EmagentError('EM_LIMIT', `${name} ${value} lies outside ${range.min} to ${range.max}.`);
  }
}

function ramp(request: AcquireRequest): Uint8Array | Uint16Array {
  const data = new (request.depth === 8 ? Uint8Array : Uint16Array)(request.widthPx * request.heightPx);
  const top = request.depth === 8 ? 255 : 65_535;
  for (let index = 0; index < data.length; index++) data[index] = Math.round(((index % request.widthPx) / request.widthPx) * top);
  return data;
}

export function createMockMicroscope(options: MockOptions): MockMicroscope {
  const { clock } = options;
  const info: MicroscopeInfo = { ...MOCK_INFO, ...options.info };
  const latencyMs: Partial<Record<MockCommand, number>> = { ...options.latencyMs };
  let state: MicroscopeState = { ...MOCK_STATE, ...options.state };
  const calls: { -readonly [Key in keyof MockCall]: MockCall[Key] }[] = [];
  const scripts: Script[] = [];
  const listeners = new Set<(fault: MicroscopeFault) => void>();
  const injected: FaultScript[] = [];
  const queue = createSerialQueue();
  let closed = false;
  let frames = 0;
  let halting = new AbortController();
  let motion: { readonly from: StagePosition; readonly to: StagePosition; readonly startMs: number; readonly durationMs: number } | undefined;

  const stageNow = (): StagePosition => {
    if (motion === undefined) return state.stage;
    const { from, to, startMs, durationMs } = motion;
    const share = durationMs <= 0 ? 1 : Math.min(1, (clock.nowMs() - startMs) / durationMs);
    const axes = Object.keys(from) as Axis[];
    return Object.fromEntries(axes.map((axis) => [axis, from[axis] + (to[axis] - from[axis]) * share])) as unknown as StagePosition;
  };
  const snapshot = (): MicroscopeState => ({ ...state, stage: stageNow(), stageMoving: state.stageMoving || motion !== undefined });

  const strike = (command: MockCommand): Script | undefined => {
    const script = scripts.find((candidate) => candidate.command === command && candidate.count > 0);
    if (script === undefined) return undefined;
    if (script.after > 0) {
      script.after--;
      return undefined;
    }
    script.count--;
    return script;
  };

  /** Waits for the latency, or for ever; rejects when aborted or halted. */
  const take = async (command: MockCommand, signal: AbortSignal | undefined): Promise<void> => {
    const script = strike(command);
    const stop = signal === undefined ? halting.signal : AbortSignal.any([signal, halting.signal]);
    if (stop.aborted) throw stop.reason as Error;
    if (script !== undefined && script.error === undefined) {
      const release = script.deaf ? halting.signal : stop;
      await new Promise<never>((_resolve, reject) => {
        release.addEventListener('abort', () => reject(release.reason as Error), { once: true });
      });
    }
    const duration = latencyMs[command] ?? 0;
    if (duration > 0) await clock.sleep(duration, stop);
    if (script?.error !== undefined) throw script.error;
  };

  const record = async <T>(command: MockCommand, argument: unknown, work: () => Promise<T>): Promise<T> => {
    const call: (typeof calls)[number] = { command, argument, atMs: clock.nowMs(), outcome: 'pending' };
    calls.push(call);
    try {
      if (closed && command !== 'close' && command !== 'halt') throw new EmagentError('EM_LINK_CLOSED', 'The mock microscope is closed.');
      const result = await work();
      call.outcome = 'done';
      return result;
    } catch (thrown) {
      call.outcome = 'failed';
      throw toEmagentError(thrown);
    }
  };
  /** A write command: one after another, refused while the emergency stop is latched, ended by a halt. */
  const command = <T>(name: MockCommand, argument: unknown, work: () => Promise<T>): Promise<T> => {
    const halted = halting.signal;
    return record(name, argument, () =>
      queue.run(async () => {
        if (halted.aborted) throw halted.reason as Error;
        if (state.emergencyStopped) throw new EmagentError('EM_EMERGENCY_STOP', 'The emergency stop is latched.');
        return work();
      }),
    );
  };
  const interrupt = (reason: string): void => {
    halting.abort(new EmagentError('EM_STOPPED', `Halted: ${reason}`));
    halting = new AbortController();
    state = { ...state, stage: stageNow(), stageMoving: false, blanked: true, scanning: false };
    motion = undefined;
  };

  const acquire = (request: AcquireRequest, signal?: AbortSignal): Promise<Frame> =>
    command('acquire', request, async (): Promise<Frame> => {
      if (!info.frameSizesPx.some(([width, height]) => width === request.widthPx && height === request.heightPx)) {
        throw new EmagentError('EM_LIMIT', `A frame of ${request.widthPx} x ${request.heightPx} px is not on offer.`);
      }
      requireInside('dwellUs', request.dwellUs, info.dwellUs);
      const before = snapshot();
      const startedAtMs = clock.nowMs();
      state = { ...state, scanning: true };
      try {
        await take('acquire', signal);
      } finally {
        state = { ...state, scanning: false };
      }
      const dark = before.blanked || before.beam !== 'on';
      const data = dark
        ? new (request.depth === 8 ? Uint8Array : Uint16Array)(request.widthPx * request.heightPx)
        : (options.render ?? ramp)(request, before);
      const pixelSizeNm = (before.optics.fieldWidthUm * 1000) / request.widthPx;
      const dose = (before.optics.beamCurrentPa * 1e-12 * request.dwellUs * 1e-6) / (pixelSizeNm * 1e-9) ** 2;
      return {
        id: `mock-${++frames}`,
        widthPx: request.widthPx,
        heightPx: request.heightPx,
        depth: request.depth,
        data,
        pixelSizeNm,
        stage: before.stage,
        optics: before.optics,
        request,
        doseCPerM2: dark ? 0 : dose,
        startedAtMs,
        endedAtMs: clock.nowMs(),
      };
    });

  return {
    info,
    clock,
    calls,
    injected,
    strikes: (fault) => {
      const at = injected.findIndex((script) => script.fault === fault);
      if (at >= 0) injected.splice(at, 1);
      return at >= 0;
    },
    get closed() {
      return closed;
    },
    commands: (choice) => calls.filter((call) => choice?.withReads === true || call.command !== 'readState').map((call) => call.command),
    fail: (name, error, choice = {}) => scripts.push({ command: name, error, deaf: false, after: choice.after ?? 0, count: choice.count ?? 1 }),
    hang: (name, choice = {}) => scripts.push({ command: name, deaf: choice.deaf ?? false, after: choice.after ?? 0, count: choice.count ?? 1 }),
    setLatency: (name, value) => {
      latencyMs[name] = value;
    },
    setState: (change) => {
      state = { ...state, ...change };
    },
    raiseFault: (fault) => {
      for (const listener of listeners) listener(fault);
    },
    readState: (signal) =>
      record('readState', undefined, async () => {
        await take('readState', signal);
        return snapshot();
      }),
    moveStage: (target, signal) =>
      command('moveStage', target, async () => {
        for (const axis of Object.keys(target) as Axis[]) requireInside(axis, target[axis], info.axes[axis]);
        const to = { ...state.stage, ...target };
        motion = { from: state.stage, to, startMs: clock.nowMs(), durationMs: latencyMs.moveStage ?? 0 };
        try {
          await take('moveStage', signal);
          state = { ...state, stage: to };
        } catch (thrown) {
          state = { ...state, stage: stageNow() };
          throw thrown;
        } finally {
          motion = undefined;
        }
        return state.stage;
      }),
    setOptics: (target, signal) =>
      command('setOptics', target, async (): Promise<OpticsState> => {
        requireInside('fieldWidthUm', target.fieldWidthUm, info.fieldWidthUm);
        requireInside('workingDistanceMm', target.workingDistanceMm, info.workingDistanceMm);
        requireInside('stigmatorX', target.stigmatorX, { min: -1, max: 1 });
        requireInside('stigmatorY', target.stigmatorY, { min: -1, max: 1 });
        await take('setOptics', signal);
        state = { ...state, optics: { ...state.optics, ...target } };
        return state.optics;
      }),
    acquire,
    scan: async (request, onPart, signal) => {
      const frame = await acquire(request, signal);
      onPart({ firstPx: 0, data: frame.data });
      return frame;
    },
    autofocus: (request, signal) =>
      command('autofocus', request, async () => {
        await take('autofocus', signal);
        return { workingDistanceMm: state.optics.workingDistanceMm, score: 1 };
      }),
    setBlanker: (blanked, signal) =>
      command('setBlanker', blanked, async () => {
        await take('setBlanker', signal);
        state = { ...state, blanked };
      }),
    setBeam: (target, signal) =>
      command('setBeam', target, async () => {
        await take('setBeam', signal);
        state = { ...state, optics: { ...state.optics, ...target } };
      }),
    halt: (reason) =>
      record('halt', reason, async () => {
        const script = strike('halt');
        if (script?.error !== undefined) throw script.error;
        if (script !== undefined) await new Promise<never>(() => undefined);
        const duration = latencyMs.halt ?? 0;
        if (duration > 0) await clock.sleep(duration);
        interrupt(reason);
      }),
    emergencyStop: () =>
      record('emergencyStop', undefined, async () => {
        interrupt('emergency stop');
        state = { ...state, emergencyStopped: true };
      }),
    resetEmergencyStop: () =>
      record('resetEmergencyStop', undefined, async () => {
        state = { ...state, emergencyStopped: false };
      }),
    desk: createMockDesk({
      state: () => state,
      change: (change) => {
        state = { ...state, ...change };
      },
    }),
    inject: (fault) => injected.push(fault),
    struck: [],
    truth: () => options.truth ?? EMPTY_TRUTH,
    onFault: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () =>
      record('close', undefined, async () => {
        closed = true;
        listeners.clear();
      }),
  };
}
