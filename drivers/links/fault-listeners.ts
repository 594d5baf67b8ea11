import type { EmagentError } from '../../src/contract/errors.ts';
import type { MicroscopeFault } from '../../src/contract/microscope.ts';

/** Whoever wants to hear of what happens to an instrument unasked. */
export interface FaultListeners {
  onFault(listener: (fault: MicroscopeFault) => void): () => void;
  tell(fault: MicroscopeFault): void;
  /** The microscope is given back: nobody is told anything any more. */
  close(): void;
}

/** `lost`: why the connection is gone, if it is. Who comes after that is told as well, in a turn of its own: nobody may miss it. */
export function createFaultListeners(lost: () => EmagentError | undefined): FaultListeners {
  const listeners = new Set<(fault: MicroscopeFault) => void>();
  let closed = false;
  return {
    onFault: (listener) => {
      listeners.add(listener);
      const reason = lost();
      if (reason !== undefined && !closed) {
        queueMicrotask(() => {
          if (listeners.has(listener)) listener({ code: reason.code, message: reason.message });
        });
      }
      return () => listeners.delete(listener);
    },
    tell: (fault) => {
      if (!closed) for (const listener of listeners) listener(fault);
    },
    close: () => {
      closed = true;
      listeners.clear();
    },
  };
}
