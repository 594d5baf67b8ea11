import type { Clock } from '../../src/contract/clock.ts';
import type { Axis, StagePosition, StageTarget } from '../../src/contract/microscope.ts';
import { clamp } from '../../src/lib/guards.ts';
import type { SimulatedMicroscope } from '../simulated-microscope.ts';

/** Order of the axes on the wire; mm and degrees. */
const AXES: readonly Axis[] = ['xUm', 'yUm', 'zUm', 'rotationDeg', 'tiltDeg'];
const UM_PER_MM = 1000;
const perWireUnit = (axis: Axis): number => (axis.endsWith('Um') ? UM_PER_MM : 1);
/** While it moves, the position is told as it was at the last refresh. */
const REFRESH_MS = 500;
const CALIBRATION_MS = 20_000;

const wirePositionOf = (position: StagePosition): number[] => AXES.map((axis) => position[axis] / perWireUnit(axis));

/** The stage as SharkSEM shows it: it clamps what lies outside, ignores what it cannot do, and never says that it failed. */
export interface SharksemStage {
  /** x, y, z in mm, rotation and tilt in degrees. */
  position(): Promise<number[]>;
  /** Missing axes stay. Ignored while it moves or is not calibrated. */
  moveTo(values: readonly number[]): Promise<void>;
  /** Runs until stopped or at a limit: at the stage's own speed, whatever the velocity (mm/s, deg/s), in its direction. */
  moveAlong(velocities: readonly number[]): Promise<void>;
  stop(): void;
  /** To be called for a client that asks: it keeps the watchdog quiet. */
  askBusy(): Promise<boolean>;
  isBusy(): Promise<boolean>;
  readonly isCalibrated: boolean;
  calibrate(): void;
  /** Stops the stage when nobody asks `StgIsBusy` for so long, s. */
  setWatchdog(seconds: number): void;
  /** x, y, z, rotation, tilt: lowest and highest. */
  limits(): number[];
  close(): void;
}

export interface StageOptions {
  readonly microscope: SimulatedMicroscope;
  /** Of the watchdog: real, as it is about a client. */
  readonly clock: Clock;
  readonly calibrated: boolean;
  log(message: string): void;
}

export function createSharksemStage({ microscope, clock, calibrated, log }: StageOptions): SharksemStage {
  const instrumentTime = microscope.clock;
  let isCalibrated = calibrated;
  let calibratedAtMs = Number.NEGATIVE_INFINITY;
  let move: AbortController | undefined;
  let told: { readonly atMs: number; readonly position: number[] } | undefined;
  let stuck = false;
  let watchdog: { readonly seconds: number; timer: unknown } | undefined;

  const stop = (): void => {
    quietWatchdog();
    move?.abort(new Error('StgStop'));
    move = undefined;
  };
  const quietWatchdog = (): void => {
    if (watchdog !== undefined) clock.clearTimeout(watchdog.timer);
    watchdog = undefined;
  };
  const armWatchdog = (seconds: number): void => {
    quietWatchdog();
    const timer = clock.setTimeout(() => {
      log('the watchdog stopped the stage');
      stop();
    }, seconds * 1000);
    watchdog = { seconds, timer };
  };
  const isBusy = async (): Promise<boolean> => {
    stuck ||= microscope.strikes('busy-forever');
    return stuck || instrumentTime.nowMs() < calibratedAtMs || (await microscope.readState()).stageMoving;
  };
  const begin = async (target: StageTarget): Promise<void> => {
    if (!isCalibrated || (await isBusy())) return;
    // One that hangs without moving gives way.
    move?.abort(new Error('another move'));
    const controller = new AbortController();
    move = controller;
    microscope.moveStage(target, controller.signal).catch((error: Error) => log(`StgMoveTo: ${error.message}`));
  };

  return {
    position: async () => {
      const state = await microscope.readState();
      const nowMs = instrumentTime.nowMs();
      if (told === undefined || !state.stageMoving || nowMs - told.atMs >= REFRESH_MS) told = { atMs: nowMs, position: wirePositionOf(state.stage) };
      return told.position;
    },
    moveTo: (values) =>
      begin(
        Object.fromEntries(
          values.map((value, index) => {
            const axis = AXES[index] as Axis;
            const { min, max } = microscope.info.axes[axis];
            return [axis, clamp(value * perWireUnit(axis), min, max)];
          }),
        ),
      ),
    moveAlong: (velocities) =>
      begin(
        Object.fromEntries(
          velocities.flatMap((velocity, index) => {
            const axis = AXES[index] as Axis;
            const { min, max } = microscope.info.axes[axis];
            return velocity === 0 ? [] : [[axis, velocity > 0 ? max : min]];
          }),
        ),
      ),
    stop,
    askBusy: async () => {
      const busy = await isBusy();
      if (watchdog !== undefined) {
        if (busy) armWatchdog(watchdog.seconds);
        else quietWatchdog();
      }
      return busy;
    },
    isBusy,
    get isCalibrated() {
      return isCalibrated;
    },
    calibrate: () => {
      calibratedAtMs = instrumentTime.nowMs() + CALIBRATION_MS;
      isCalibrated = true;
    },
    setWatchdog: armWatchdog,
    limits: () => AXES.flatMap((axis) => [microscope.info.axes[axis].min / perWireUnit(axis), microscope.info.axes[axis].max / perWireUnit(axis)]),
    close: stop,
  };
}
