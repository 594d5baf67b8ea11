import { EmagentError } from '../../src/contract/errors.ts';
import type { Axis, StagePosition, StageTarget } from '../../src/contract/microscope.ts';
import { estimateMoveMs, relativeError } from '../../src/lib/instrument-limits.ts';
import type { Parts } from './parts.ts';
import { readPosition } from './status.ts';
import { AXES, positionOf, wireValueOf } from './units.ts';

/** Nearer than this an axis is left out of the move: some stages correct their play all the same, some never say that they are done. */
const NEAR = { um: 0.01, deg: 0.05 } as const;
/** Before the first look, so that the stage has begun; and between two looks. */
const POLL_MS = 100;
/** The position is refreshed every 500 ms while the stage moves: one that stays the same for so long is final. */
const STANDSTILL_MS = 1200;
const DEADLINE_FACTOR = 5;
const DEADLINE_FLOOR_MS = 10_000;
/** After a stop the stage must say within this that it is still. */
const STOP_LIMIT_MS = 10_000;
/** Farther off than this many tolerances it has not stopped short of the target, but on its way. */
const ON_ITS_WAY = 10;

const toleranceOf = ({ options }: Parts) => ({ um: options.toleranceUm, deg: options.toleranceDeg });
const describe = (target: StageTarget): string =>
  Object.entries(target)
    .map(([axis, value]) => `${axis} ${value}`)
    .join(', ');

async function isMoving({ session }: Parts): Promise<boolean> {
  return (await session.call('StgIsBusy'))[0] !== 0;
}

/** Stops the stage and waits until it says that it stands. Throws EM_STAGE_FAULT. */
async function stopStage(parts: Parts): Promise<void> {
  const { session, clock } = parts;
  await session.call('StgStop', [], { jump: true });
  const endMs = clock.nowMs() + STOP_LIMIT_MS;
  while (await isMoving(parts)) {
    if (clock.nowMs() > endMs) {
      throw new EmagentError('EM_STAGE_FAULT', `The stage was stopped and still says, ${STOP_LIMIT_MS / 1000} s later, that it moves.`);
    }
    await clock.sleep(POLL_MS);
  }
}

/** Starts the motors with the watchdog on: should this program die, the stage stops by itself. */
async function start(parts: Parts, target: StageTarget, here: readonly number[]): Promise<void> {
  const { session, instrument, options } = parts;
  const last = AXES.findLastIndex((axis) => target[axis] !== undefined);
  const values = AXES.slice(0, last + 1).map((axis, index) => {
    const wanted = target[axis];
    return wanted === undefined ? (here[index] as number) : wireValueOf(axis, wanted, options.flip);
  });
  // Together, so that no other question about the stage comes between and takes the watchdog off.
  const guard = instrument.has('StgWatchdog') ? session.call('StgWatchdog', [options.watchdogS]) : undefined;
  await Promise.all([guard, session.call('StgMoveTo', values)]);
}

/**
 * The stage says that it is idle: is it where it should be? The instrument clamps, ignores and fails without a word, so
 * only the position counts, and it comes late.
 */
async function arrive(parts: Parts, { from, target, endMs, stop }: { readonly from: StagePosition; readonly target: StageTarget; readonly endMs: number; readonly stop: AbortSignal }): Promise<StagePosition> {
  const { clock } = parts;
  const tolerance = toleranceOf(parts);
  let last = await readPosition(parts);
  let sinceMs = clock.nowMs();
  for (;;) {
    await clock.sleep(POLL_MS, stop);
    const [position, moving] = await Promise.all([readPosition(parts), isMoving(parts)]);
    const isSame = relativeError(position, { ...last }, NEAR) <= 1;
    if (!isSame || moving) sinceMs = clock.nowMs();
    const isThere = relativeError(position, target, tolerance) <= 1;
    if (isSame && isThere && !moving) return position;
    last = position;
    if (clock.nowMs() > endMs) throw new EmagentError('EM_STAGE_FAULT', `The stage did not come to rest on its way to ${describe(target)}.`);
    if (clock.nowMs() - sinceMs < STANDSTILL_MS) continue;
    const where = `${position.xUm}, ${position.yUm} um`;
    if (relativeError(position, { ...from }, NEAR) <= 1) {
      const [calibrated] = await parts.session.call('StgIsCalibrated');
      throw new EmagentError('EM_STAGE_FAULT', calibrated === 0 ? 'The stage does not move: it is not calibrated.' : `The stage did not set out for ${describe(target)}; it stands at ${where}.`);
    }
    if (relativeError(position, target, tolerance) > ON_ITS_WAY) {
      throw new EmagentError('EM_STAGE_FAULT', `The stage stopped on its way to ${describe(target)}, at ${where}, and gives no reason.`);
    }
    throw new EmagentError('EM_TARGET_NOT_REACHED', `The stage stands at ${where}; ${describe(target)} was asked for.`);
  }
}

/** Throws EM_STAGE_FAULT, EM_TARGET_NOT_REACHED, EM_TIMEOUT; the stage stands still then, unless it is said otherwise. */
export async function moveStage(parts: Parts, target: StageTarget, stop: AbortSignal): Promise<StagePosition> {
  const { session, instrument, options, clock } = parts;
  const here = await session.call('StgGetPosition');
  const from = positionOf(here, options.flip);
  const isFar = (axis: Axis): boolean => relativeError(from, { [axis]: target[axis] ?? from[axis] }, NEAR) > 1;
  const wanted = Object.fromEntries(AXES.filter(isFar).map((axis) => [axis, target[axis] as number])) as StageTarget;
  if (Object.keys(wanted).length === 0) return from;

  const limitMs = DEADLINE_FACTOR * estimateMoveMs(instrument.info, from, wanted) + DEADLINE_FLOOR_MS;
  const endMs = clock.nowMs() + limitMs;
  try {
    stop.throwIfAborted();
    await start(parts, wanted, here);
    do {
      await clock.sleep(POLL_MS, stop);
      if (clock.nowMs() > endMs) throw new EmagentError('EM_TIMEOUT', `The stage did not reach ${describe(wanted)} within ${(limitMs / 1000).toFixed(0)} s; it was stopped.`);
    } while (await isMoving(parts));
    return await arrive(parts, { from, target: wanted, endMs, stop });
  } catch (thrown) {
    // After a lost reply the connection was opened again, and the stage stopped with it.
    if (session.lost === undefined) await stopStage(parts);
    throw thrown;
  }
}
