import { randomBytes } from 'node:crypto';
import { createFaultListeners } from '../links/fault-listeners.ts';
import type { Clock } from '../../src/contract/clock.ts';
import { EmagentError, toEmagentError } from '../../src/contract/errors.ts';
import type { AcquireRequest, Frame } from '../../src/contract/frame.ts';
import type { Microscope, MicroscopeInfo, MicroscopeState, OpticsState, StagePosition, StageTarget } from '../../src/contract/microscope.ts';
import { checkOptics, checkRequest, checkTarget, estimateMoveMs, relativeError, requireCapability } from '../../src/lib/instrument-limits.ts';
import { createSerialQueue } from '../../src/lib/queue.ts';
import { RESULTS, WireOptics, WireStatus } from './codec.ts';
import type { ScopeConnection } from './connection.ts';
import { createFrameAssembler } from './frame-assembler.ts';
import { haltOver } from './halt.ts';
import type { Lease } from './lease.ts';
import { REPLY_LIMIT_MS, runOperation } from './operation.ts';
import { checked } from './rpc.ts';
import { metresOfMm, metresOfUm, mmOf, opticsOf, positionOf, radOf, stateOf, wireTargetOf } from './units.ts';

export interface ScopeMicroscopeOptions {
  readonly connection: ScopeConnection;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly info: MicroscopeInfo;
  readonly tolerance: { readonly um: number; readonly deg: number };
  /** A second connection that takes the lease over: the last means of a halt when the first is gone. */
  reconnect(): Promise<{ readonly connection: ScopeConnection; readonly lease: Lease }>;
}

/** Every deadline is this many times the estimate, plus a floor: too tight a limit stops good runs. */
const DEADLINE_FACTOR = 5;
const DEADLINE_FLOOR_MS = 10_000;
const deadlineMs = (estimateMs: number): number => estimateMs * DEADLINE_FACTOR + DEADLINE_FLOOR_MS;

/** Nearer to the target than this share of the tolerance there is nothing to move: some stages never report such a move's end. */
const NEAR_TARGET = 0.005;
/** Reads that must agree before a stage that said "still moving" after its own completion is believed to stand. */
const SETTLE_POLL_MS = 50;
const SETTLE_LIMIT_MS = 10_000;
/** Autofocus is some twenty frames on most instruments. */
const AUTOFOCUS_ESTIMATE_MS = 20_000;

export function createScopeMicroscope(options: ScopeMicroscopeOptions): Microscope {
  const { connection, lease, clock, info, tolerance } = options;
  const { rpc } = connection;
  const queue = createSerialQueue();
  const faults = createFaultListeners(() => connection.lost);
  const frames = new Set<number>();
  // Frame numbers begin again when the server does; a run may outlive it.
  const session = randomBytes(4).toString('hex');
  let halted = new AbortController();
  let halting: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  connection.onFault(faults.tell);

  const status = async (signal?: AbortSignal): Promise<WireStatus> =>
    checked(WireStatus, await rpc.call('status.get', {}, { timeoutMs: REPLY_LIMIT_MS, signal }), 'status');

  /** One command after another; a halt ends the one that runs and those that wait. */
  const command = async <T>(signal: AbortSignal | undefined, work: (stop: AbortSignal) => Promise<T>): Promise<T> => {
    const stop = signal === undefined ? halted.signal : AbortSignal.any([signal, halted.signal]);
    try {
      return await queue.run(async () => {
        if (closing !== undefined) throw new EmagentError('EM_LINK_CLOSED', `The connection to ${connection.description} was given back.`);
        if (connection.lost !== undefined) throw connection.lost;
        stop.throwIfAborted();
        return work(stop);
      });
    } catch (thrown) {
      throw toEmagentError(thrown);
    }
  };

  const moveStage = async (target: StageTarget, stop: AbortSignal): Promise<StagePosition> => {
    const from = positionOf((await status(stop)).pos);
    if (relativeError(from, target, tolerance) < NEAR_TARGET) return from;
    const limitMs = deadlineMs(estimateMoveMs(info, from, target));
    const result = await runOperation(connection, clock, {
      method: 'stage.move',
      params: { lease: lease.id, to: wireTargetOf(target), timeoutMs: limitMs },
      signal: stop,
      limitMs,
      hardware: 'EM_STAGE_FAULT',
      cancel: () => rpc.call('stage.stop', {}, { timeoutMs: REPLY_LIMIT_MS }),
    });
    const told = positionOf(checked(RESULTS.move, result, 'end of a move').pos);
    const reached = await settled(told, target, stop);
    if (relativeError(reached, target, tolerance) > 1) {
      throw new EmagentError('EM_TARGET_NOT_REACHED', `The stage stands at ${reached.xUm}, ${reached.yUm} um; ${describe(target)} was asked for.`);
    }
    return reached;
  };
  /** What the instrument told at the end and what is read back must agree: some say "idle" while they still move. */
  const settled = async (told: StagePosition, target: StageTarget, stop: AbortSignal): Promise<StagePosition> => {
    const endMs = clock.nowMs() + SETTLE_LIMIT_MS;
    let before = told;
    for (;;) {
      const now = await status(stop);
      const position = positionOf(now.pos);
      if (!now.moving && relativeError(position, { ...before }, tolerance) < 0.5) return position;
      if (clock.nowMs() > endMs) throw new EmagentError('EM_STAGE_FAULT', `The stage did not come to rest on its way to ${describe(target)}.`);
      before = position;
      await clock.sleep(SETTLE_POLL_MS, stop);
    }
  };

  const acquire = async (request: AcquireRequest, stop: AbortSignal): Promise<Frame> => {
    const startedAtMs = clock.nowMs();
    const scanMs = (request.widthPx * request.heightPx * request.dwellUs) / 1000;
    let started: { readonly frame: number; readonly assembler: ReturnType<typeof createFrameAssembler> } | undefined;
    try {
      await runOperation(connection, clock, {
        method: 'image.acquire',
        params: {
          lease: lease.id,
          width: request.widthPx,
          height: request.heightPx,
          dwell: request.dwellUs / 1e6,
          bpp: request.depth,
          detector: request.detector ?? info.detectors[0] ?? '',
        },
        signal: stop,
        limitMs: deadlineMs(scanMs + info.timing.frameOverheadMs),
        hardware: 'EM_FRAME_INCOMPLETE',
        started: (result) => {
          const { frame } = checked(RESULTS.image, result, 'answer to image.acquire');
          const assembler = createFrameAssembler(frame, request);
          started = { frame, assembler };
          frames.add(frame);
          connection.setChunkTaker((chunk) => (chunk instanceof Error ? assembler.spoil(chunk) : assembler.add(chunk)));
        },
        cancel: async () => (started === undefined ? undefined : rpc.call('image.abort', { frame: started.frame }, { timeoutMs: REPLY_LIMIT_MS })),
      });
      if (started === undefined) throw new EmagentError('EM_PROTOCOL', 'An image ended that was never begun.');
      const { data, metadata } = started.assembler.finish();
      const optics = opticsOf(metadata.optics);
      return {
        id: `${session}-${started.frame}`,
        widthPx: request.widthPx,
        heightPx: request.heightPx,
        depth: request.depth,
        data,
        pixelSizeNm: (optics.fieldWidthUm * 1000) / request.widthPx,
        stage: positionOf(metadata.pos),
        optics,
        request,
        doseCPerM2: metadata.dose,
        startedAtMs,
        endedAtMs: clock.nowMs(),
      };
    } finally {
      connection.setChunkTaker(undefined);
      if (started !== undefined) frames.delete(started.frame);
    }
  };

  const halt = async (): Promise<void> => {
    try {
      if (connection.lost !== undefined) throw connection.lost;
      await haltOver(connection, lease, { clock, frames });
      return;
    } catch (thrown) {
      if (connection.lost === undefined) throw thrown;
    }
    // The connection is dead, but the instrument may be well: a fresh one, with the lease taken over, can still stop it.
    let rescue: Awaited<ReturnType<ScopeMicroscopeOptions['reconnect']>>;
    try {
      rescue = await options.reconnect();
    } catch (thrown) {
      throw new EmagentError('EM_NOT_SAFE', `The connection to ${connection.description} is gone, so that nobody could see whether its stage is still and its beam blanked.`, {
        cause: thrown,
      });
    }
    try {
      await haltOver(rescue.connection, rescue.lease, { clock, frames });
    } finally {
      await rescue.lease.release();
      await rescue.connection.close();
    }
  };

  return {
    info,
    readState: async (signal): Promise<MicroscopeState> => {
      try {
        return stateOf(await status(signal));
      } catch (thrown) {
        throw toEmagentError(thrown);
      }
    },
    moveStage: (target, signal) =>
      command(signal, (stop) => {
        requireCapability(info, 'stage');
        checkTarget(info, target);
        return moveStage(target, stop);
      }),
    setOptics: (target, signal) =>
      command(signal, async (stop): Promise<OpticsState> => {
        checkOptics(info, target);
        const present = (await status(stop)).stig;
        const { fieldWidthUm, workingDistanceMm, scanRotationDeg } = target;
        const moved = target.stigmatorX !== undefined || target.stigmatorY !== undefined;
        const answer = await rpc.call(
          'optics.set',
          {
            lease: lease.id,
            ...(fieldWidthUm === undefined ? {} : { fov: metresOfUm(fieldWidthUm) }),
            ...(workingDistanceMm === undefined ? {} : { wd: metresOfMm(workingDistanceMm) }),
            ...(moved ? { stig: [target.stigmatorX ?? present[0], target.stigmatorY ?? present[1]] as [number, number] } : {}),
            ...(scanRotationDeg === undefined ? {} : { scanRotation: radOf(scanRotationDeg) }),
          },
          // No signal: the answer says that the optics are steady, and it comes soon.
          { timeoutMs: deadlineMs(info.timing.opticsSettleMs), hardware: 'EM_INTERLOCK' },
        );
        stop.throwIfAborted();
        return opticsOf(checked(WireOptics, answer, 'answer to optics.set'));
      }),
    acquire: (request, signal) =>
      command(signal, (stop) => {
        requireCapability(info, 'image');
        checkRequest(info, request);
        return acquire(request, stop);
      }),
    autofocus: (request, signal) =>
      command(signal, async (stop) => {
        requireCapability(info, 'autofocus');
        const result = await runOperation(connection, clock, {
          method: 'auto.focus',
          params: { lease: lease.id, range: metresOfUm(request.rangeUm), method: 'auto' },
          signal: stop,
          limitMs: deadlineMs(AUTOFOCUS_ESTIMATE_MS),
          hardware: 'EM_FOCUS_FAILED',
          cancel: () => rpc.call('stage.stop', {}, { timeoutMs: REPLY_LIMIT_MS }),
        });
        const { score } = checked(RESULTS.focus, result, 'end of the autofocus');
        return { workingDistanceMm: mmOf((await status(stop)).wd), score };
      }),
    setBlanker: (blanked, signal) =>
      command(signal, async (stop) => {
        requireCapability(info, 'blanker');
        await runOperation(connection, clock, {
          method: 'beam.set',
          params: { lease: lease.id, blank: blanked },
          signal: stop,
          limitMs: deadlineMs(1000),
          hardware: 'EM_BEAM',
          cancel: async () => undefined,
        });
        if ((await status(stop)).blanked !== blanked) {
          throw new EmagentError('EM_BEAM', `The blanker of ${info.model} did not ${blanked ? 'close' : 'open'}.`);
        }
      }),
    halt: (reason) => {
      halted.abort(new EmagentError('EM_STOPPED', `Halted: ${reason}`));
      halted = new AbortController();
      halting ??= halt().finally(() => {
        halting = undefined;
      });
      return halting;
    },
    onFault: faults.onFault,
    close: () => {
      closing ??= (async () => {
        faults.close();
        await lease.release();
        await connection.close();
      })();
      return closing;
    },
  };
}

function describe(target: StageTarget): string {
  return Object.entries(target)
    .map(([axis, value]) => `${axis} ${value}`)
    .join(', ');
}
