import type { Clock } from '../../src/contract/clock.ts';
import { strangerError } from '../links/stranger.ts';
import { EmagentError, isEmagentError } from '../../src/contract/errors.ts';
import type { MicroscopeInfo, Range, StagePosition, StageTarget } from '../../src/contract/microscope.ts';
import { estimateMoveMs, relativeError } from '../../src/lib/instrument-limits.ts';
import { type AsiAxis, AXES, moveCommand, parseAssignments, parseNumbers, type Reply, STATUS_BITS, umOfTenths } from './codec.ts';
import type { Conversation } from './conversation.ts';

export interface StageOptions {
  readonly conversation: Conversation;
  readonly clock: Clock;
  /** Whether a controller axis runs against the picture's: x right, y up. */
  readonly inverted: Readonly<Record<AsiAxis, boolean>>;
  readonly toleranceUm: number;
  /** After the first "not busy": some firmware says so and then moves on (Tiger). */
  readonly idleWaitMs: number;
  /** From the end of a move until the specimen is still enough for a picture. */
  readonly settleMs: number;
}

export interface AsiStage {
  position(signal?: AbortSignal): Promise<StagePosition>;
  isMoving(signal?: AbortSignal): Promise<boolean>;
  /** Throws EM_TARGET_NOT_REACHED, EM_STAGE_FAULT, EM_TIMEOUT; after an abort it settles when the stage is still. */
  move(target: StageTarget, info: MicroscopeInfo, signal: AbortSignal): Promise<StagePosition>;
  /** Still, and proven so. Throws EM_NOT_SAFE. */
  halt(): Promise<void>;
}

const POLL_MS = 50;
const DEADLINE_FACTOR = 5;
const DEADLINE_FLOOR_MS = 10_000;
/** Two positions nearer than this are the same one: the resolution of the encoders is a tenth of it. */
const SAME_UM = 0.3;
/** Nearer to the target than this there is nothing to move. */
const NEAR_UM = 0.05;
const PROOF_LIMIT_MS = 5000;
const MAX_READS = 3;
const MOTOR_OFF = 'the controller has switched off the motor of';

const distanceUm = (a: StagePosition, b: StagePosition): number => Math.hypot(a.xUm - b.xUm, a.yUm - b.yUm);

const readStatus = (reply: Reply): boolean | undefined => (reply.kind === 'status' ? reply.busy : undefined);
const readDone = (reply: Reply): true | undefined => (reply.kind === 'ok' && reply.text === '' ? true : undefined);
const readNumbers = (reply: Reply): number[] | undefined => (reply.kind === 'ok' ? parseNumbers(reply.text, AXES.length) : undefined);
const readPair = (reply: Reply): Record<AsiAxis, number> | undefined => (reply.kind === 'ok' ? parseAssignments(reply.text) : undefined);

/** A question that firmware of some age does not know: undefined then. */
async function askIfKnown<T>(conversation: Conversation, command: string, read: (reply: Reply) => T | undefined): Promise<T | undefined> {
  try {
    return await conversation.ask({ command, read, survivesHalt: true });
  } catch (thrown) {
    if (isEmagentError(thrown) && thrown.context['number'] !== undefined) return undefined;
    throw thrown;
  }
}

/** What the controller says of itself; what it does not know is left out. */
export interface StageFacts {
  readonly version: string;
  readonly speedUmPerS?: Record<AsiAxis, number>;
  readonly backlashUm?: Record<AsiAxis, number>;
  /** Limits of the firmware, in the controller's directions. */
  readonly limitsUm?: Readonly<Record<AsiAxis, Range>>;
}

const MM = 1000;
const inUm = (mm: Record<AsiAxis, number>): Record<AsiAxis, number> => ({ X: Math.abs(mm.X) * MM, Y: Math.abs(mm.Y) * MM });

/** Asks for its status who is there. Throws EM_CONNECT, EM_PROTOCOL when it is no stage controller; EM_LINK_CLOSED. */
export async function requireController(conversation: Conversation, baud: number | undefined): Promise<void> {
  try {
    await conversation.ask({ command: '/', read: readStatus });
  } catch (cause) {
    if (conversation.lost !== undefined) throw cause;
    const { description, heard } = conversation;
    throw strangerError({ description, heard, baud, cause, expected: 'an ASI stage controller', running: 'the stage controller switched on', setAt: 'the controller (baud=)' });
  }
}

/** Asks for version, speed, backlash and limits. Throws EM_TIMEOUT when nobody answers any more. */
export async function readFacts(conversation: Conversation): Promise<StageFacts> {
  const version = await askIfKnown(conversation, 'V', (reply) => (reply.kind === 'ok' && reply.text !== '' ? reply.text : undefined));
  const speedMmPerS = await askIfKnown(conversation, 'S X? Y?', readPair);
  const backlashMm = await askIfKnown(conversation, 'B X? Y?', readPair);
  const lowerMm = await askIfKnown(conversation, 'SL X? Y?', readPair);
  const upperMm = await askIfKnown(conversation, 'SU X? Y?', readPair);
  const limit = (axis: AsiAxis): Range => {
    const ends = [lowerMm?.[axis] ?? 0, upperMm?.[axis] ?? 0].map((mm) => mm * MM);
    return { min: Math.min(...ends), max: Math.max(...ends) };
  };
  return {
    version: version ?? 'a version that it does not tell',
    ...(speedMmPerS !== undefined && { speedUmPerS: inUm(speedMmPerS) }),
    ...(backlashMm !== undefined && { backlashUm: inUm(backlashMm) }),
    ...(lowerMm !== undefined && upperMm !== undefined && { limitsUm: { X: limit('X'), Y: limit('Y') } }),
  };
}

export function createAsiStage({ conversation, clock, inverted, toleranceUm, idleWaitMs, settleMs }: StageOptions): AsiStage {
  const sign = (axis: AsiAxis): number => (inverted[axis] ? -1 : 1);
  const query = <T>(command: string, read: (reply: Reply) => T | undefined, signal?: AbortSignal): Promise<T> =>
    conversation.ask({ command, read, signal, survivesHalt: true });
  const readPosition = async (signal?: AbortSignal): Promise<StagePosition> => {
    const [x, y] = (await query('W X Y', readNumbers, signal)) as [number, number];
    // Adding 0 makes the -0 of an inverted axis a plain 0.
    return { xUm: sign('X') * umOfTenths(x) + 0, yUm: sign('Y') * umOfTenths(y) + 0, zUm: 0, rotationDeg: 0, tiltDeg: 0 };
  };
  /** Read twice: replies have no number, and one to another program on the same port looks like ours. On its way no two agree. */
  const position = async (signal?: AbortSignal): Promise<StagePosition> => {
    let before = await readPosition(signal);
    for (let reads = 1; ; reads++) {
      const now = await readPosition(signal);
      if (reads >= MAX_READS || distanceUm(now, before) < SAME_UM) return now;
      before = now;
    }
  };
  const isMoving = (signal?: AbortSignal): Promise<boolean> => query('/', readStatus, signal);

  /** Not busy at two times with a wait between them, and at the same place at both. */
  const atRest = async (stop: AbortSignal | undefined, endMs: number): Promise<StagePosition | undefined> => {
    let before: StagePosition | undefined;
    for (;;) {
      if (await isMoving(stop)) before = undefined;
      else {
        const now = await readPosition(stop);
        if (before !== undefined && distanceUm(now, before) < SAME_UM) return now;
        before = now;
      }
      if (clock.nowMs() > endMs) return undefined;
      await clock.sleep(before === undefined ? POLL_MS : Math.max(POLL_MS, idleWaitMs), stop);
    }
  };
  /** A motor that the controller has switched off, or a limit switch; older firmware does not tell. */
  const troubleOf = async (stop: AbortSignal): Promise<string | undefined> => {
    const bytes = await askIfKnown(conversation, 'RS X Y', readNumbers);
    stop.throwIfAborted();
    const troubles = AXES.flatMap((axis, index) => {
      const byte = bytes?.[index] ?? STATUS_BITS.enabled;
      if ((byte & STATUS_BITS.enabled) === 0) return [`${MOTOR_OFF} ${axis}`];
      return (byte & (STATUS_BITS.upperLimit | STATUS_BITS.lowerLimit)) === 0 ? [] : [`${axis} is at a limit switch`];
    });
    return troubles.length === 0 ? undefined : troubles.join(', ');
  };
  const halt = async (): Promise<void> => {
    await conversation.halt();
    if ((await atRest(undefined, clock.nowMs() + PROOF_LIMIT_MS)) === undefined) {
      throw new EmagentError('EM_NOT_SAFE', `The stage at ${conversation.description} could not be brought to rest: it says that it moves.`);
    }
  };

  /** A motor that the controller has switched off is switched on again by the next move only. */
  let motorsOff = false;
  const go = async (target: StageTarget, info: MicroscopeInfo, stop: AbortSignal): Promise<StagePosition> => {
    const from = await position(stop);
    const { xUm, yUm } = target;
    if (Math.abs((xUm ?? from.xUm) - from.xUm) < NEAR_UM && Math.abs((yUm ?? from.yUm) - from.yUm) < NEAR_UM) return from;
    const limitMs = estimateMoveMs(info, from, target) * DEADLINE_FACTOR + DEADLINE_FLOOR_MS;
    const endMs = clock.nowMs() + limitMs;
    const command = moveCommand({ ...(xUm !== undefined && { X: sign('X') * xUm }), ...(yUm !== undefined && { Y: sign('Y') * yUm }) });
    if (motorsOff) await askIfKnown(conversation, 'MC X+ Y+', readDone);
    await conversation.ask({ command, read: readDone, signal: stop });
    const reached = await atRest(stop, endMs);
    if (reached === undefined) {
      await halt();
      throw new EmagentError('EM_TIMEOUT', `The stage did not come to rest within ${(limitMs / 1000).toFixed(1)} s on its way to ${command.slice(2)}; it was halted.`);
    }
    const trouble = await troubleOf(stop);
    motorsOff = trouble?.includes(MOTOR_OFF) === true;
    const missed = relativeError(reached, { xUm: xUm ?? reached.xUm, yUm: yUm ?? reached.yUm }, { um: toleranceUm, deg: 1 }) > 1;
    if (missed || motorsOff) {
      const where = `The stage stands at ${reached.xUm}, ${reached.yUm} um; ${xUm ?? from.xUm}, ${yUm ?? from.yUm} um was asked for`;
      throw new EmagentError(trouble === undefined ? 'EM_TARGET_NOT_REACHED' : 'EM_STAGE_FAULT', trouble === undefined ? `${where}.` : `${where}, and ${trouble}.`);
    }
    await clock.sleep(settleMs, stop);
    return reached;
  };

  return {
    position,
    isMoving,
    halt,
    move: async (target, info, stop) => {
      try {
        return await go(target, info, stop);
      } catch (thrown) {
        // Whoever waits for the move waits also for the stage to be still.
        if (stop.aborted && conversation.lost === undefined) await halt();
        throw thrown;
      }
    },
  };
}
