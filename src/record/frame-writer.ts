import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EmagentError } from '../contract/errors.ts';
import type { Frame } from '../contract/frame.ts';
import { encodeOmeTiff } from '../imaging/ome-tiff.ts';
import type { Annotations } from '../imaging/ome-xml.ts';
import { storageError } from '../lib/storage-errors.ts';

/** File name of a frame's picture. Characters that a file system may refuse are percent-encoded. */
export function frameFileName(frameId: string): string {
  return `${encodeURIComponent(frameId).replace(/[*'()!~]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)}.ome.tif`;
}

/** Frames written at the same time: enough to hide the disk, few enough to bound the memory. */
const PARALLEL = 4;
/** Frames that may wait for the disk before the run has to. */
const MOST_WAITING = 16;

export interface FrameWriter {
  /** Takes the frame; its file is written in the background. Never throws. */
  write(frame: Frame, annotations: Annotations): void;
  /** Resolves when there is room for another frame. Throws what any of them met: EM_DISK_FULL, EM_WRITE. */
  room(): Promise<void>;
  /** Resolves when every frame taken so far is on the disk. Throws what any of them met: EM_DISK_FULL, EM_WRITE. */
  idle(): Promise<void>;
}

interface Job {
  readonly frame: Frame;
  readonly annotations: Annotations;
}

export function createFrameWriter(folder: string): FrameWriter {
  const queue: Job[] = [];
  const running = new Set<Promise<void>>();
  const unsynced = new Set<string>();
  let failure: EmagentError | undefined;

  const store = async ({ frame, annotations }: Job): Promise<void> => {
    const path = join(folder, frameFileName(frame.id));
    try {
      await writeFile(path, encodeOmeTiff(frame, { annotations }), { flag: 'wx' });
      unsynced.add(path);
    } catch (cause) {
      failure ??= storageError(cause, path);
    }
  };
  /** Only when it is asked for: the journal of a run that goes on must not wait for pictures. */
  const syncFile = async (path: string): Promise<void> => {
    try {
      const file = await open(path, 'r+');
      try {
        await file.datasync();
      } finally {
        await file.close();
      }
      unsynced.delete(path);
    } catch (cause) {
      failure ??= storageError(cause, path);
    }
  };
  const pump = (): void => {
    while (running.size < PARALLEL && queue.length > 0) {
      const work: Promise<void> = store(queue.shift()!).finally(() => {
        running.delete(work);
        pump();
      });
      running.add(work);
    }
  };
  return {
    write: (frame, annotations) => {
      queue.push({ frame, annotations });
      pump();
    },
    room: async () => {
      while (queue.length + running.size > MOST_WAITING) await Promise.race(running);
      if (failure !== undefined) throw failure;
    },
    idle: async () => {
      while (running.size > 0) await Promise.all(running);
      await Promise.all([...unsynced].map(syncFile));
      if (failure !== undefined) throw failure;
    },
  };
}
