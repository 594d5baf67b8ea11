import { EmagentError } from '../../src/contract/errors.ts';
import type { StagePosition, StageTarget } from '../../src/contract/microscope.ts';
import type { Instrument } from './instrument.ts';
import { requireWithin } from './limits.ts';
import { hang } from './hanging.ts';
import { AXES, STAGE_LIMITS } from './stage.ts';

/** How far from its target a stage comes to rest that stops short without a word. */
const SHORT_UM = 3;

const isLinear = (axis: string): boolean => axis.endsWith('Um');

function shortOf(from: StagePosition, target: StageTarget): StageTarget {
  const short: Record<string, number> = {};
  for (const axis of AXES) {
    const to = target[axis];
    if (to === undefined) continue;
    const way = to - from[axis];
    const missing = isLinear(axis) ? Math.min(SHORT_UM, Math.abs(way)) : 0;
    short[axis] = to - Math.sign(way) * missing;
  }
  return short;
}

/** Whoever moves the stage waits for its end: also when aborted, only then after braking. */
async function settle(instrument: Instrument, untilMs: number, signal: AbortSignal): Promise<void> {
  const { clock, stage } = instrument;
  try {
    await instrument.waitUntil(untilMs, signal);
  } catch (thrown) {
    const stillAtMs = stage.stop(clock.nowMs());
    instrument.account.update(clock.nowMs());
    await instrument.waitUntil(stillAtMs);
    throw thrown;
  } finally {
    instrument.account.update(clock.nowMs());
  }
}

/** Moves and settles. Throws EM_LIMIT before anything moves, EM_STAGE_FAULT, EM_TARGET_NOT_REACHED. */
export async function moveStage(instrument: Instrument, target: StageTarget, signal: AbortSignal): Promise<StagePosition> {
  const { clock, stage, faults, scenario } = instrument;
  requireWithin(target, STAGE_LIMITS);
  if (faults.strikes('hang', clock.nowMs())) await hang(signal);
  const from = stage.readBack(clock.nowMs());
  const fails = faults.strikes('move-fails', clock.nowMs());
  const goal = faults.strikes('stops-short', clock.nowMs()) ? shortOf(from, target) : target;

  const motion = stage.start(goal, clock.nowMs());
  instrument.account.update(clock.nowMs());
  if (fails) {
    await settle(instrument, clock.nowMs() + (motion.arrivesAtMs - clock.nowMs()) / 2, signal);
    await settle(instrument, stage.stop(clock.nowMs()), signal);
    throw new EmagentError('EM_STAGE_FAULT', 'The stage controller reported a motor fault: the stage stopped on its way.');
  }
  await settle(instrument, motion.stillAtMs, signal);

  const reached = stage.readBack(clock.nowMs());
  for (const axis of AXES) {
    const wanted = target[axis];
    if (wanted === undefined || Math.abs(reached[axis] - wanted) <= scenario.stage.toleranceUm) continue;
    throw new EmagentError('EM_TARGET_NOT_REACHED', `The stage was sent to ${axis} = ${wanted} and stopped at ${reached[axis]}.`, {
      context: { axis, wanted, reached: reached[axis] },
    });
  }
  return reached;
}
