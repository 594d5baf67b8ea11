import { EmagentError, toEmagentError } from '../../src/contract/errors.ts';
import type { ConnectContext, Microscope } from '../../src/contract/microscope.ts';
import { createCommandQueue } from '../../src/lib/command-queue.ts';
import { checkOptics, checkRequest, checkTarget } from '../../src/lib/instrument-limits.ts';
import { hash32 } from '../../src/lib/random.ts';
import { halt, setBlanker } from './halt.ts';
import type { Instrument } from './identify.ts';
import { autofocus, setOptics } from './optics.ts';
import type { AddressOptions } from './options.ts';
import type { Parts } from './parts.ts';
import { acquire } from './scan.ts';
import type { Session } from './session.ts';
import { moveStage } from './stage.ts';
import { readHealth, readState } from './status.ts';
import { createWatch, patrol } from './watch.ts';

export interface SharksemMicroscopeOptions {
  readonly session: Session;
  readonly instrument: Instrument;
  readonly options: AddressOptions;
  readonly clientName: string;
  readonly clock: ConnectContext['clock'];
  readonly log: ConnectContext['log'];
}

/** Some thousand frames of one client lie between those of two others. */
const FRAME_ORIGINS = 65_536;
const FRAMES_APART = 1000;

/** The contract over an open session. Begins to watch the instrument. */
export function createSharksemMicroscope({ session, instrument, options, clientName, clock, log }: SharksemMicroscopeOptions): Microscope {
  const { info } = instrument;
  const queue = createCommandQueue();
  const watch = createWatch(session);
  const leaving = new AbortController();
  // Frame numbers begin elsewhere for each client, so that parts of another's scan are told apart, and at the same in a replay.
  const origin = hash32(clientName) % FRAME_ORIGINS;
  const parts: Parts = {
    session,
    instrument,
    options,
    clock,
    log,
    watch,
    scan: {
      isRunning: false,
      detector: info.detectors[0] as string,
      nextFrame: origin * FRAMES_APART + 1,
      usesSpeeds: false,
      refusals: 0,
      guiWasScanning: false,
      speedBefore: undefined,
    },
  };
  let halting: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  const requireOpen = (): void => {
    if (closing !== undefined) throw new EmagentError('EM_LINK_CLOSED', `The connection to ${session.description} was given back.`);
    if (session.lost !== undefined) throw session.lost;
  };
  const command = <T>(signal: AbortSignal | undefined, work: (stop: AbortSignal) => Promise<T>): Promise<T> =>
    queue.run(signal, async (stop) => {
      requireOpen();
      return work(stop);
    });
  /** What the operator had before: the live scan and the scan speed. */
  const giveBack = async (): Promise<void> => {
    const { guiWasScanning, speedBefore } = parts.scan;
    if (session.lost !== undefined) return;
    if (speedBefore !== undefined) await session.call('ScSetSpeed', [speedBefore]);
    if (guiWasScanning) await session.call('GUISetScanning', [1]);
  };

  void patrol({ session, instrument, watch, clock, pollMs: options.pollMs, signal: leaving.signal, look: () => readHealth(parts, true) });
  return {
    info,
    readState: async (signal) => {
      try {
        signal?.throwIfAborted();
        requireOpen();
        return await readState(parts).catch((thrown: unknown) => {
          // Reading changes nothing: over the connection that was opened again it may be tried once more.
          if (toEmagentError(thrown).code !== 'EM_TIMEOUT' || session.lost !== undefined) throw thrown;
          return readState(parts);
        });
      } catch (thrown) {
        throw toEmagentError(thrown);
      }
    },
    moveStage: (target, signal) =>
      command(signal, (stop) => {
        checkTarget(info, target);
        return moveStage(parts, target, stop);
      }),
    setOptics: (target, signal) =>
      command(signal, async (stop) => {
        checkOptics(info, target);
        const optics = await setOptics(parts, target);
        stop.throwIfAborted();
        return optics;
      }),
    acquire: (request, signal) =>
      command(signal, async (stop) => {
        checkRequest(info, request);
        const { frame, ...rest } = await acquire(parts, request, stop);
        return { id: `sharksem-${frame}`, ...rest };
      }),
    autofocus: (request, signal) => command(signal, (stop) => autofocus(parts, request, stop)),
    setBlanker: (blanked, signal) => command(signal, () => setBlanker(parts, blanked)),
    halt: (reason) => {
      queue.cancel(new EmagentError('EM_STOPPED', `Halted: ${reason}`));
      halting ??= halt(parts).finally(() => {
        halting = undefined;
      });
      return halting;
    },
    onFault: (listener) => watch.onFault(listener),
    close: () => {
      closing ??= (async () => {
        watch.close();
        leaving.abort(new EmagentError('EM_STOPPED', 'Closed.'));
        await giveBack().catch((thrown: unknown) => log('warn', `The settings of before could not be given back: ${toEmagentError(thrown).message}`));
        await session.close();
      })();
      return closing;
    },
  };
}
