import type { Clock } from '../../src/contract/clock.ts';
import { EmagentError, isEmagentError } from '../../src/contract/errors.ts';
import type { ConnectContext, MicroscopeInfo, StagePosition, StageTarget } from '../../src/contract/microscope.ts';
import { estimateMoveMs, relativeError } from '../../src/lib/instrument-limits.ts';
import { ABORT, READ, SET, type StageAxes } from './codec/commands.ts';
import { refusalNumberOf } from './codec/refusals.ts';
import type { Coordinates } from './coordinates.ts';
import type { RemconOptions } from './options.ts';
import type { RemconPort } from './port.ts';
import { askNumber, askNumbers, askStage, type StageReading } from './readings.ts';

export interface StageParts {
  readonly port: RemconPort;
  readonly clock: Clock;
  readonly info: MicroscopeInfo;
  readonly coordinates: Coordinates;
  readonly options: RemconOptions;
  readonly log: ConnectContext['log'];
  /** Stops the stage, unless a halt that is under way does so. */
  settle(stop: () => Promise<unknown>): Promise<void>;
}

export interface RemconStage {
  /**
   * Absolute, sent once. Resolves with the position read back. Throws EM_INTERLOCK before the first move of a stage that
   * is not initialised, EM_LIMIT, EM_STAGE_FAULT, EM_TARGET_NOT_REACHED, EM_TIMEOUT. After an abort it settles when the
   * stage is still.
   */
  move(target: StageTarget, stop: AbortSignal): Promise<StagePosition>;
  /** Turns the specimen current monitor on again, if a move that was broken off left it off. */
  restore(): Promise<void>;
}

/** About one reading at 9600 baud. */
const POLL_MS = 50;
/** Nearer to the target than this share of the tolerance there is nothing to move. */
const NEAR_TARGET = 0.005;
/** Two positions nearer than this share of the tolerance are the same. */
const SAME_PLACE = 0.1;
const STOP_LIMIT_MS = 10_000;
/** RemCon32 tells of no fault of the stage: one that is so far off, in tolerances and in shares of its way, has not just missed its target. */
const STOPPED = { tolerances: 10, share: 0.1 } as const;

/** Whether the stage stands: it says so, at the same place, in so many readings one after another. */
export async function restsAt(parts: Pick<StageParts, 'port' | 'clock' | 'coordinates' | 'options'>, options: { readonly endMs: number; readonly stop?: AbortSignal | undefined }): Promise<StageReading | undefined> {
  const { port, clock, coordinates, options: chosen } = parts;
  const tolerance = { um: chosen.toleranceUm, deg: chosen.toleranceDeg };
  let before: StagePosition | undefined;
  let equal = 0;
  for (;;) {
    const reading = await askStage(port, options.stop);
    const position = coordinates.positionOf(reading);
    const same = !reading.moving && before !== undefined && relativeError(position, { ...before }, tolerance) < SAME_PLACE;
    equal = same ? equal + 1 : 1;
    before = reading.moving ? undefined : position;
    if (equal >= chosen.restReads) return reading;
    if (clock.nowMs() > options.endMs) return undefined;
    await clock.sleep(POLL_MS, options.stop);
  }
}

/** R wraps at 360: the reading that is nearest to what was wanted. */
const unwrapped = (deg: number, wanted: number): number => deg + 360 * Math.round((wanted - deg) / 360);

export function createRemconStage(parts: StageParts): RemconStage {
  const { port, clock, info, coordinates, options, log } = parts;
  const tolerance = { um: options.toleranceUm, deg: options.toleranceDeg };
  let initialised = false;
  let monitorOwed = false;

  const requireInitialised = async (stop: AbortSignal): Promise<void> => {
    if (initialised) return;
    const [, not] = await askNumbers(port, READ.stageInitialised, { count: 2, signal: stop });
    if (not !== 0) throw new EmagentError('EM_INTERLOCK', 'The stage is not initialised: initialise it in SmartSEM, with nothing in its way, before anything moves it.');
    initialised = true;
  };
  const requireFreeRotation = (from: StageAxes, to: StageAxes): void => {
    const { rotationFaultDeg: fault } = options;
    if (fault === undefined || from.rotationDeg === to.rotationDeg) return;
    const [low, high] = [from.rotationDeg, to.rotationDeg].toSorted((a, b) => a - b) as [number, number];
    if (low <= fault && fault <= high) {
      throw new EmagentError('EM_LIMIT', `A rotation from ${from.rotationDeg} to ${to.rotationDeg} deg would cross the fault position at ${fault} deg; nothing was moved.`);
    }
  };
  /** The touch alarm is off while the specimen current is measured, and `PRB?` works only then. */
  const monitorOff = async (stop: AbortSignal): Promise<void> => {
    try {
      await askNumber(port, READ.probeCurrent, stop);
      monitorOwed = true;
    } catch (thrown) {
      if (refusalNumberOf(thrown) === undefined) throw thrown;
    }
    await port.send(SET.specimenCurrentMonitor(false), { signal: stop });
  };
  const restore = async (): Promise<void> => {
    if (!monitorOwed || port.lost !== undefined) return;
    await port.send(SET.specimenCurrentMonitor(true));
    monitorOwed = false;
  };
  const stopStage = async (): Promise<void> => {
    await port.send(ABORT);
    await restsAt(parts, { endMs: clock.nowMs() + STOP_LIMIT_MS });
  };

  const travel = async (from: StageReading, to: StageAxes, stop: AbortSignal): Promise<StageReading> => {
    const turns = to.rotationDeg !== from.rotationDeg || to.tiltDeg !== from.tiltDeg;
    // z and tilt are where a stage crashes: they are sent as they were read, unless they were asked for.
    const command = turns ? SET.axes(to) : SET.position(to.xMm, to.yMm, to.zMm);
    const limitMs = options.moveMs + estimateMoveMs(info, coordinates.positionOf(from), coordinates.positionOf(to));
    const endMs = clock.nowMs() + limitMs;
    try {
      await port.send(command, { signal: stop, hardware: 'EM_STAGE_FAULT' });
    } catch (thrown) {
      // It may move all the same. It is never sent again: where the stage stands in the end decides.
      if (!isEmagentError(thrown) || thrown.code !== 'EM_TIMEOUT' || refusalNumberOf(thrown) !== undefined) throw thrown;
      log('warn', `${thrown.message} Where the stage goes is read instead.`);
    }
    await clock.sleep(options.moveStartMs, stop);
    const reading = await restsAt(parts, { endMs, stop });
    if (reading === undefined) {
      await parts.settle(stopStage);
      throw new EmagentError('EM_TIMEOUT', `The stage did not come to rest within ${(limitMs / 1000).toFixed(0)} s on its way; it was stopped.`);
    }
    return reading;
  };
  const arrive = (start: StagePosition, reading: StageReading, target: StageTarget): StagePosition => {
    const raw = coordinates.positionOf(reading);
    const reached = target.rotationDeg === undefined ? raw : { ...raw, rotationDeg: unwrapped(raw.rotationDeg, target.rotationDeg) };
    const missed = relativeError(reached, target, tolerance);
    if (missed <= 1) return reached;
    const way = relativeError(start, target, tolerance);
    const where = `The stage stands at ${reached.xUm}, ${reached.yUm} um; ${describe(target)} was asked for`;
    if (missed > Math.max(STOPPED.tolerances, way * STOPPED.share)) throw new EmagentError('EM_STAGE_FAULT', `${where}: it stopped on its way and gave no reason.`);
    throw new EmagentError('EM_TARGET_NOT_REACHED', `${where}.`);
  };

  return {
    restore,
    move: async (target, stop) => {
      const from = await askStage(port, stop);
      const start = coordinates.positionOf(from);
      if (relativeError(start, target, tolerance) < NEAR_TARGET) return start;
      await requireInitialised(stop);
      const to = coordinates.axesOf(target, from);
      requireFreeRotation(from, to);
      try {
        await monitorOff(stop);
        return arrive(start, await travel(from, to, stop), target);
      } catch (thrown) {
        if (stop.aborted && port.lost === undefined) await parts.settle(stopStage);
        throw thrown;
      } finally {
        await restore().catch((error: Error) => log('warn', `The specimen current monitor was not turned on again: ${error.message}`));
      }
    },
  };
}

function describe(target: StageTarget): string {
  return Object.entries(target)
    .map(([axis, value]) => `${axis} ${value}`)
    .join(', ');
}
