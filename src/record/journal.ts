import { open, rm, writeFile, type FileHandle } from 'node:fs/promises';
import type { EmagentError } from '../contract/errors.ts';
import type { RunEvent } from '../contract/events.ts';
import { isDiskFull, storageError } from '../lib/storage-errors.ts';

/** Space held back from the first moment, so that a full disk can still take the last events and the finds. */
const RESERVE_BYTES = 1_000_000;

export interface Journal {
  /** Takes the event at once and writes it soon, in the order of the calls. Never throws. */
  append(event: RunEvent): void;
  /** Resolves when every event appended so far is on the disk. Throws EM_DISK_FULL, EM_WRITE, also of an earlier write. */
  sync(): Promise<void>;
  /** Gives the space held back to whoever writes the end of the run; the journal's next sync still reports the full disk. */
  releaseReserve(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens `path` for appending from byte `start` on; what lies behind is cut off (the torn line of a crash).
 * Throws EM_WRITE, EM_DISK_FULL.
 */
export async function openJournal(path: string, options: { start: number; reservePath: string }): Promise<Journal> {
  let file: FileHandle;
  try {
    file = await open(path, options.start === 0 ? 'wx' : 'r+');
    await file.truncate(options.start);
    await writeFile(options.reservePath, new Uint8Array(RESERVE_BYTES));
  } catch (cause) {
    throw storageError(cause, path);
  }
  let position = options.start;
  let syncedTo = options.start;
  let waiting: string[] = [];
  let writing: Promise<void> | undefined;
  let failure: EmagentError | undefined;
  let reserved = true;

  const releaseReserve = async (): Promise<void> => {
    if (!reserved) return;
    reserved = false;
    await rm(options.reservePath, { force: true });
  };
  const writeAll = async (bytes: Uint8Array): Promise<void> => {
    let done = 0;
    while (done < bytes.length) {
      try {
        const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
        done += bytesWritten;
      } catch (cause) {
        failure ??= storageError(cause, path);
        if (!isDiskFull(cause) || !reserved) throw cause;
        await releaseReserve();
      }
    }
    position += done;
  };
  const drain = async (): Promise<void> => {
    // Events that come while a write is under way go out together with the next one.
    while (waiting.length > 0) {
      const lines = waiting;
      waiting = [];
      try {
        await writeAll(Buffer.from(lines.join('')));
      } catch {
        // `failure` is thrown by the next sync. The lines are tried again, from the same byte, with the next event.
        waiting = [...lines, ...waiting];
        break;
      }
    }
    writing = undefined;
  };

  return {
    append: (event) => {
      waiting.push(`${JSON.stringify(event)}\n`);
      // Events of one turn of the event loop go out together.
      writing ??= new Promise<void>((resolve) => setImmediate(resolve)).then(drain);
    },
    sync: async () => {
      await (writing ?? Promise.resolve());
      const end = position;
      if (end > syncedTo) {
        try {
          await file.datasync();
        } catch (cause) {
          failure ??= storageError(cause, path);
        }
        syncedTo = end;
      }
      if (failure !== undefined) throw failure;
    },
    releaseReserve,
    close: async () => {
      await (writing ?? Promise.resolve());
      await file.datasync().catch(() => undefined);
      await file.close();
      await releaseReserve();
    },
  };
}
