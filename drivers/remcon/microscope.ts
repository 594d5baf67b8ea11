import { createFaultListeners } from '../links/fault-listeners.ts';
import type { Clock } from '../../src/contract/clock.ts';
import { EmagentError } from '../../src/contract/errors.ts';
import type { ConnectContext, Microscope, MicroscopeInfo, OpticsState, OpticsTarget } from '../../src/contract/microscope.ts';
import { checkOptics, checkRequest, checkTarget, requireCapability } from '../../src/lib/instrument-limits.ts';
import { createCommandQueue } from '../../src/lib/command-queue.ts';
import type { WatchedFolder } from '../links/watched-folder.ts';
import { READ, SET } from './codec/commands.ts';
import type { Coordinates } from './coordinates.ts';
import type { ScanSetting } from './dwell.ts';
import { haltOver } from './halt.ts';
import type { Learned } from './learning.ts';
import type { RemconOptions } from './options.ts';
import { createPictureTaker } from './picture.ts';
import type { RemconPort } from './port.ts';
import { askFlag, askNumber, askNumbers } from './readings.ts';
import { createRemconStage } from './stage.ts';
import { createStateReader } from './state.ts';

export interface RemconMicroscopeOptions {
  readonly port: RemconPort;
  readonly clock: Clock;
  readonly info: MicroscopeInfo;
  readonly folder: WatchedFolder;
  readonly coordinates: Coordinates;
  readonly learned: Learned;
  readonly scans: readonly ScanSetting[];
  readonly options: RemconOptions;
  readonly tellsVacuum: boolean;
  readonly log: ConnectContext['log'];
  /** The joystick was locked, and is to be freed at the end. */
  readonly joystickLocked: boolean;
  /** A second connection, already in step: the last means of a halt when the first is gone. */
  reconnect(): Promise<RemconPort>;
}

const fullTurn = (deg: number): number => ((deg % 360) + 360) % 360;

export function createRemconMicroscope(parts: RemconMicroscopeOptions): Microscope {
  const { port, clock, info, folder, coordinates, learned, scans, options, log } = parts;
  const queue = createCommandQueue();
  const faults = createFaultListeners(() => port.lost);
  let halting: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  port.onFault(({ code, message }) => faults.tell({ code, message }));
  /** After an abort: a halt that is under way does the stopping. */
  const settle = async (stop: () => Promise<unknown>): Promise<void> => {
    if (halting !== undefined) await halting.catch(() => undefined);
    else await stop();
  };
  const reader = createStateReader({ port, clock, coordinates, learned, options, tellsVacuum: parts.tellsVacuum, fault: faults.tell });
  const stage = createRemconStage({ port, clock, info, coordinates, options, log, settle });
  const pictures = createPictureTaker({ port, clock, folder, reader, learned, coordinates, scans, options, log, settle });

  const requireOpen = (): void => {
    if (closing !== undefined) throw new EmagentError('EM_LINK_CLOSED', `The connection to ${port.description} was given back.`);
    if (port.lost !== undefined) throw port.lost;
  };
  const command = <T>(signal: AbortSignal | undefined, work: (stop: AbortSignal) => Promise<T>): Promise<T> =>
    queue.run(signal, async (stop) => {
      requireOpen();
      return work(stop);
    });

  const setOptics = async (target: OpticsTarget, stop: AbortSignal): Promise<OpticsState> => {
    const { fieldWidthUm, workingDistanceMm, stigmatorX, stigmatorY, scanRotationDeg } = target;
    const signal = stop;
    if (fieldWidthUm !== undefined) await port.send(SET.magnification((learned.hfwAtMag1M * 1e6) / fieldWidthUm), { signal });
    if (workingDistanceMm !== undefined) await port.send(SET.workingDistance(workingDistanceMm), { signal });
    if (stigmatorX !== undefined || stigmatorY !== undefined) {
      const [x, y] = (await askNumbers(port, READ.stigmator, { count: 2, signal })) as [number, number];
      await port.send(SET.stigmator(stigmatorX === undefined ? x : stigmatorX * 100, stigmatorY === undefined ? y : stigmatorY * 100), { signal });
    }
    if (scanRotationDeg !== undefined) {
      await port.send(SET.scanRotation(fullTurn(scanRotationDeg)), { signal });
      await port.send(SET.scanRotationOn(true), { signal });
    }
    if (Object.values(target).some((value) => value !== undefined)) await clock.sleep(options.opticsSettleMs, stop);
    return reader.optics(stop);
  };

  const halt = async (reason: EmagentError): Promise<void> => {
    try {
      if (port.lost !== undefined) throw port.lost;
      await haltOver({ port, clock, coordinates, options }, reason);
      return;
    } catch (thrown) {
      if (port.lost === undefined) throw thrown;
    }
    // The line is gone, but the microscope may be well: over a fresh one it can still be stopped.
    let rescue: RemconPort;
    try {
      rescue = await parts.reconnect();
    } catch (thrown) {
      throw new EmagentError('EM_NOT_SAFE', `The connection to ${port.description} is gone, so that nobody could see whether the stage is still and the beam blanked.`, { cause: thrown });
    }
    try {
      await haltOver({ port: rescue, clock, coordinates, options }, reason);
    } finally {
      await rescue.close();
    }
  };
  /** What was changed for the run goes back; none of it may keep the next from being tried, or the port from being closed. */
  const restore = async (): Promise<void> => {
    const steps = [stage.restore, pictures.restore, ...(parts.joystickLocked ? [() => port.send(SET.joystickLocked(false))] : [])];
    for (const step of steps) {
      if (port.lost !== undefined) return;
      await step().catch((error: Error) => log('warn', `At the end, something could not be set back: ${error.message}`));
    }
  };

  return {
    info,
    readState: async (signal) => {
      requireOpen();
      signal?.throwIfAborted();
      return reader.state(signal);
    },
    moveStage: (target, signal) =>
      command(signal, (stop) => {
        requireCapability(info, 'stage');
        checkTarget(info, target);
        return stage.move(target, stop);
      }),
    setOptics: (target, signal) =>
      command(signal, (stop) => {
        checkOptics(info, target);
        return setOptics(target, stop);
      }),
    acquire: (request, signal) =>
      command(signal, (stop) => {
        const { list: _, ...dwellUs } = info.dwellUs;
        checkRequest({ ...info, dwellUs }, request);
        return pictures.acquire(request, stop);
      }),
    autofocus: async () => {
      throw new EmagentError('EM_UNSUPPORTED', `${info.model} offers no autofocus: RemCon32 has no command for it.`);
    },
    setBlanker: (blanked, signal) =>
      command(signal, async (stop) => {
        await port.send(SET.blanked(blanked), { signal: stop, hardware: 'EM_BEAM' });
        if ((await askFlag(port, READ.blanked, stop)) !== blanked) throw new EmagentError('EM_BEAM', `The blanker of ${info.model} did not ${blanked ? 'close' : 'open'}.`);
        if (!blanked && (await askNumber(port, READ.highTension, stop)) <= 0) log('warn', 'The blanker is open, but the high tension is off: there is no beam.');
      }),
    halt: (why) => {
      const reason = new EmagentError('EM_STOPPED', `Halted: ${why}`);
      halting ??= halt(reason).finally(() => {
        halting = undefined;
      });
      queue.cancel(reason);
      return halting;
    },
    onFault: faults.onFault,
    close: () => {
      closing ??= (async () => {
        faults.close();
        queue.cancel(new EmagentError('EM_LINK_CLOSED', `The connection to ${port.description} was given back.`));
        folder.close();
        await queue.idle();
        await restore();
        await port.close();
      })();
      return closing;
    },
  };
}
