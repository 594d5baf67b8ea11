import { randomBytes } from 'node:crypto';
import type { Clock } from '../../src/contract/clock.ts';
import { EmagentError } from '../../src/contract/errors.ts';
import type { AcquireRequest, Frame } from '../../src/contract/frame.ts';
import type { Microscope, MicroscopeFault, MicroscopeInfo, OpticsState, OpticsTarget } from '../../src/contract/microscope.ts';
import { createCommandQueue } from '../../src/lib/command-queue.ts';
import { checkOptics, checkRequest, checkTarget } from '../../src/lib/instrument-limits.ts';
import { viewOf } from '../links/camera-view.ts';
import type { FolderCamera } from './camera.ts';
import type { Conversation } from './conversation.ts';
import type { AsiStage } from './stage.ts';

export interface AsiMicroscopeOptions {
  readonly conversation: Conversation;
  readonly stage: AsiStage;
  readonly camera: FolderCamera;
  readonly clock: Clock;
  readonly info: MicroscopeInfo;
  /** The stage must stand still to within this while a picture is taken. */
  readonly toleranceUm: number;
}

/** A stage controller and a camera that saves pictures: no beam, no lens, one magnification. */
export function createAsiMicroscope({ conversation, stage, camera, clock, info, toleranceUm }: AsiMicroscopeOptions): Microscope {
  const queue = createCommandQueue();
  const listeners = new Set<(fault: MicroscopeFault) => void>();
  const session = randomBytes(4).toString('hex');
  let frames = 0;
  let fieldWidthUm = info.fieldWidthUm.max;
  let restSinceMs = clock.nowMs();
  let scanning = false;
  let closing: Promise<void> | undefined;

  conversation.onLost(({ code, message }) => {
    for (const listener of listeners) listener({ code, message });
  });
  const optics = (): OpticsState => ({
    fieldWidthUm,
    workingDistanceMm: info.workingDistanceMm.max,
    accelerationKv: 0,
    beamCurrentPa: 0,
    stigmatorX: 0,
    stigmatorY: 0,
    scanRotationDeg: 0,
  });
  const requireOpen = (): void => {
    if (closing !== undefined) throw new EmagentError('EM_LINK_CLOSED', `The connection to ${conversation.description} was given back.`);
    if (conversation.lost !== undefined) throw conversation.lost;
  };
  const command = <T>(signal: AbortSignal | undefined, work: (stop: AbortSignal) => Promise<T>): Promise<T> =>
    queue.run(signal, async (stop) => {
      requireOpen();
      return work(stop);
    });

  const setOptics = (target: OpticsTarget): OpticsState => {
    checkOptics(info, target);
    const now: Record<string, number> = { ...optics() };
    const impossible = Object.entries(target).find(([name, value]) => name !== 'fieldWidthUm' && value !== undefined && value !== now[name]);
    if (impossible !== undefined) throw new EmagentError('EM_UNSUPPORTED', `${info.model} cannot set ${impossible[0]}: it has a stage and a camera only.`);
    fieldWidthUm = target.fieldWidthUm ?? fieldWidthUm;
    return optics();
  };

  const acquire = async (request: AcquireRequest, stop: AbortSignal): Promise<Frame> => {
    const startedAtMs = clock.nowMs();
    const before = await stage.position(stop);
    const picture = await camera.next(restSinceMs, stop);
    const after = await stage.position(stop);
    const shiftUm = Math.hypot(after.xUm - before.xUm, after.yUm - before.yUm);
    if (shiftUm > toleranceUm) {
      restSinceMs = clock.nowMs();
      throw new EmagentError('EM_OPERATOR', `The stage moved by ${shiftUm.toFixed(1)} um while a picture was waited for: somebody is at the joystick.`);
    }
    const { widthPx, heightPx, depth } = request;
    const data = await clock.during(viewOf(picture, { share: fieldWidthUm / info.fieldWidthUm.max, widthPx, heightPx, depth }));
    return {
      id: `asi-${session}-${++frames}`,
      widthPx,
      heightPx,
      data,
      depth,
      pixelSizeNm: (fieldWidthUm * 1000) / widthPx,
      stage: before,
      optics: optics(),
      request,
      doseCPerM2: 0,
      startedAtMs,
      endedAtMs: clock.nowMs(),
    };
  };

  return {
    info,
    readState: async (signal) => {
      requireOpen();
      const stageMoving = await stage.isMoving(signal);
      return {
        stage: await stage.position(signal),
        stageMoving,
        optics: optics(),
        beam: 'on',
        blanked: false,
        vacuum: 'ready',
        scanning,
        detector: info.detectors[0] ?? '',
        emergencyStopped: false,
      };
    },
    moveStage: (target, signal) =>
      command(signal, async (stop) => {
        checkTarget(info, target);
        try {
          return await stage.move(target, info, stop);
        } finally {
          restSinceMs = clock.nowMs();
        }
      }),
    setOptics: (target, signal) => command(signal, async () => setOptics(target)),
    acquire: (request, signal) =>
      command(signal, async (stop) => {
        checkRequest(info, request);
        scanning = true;
        try {
          return await acquire(request, stop);
        } finally {
          scanning = false;
        }
      }),
    autofocus: (_request, signal) =>
      command(signal, () => Promise.reject(new EmagentError('EM_UNSUPPORTED', `${info.model} has no focus that this driver could set.`))),
    setBlanker: (_blanked, signal) => command(signal, () => Promise.reject(new EmagentError('EM_UNSUPPORTED', `${info.model} has no beam to blank.`))),
    halt: async (reason) => {
      if (conversation.lost !== undefined) throw new EmagentError('EM_NOT_SAFE', `The stage at ${conversation.description} cannot be halted: ${conversation.lost.message}`, { cause: conversation.lost });
      queue.cancel(new EmagentError('EM_STOPPED', `Halted: ${reason}`));
      await stage.halt();
      await queue.idle();
    },
    onFault: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => {
      closing ??= (async () => {
        queue.cancel(new EmagentError('EM_LINK_CLOSED', `The connection to ${conversation.description} was given back.`));
        camera.close();
        await queue.idle();
        await conversation.close();
      })();
      return closing;
    },
  };
}
