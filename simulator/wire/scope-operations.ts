import { wireErrorOf, type WireOp } from '../../drivers/scope/codec.ts';
import { EmagentError, toEmagentError } from '../../src/contract/errors.ts';

export type OperationKind = 'move' | 'image' | 'focus' | 'beam';

export interface Operation {
  readonly op: number;
  readonly kind: OperationKind;
  /** Number of the image in the making. */
  readonly frame?: number;
  /** Begins the work; called once, after the client has been told the number. */
  begin(): void;
  /** Asks the work to stop; its terminal event then says `cancelled`. */
  cancel(reason: string): void;
  /** Settles after the terminal event. Never rejects. */
  readonly ended: Promise<void>;
}

export interface OperationWork {
  readonly kind: OperationKind;
  readonly frame?: number;
  run(signal: AbortSignal): Promise<unknown>;
}

/** What runs on the instrument. Every operation ends in exactly one terminal event. */
export interface Operations {
  /** Throws EM_BUSY: a move, a scan and an automatic routine never overlap. */
  create(work: OperationWork): Operation;
  active(): readonly Operation[];
  /** Something has the stage or the scan generator. */
  readonly busy: boolean;
}

const NAMES: Record<OperationKind, string> = { move: 'The stage moves', image: 'An image is being taken', focus: 'The autofocus runs', beam: 'The beam is being set' };

export function createOperations(announce: (event: WireOp) => void): Operations {
  const active = new Map<number, Operation>();
  let nextOp = 1;
  const exclusive = (): Operation | undefined => [...active.values()].find(({ kind }) => kind !== 'beam');

  return {
    active: () => [...active.values()],
    get busy() {
      return exclusive() !== undefined;
    },
    create: (work) => {
      const other = exclusive();
      if (other !== undefined && work.kind !== 'beam') throw new EmagentError('EM_BUSY', `${NAMES[other.kind]}: one thing after the other.`);
      const op = nextOp++;
      const stop = new AbortController();
      let over: () => void = () => undefined;
      const ended = new Promise<void>((resolve) => {
        over = resolve;
      });
      const run = async (): Promise<void> => {
        let last: WireOp;
        try {
          stop.signal.throwIfAborted();
          announce({ op, state: 'running' });
          last = { op, state: 'completed', result: (await work.run(stop.signal)) ?? {} };
        } catch (thrown) {
          const error = wireErrorOf(toEmagentError(thrown));
          last = { op, state: stop.signal.aborted ? 'cancelled' : 'error', error };
        }
        active.delete(op);
        announce(last);
        over();
      };
      const operation: Operation = {
        op,
        kind: work.kind,
        ...(work.frame === undefined ? {} : { frame: work.frame }),
        begin: () => void run(),
        cancel: (reason) => stop.abort(new EmagentError('EM_STOPPED', reason)),
        ended,
      };
      active.set(op, operation);
      return operation;
    },
  };
}
