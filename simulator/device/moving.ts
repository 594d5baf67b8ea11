import { EmagentError } from '../../src/contract/errors.ts';
import type { StagePosition, StageTarget } from '../../src/contract/microscope.ts';
import type { FaultName } from '../faults.ts';
import type { Instrument } from './instrument.ts';
import { touchesAtMs } from './keep-out.ts';
import { requireWithin } from './limits.ts';
import { hang } from './hanging.ts';
import { AXES, STAGE_LIMITS } from './stage.ts';

/** How far from its target a stage comes to rest that stops short without a word. */
const SHORT_UM = 3;

const MOVING = { entering: 'moving' } as const;

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

/** The fault `touch`, or the way into a keep-out shape: when the touch alarm goes off; undefined when it does not. */
function touchMs({ stage, clock, faults, scenario }: Instrument, arrivesAtMs: number): number | undefined {
  const nowMs = clock.nowMs();
  if (faults.strikes('touch', nowMs, MOVING)) return (nowMs + arrivesAtMs) / 2;
  return touchesAtMs(scenario.stage.keepOut, { at: (atMs) => stage.truePosition(atMs), fromMs: nowMs, untilMs: arrivesAtMs });
}

/** Waits till a moment of the way, brakes there, and says why. */
async function breakOff(instrument: Instrument, atMs: number, { signal, error, urgency }: { readonly signal: AbortSignal; readonly error: EmagentError; readonly urgency?: 'emergency' }): Promise<never> {
  await settle(instrument, atMs, signal);
  await settle(instrument, instrument.stage.stop(instrument.clock.nowMs(), urgency), signal);
  throw error;
}

/** Moves and settles. Throws EM_LIMIT before anything moves, EM_STAGE_FAULT, EM_TARGET_NOT_REACHED. */
export async function moveStage(instrument: Instrument, target: StageTarget, signal: AbortSignal): Promise<StagePosition> {
  const { clock, stage, faults, scenario, trace } = instrument;
  requireWithin(target, STAGE_LIMITS);
  const strikes = (fault: FaultName): boolean => faults.strikes(fault, clock.nowMs(), MOVING);
  if (strikes('hang')) await hang(signal);
  const from = stage.readBack(clock.nowMs());
  const fails = strikes('move-fails');
  const short = strikes('stops-short');
  const goal = strikes('no-start') ? {} : short ? shortOf(from, target) : target;

  const motion = stage.start(goal, clock.nowMs());
  const idle = faults.begins('idle-while-moving', clock.nowMs(), MOVING);
  if (idle !== undefined) stage.sayStillUntil(idle.forS === undefined ? motion.stillAtMs : clock.nowMs() + idle.forS * 1000);
  instrument.change(() => undefined);
  instrument.unasked.entering('moving');
  if (fails) {
    // Motors that fail stop dead: braked as in a move, a short one would end where it was meant to.
    const error = new EmagentError('EM_STAGE_FAULT', 'The stage controller reported a motor fault: the stage stopped on its way.');
    await breakOff(instrument, clock.nowMs() + (motion.arrivesAtMs - clock.nowMs()) / 2, { signal, error, urgency: 'emergency' });
  }
  const touchedAtMs = touchMs(instrument, motion.arrivesAtMs);
  if (touchedAtMs !== undefined) {
    const message = 'The touch alarm went off: something touched the stage, which stopped on its way.';
    await breakOff(instrument, touchedAtMs, { signal, error: new EmagentError('EM_STAGE_FAULT', message), urgency: 'emergency' });
  }
  await settle(instrument, motion.stillAtMs, signal);
  // Somebody at the joystick may have sent it on.
  while (stage.moving(clock.nowMs())) await settle(instrument, Math.max(motion.stillAtMs, instrument.operatorUntilMs, clock.nowMs() + 1), signal);

  const reached = stage.readBack(clock.nowMs());
  trace('arrived', { target, readBack: reached, truePosition: stage.truePosition(clock.nowMs()) });
  for (const axis of AXES) {
    const wanted = target[axis];
    if (wanted === undefined || Math.abs(reached[axis] - wanted) <= scenario.stage.toleranceUm) continue;
    throw new EmagentError('EM_TARGET_NOT_REACHED', `The stage was sent to ${axis} = ${wanted} and stopped at ${reached[axis]}.`, {
      context: { axis, wanted, reached: reached[axis] },
    });
  }
  return reached;
}
