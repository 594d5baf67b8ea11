import { EmagentError, toEmagentError } from '../../src/contract/errors.ts';
import type { FunctionName } from './codec/functions.ts';
import type { ScanChunk } from './codec/scan-data.ts';
import { type CallOptions, type Control, type ControlOptions, openControl, type Returned } from './control.ts';
import { type DataPort, openDataPort } from './data-port.ts';

/** Both connections. After a timeout they are closed and opened again: nothing that comes late can then be mistaken. */
export interface Session {
  readonly description: string;
  /** As `Control.call`; waits while the connections are being opened again. */
  call<N extends FunctionName>(name: N, args?: readonly (number | string)[], options?: CallOptions): Promise<Returned<N>>;
  probe<N extends FunctionName>(name: N, args?: readonly (number | string)[], options?: CallOptions): Promise<Returned<N> | undefined>;
  setTaker(taker: ((chunk: ScanChunk | EmagentError) => void) | undefined): void;
  /** Why no pixels can come although the control connection lives. */
  readonly dataLost: EmagentError | undefined;
  /** The present control connection; undefined while there is none. For a halt, which waits for nobody. */
  readonly control: Control | undefined;
  /** One more control connection, for a halt when the first is dead. Throws EM_CONNECT. */
  openAnother(): Promise<Control>;
  /**
   * Closes both and opens them again, with the stage stopped and no scan; brings back also a session that was lost.
   * Throws EM_HEARTBEAT_LOST when that fails; the session is lost then.
   */
  reopen(reason: EmagentError): Promise<void>;
  readonly holds: boolean;
  /** The connections are gone, until somebody opens them again. */
  readonly lost: EmagentError | undefined;
  /** Called when they are, unless by `close`. */
  onLost(listener: (error: EmagentError) => void): void;
  close(): Promise<void>;
}

/** A halt does not wait long for a connection. */
const RESCUE_CONNECT_MS = 2000;

export interface SessionOptions extends ControlOptions {
  /** The first words on each new control connection. Throws when it is not the instrument that it should be. */
  greet(control: Control): Promise<void>;
}

/** Throws EM_CONNECT, EM_PROTOCOL. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { log } = options;
  const listeners = new Set<(error: EmagentError) => void>();
  let taker: ((chunk: ScanChunk | EmagentError) => void) | undefined;
  let pair: { readonly control: Control; readonly data: DataPort } | undefined;
  let reopening: Promise<void> | undefined;
  let lost: EmagentError | undefined;
  let closed = false;

  const lose = (error: EmagentError): void => {
    if (lost !== undefined || closed) return;
    lost = error;
    pair = undefined;
    taker?.(error);
    for (const listener of listeners) listener(error);
  };
  const open = async (opening?: AbortSignal): Promise<void> => {
    const control = await openControl({ ...options, signal: opening });
    try {
      await options.greet(control);
      const data = await openDataPort({ ...options, port: options.port + 1, control, signal: opening });
      if (taker !== undefined) data.setTaker(taker);
      pair = { control, data };
    } catch (thrown) {
      await control.close();
      throw thrown;
    }
    control.onLost((error) => {
      // A timeout is answered by whoever waited; an end from the other side is final.
      if (pair?.control === control && error.code !== 'EM_TIMEOUT') lose(error);
    });
  };
  const closePair = async (): Promise<void> => {
    const old = pair;
    pair = undefined;
    // Pixels first, as the instrument wants it.
    await old?.data.close();
    await old?.control.close();
  };
  const reopen = (reason: EmagentError): Promise<void> => {
    reopening ??= (async () => {
      log('warn', `${reason.message} The connection is opened again.`);
      await closePair();
      try {
        await open();
        lost = undefined;
        const { control } = pair as unknown as { control: Control };
        await Promise.all([control.call('StgStop'), control.call('ScStopScan')]);
      } catch (thrown) {
        await closePair();
        const gone = new EmagentError('EM_HEARTBEAT_LOST', `${reason.message} Opening the connection again failed: ${toEmagentError(thrown).message}`, { cause: thrown });
        lose(gone);
        throw gone;
      }
    })().finally(() => {
      reopening = undefined;
    });
    return reopening;
  };
  const present = async (): Promise<Control> => {
    await reopening?.catch(() => undefined);
    if (closed) throw new EmagentError('EM_LINK_CLOSED', `The connection to ${description} was given back.`);
    if (lost !== undefined) throw lost;
    return (pair as unknown as { control: Control }).control;
  };

  await open(options.signal);
  const { description } = (pair as unknown as { control: Control }).control;
  return {
    description,
    call: async <N extends FunctionName>(name: N, args?: readonly (number | string)[], choice?: CallOptions) => {
      const control = await present();
      try {
        return await control.call(name, args, choice);
      } catch (thrown) {
        const error = toEmagentError(thrown);
        if (error.code === 'EM_TIMEOUT' && !closed && lost === undefined && (reopening !== undefined || pair?.control === control)) await reopen(error);
        throw error;
      }
    },
    probe: async <N extends FunctionName>(name: N, args?: readonly (number | string)[], choice?: CallOptions) => (await present()).probe(name, args, choice),
    setTaker: (next) => {
      taker = next;
      pair?.data.setTaker(next);
    },
    get dataLost() {
      return pair?.data.lost;
    },
    get control() {
      return pair?.control.lost === undefined ? pair?.control : undefined;
    },
    openAnother: () => openControl({ ...options, connectMs: RESCUE_CONNECT_MS }),
    reopen,
    get holds() {
      return pair?.control.holds ?? true;
    },
    get lost() {
      return lost;
    },
    onLost: (listener) => {
      listeners.add(listener);
    },
    close: async () => {
      closed = true;
      listeners.clear();
      await closePair();
    },
  };
}
