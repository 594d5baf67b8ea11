import type { Clock } from '../../src/contract/clock.ts';
import { EmagentError, isEmagentError } from '../../src/contract/errors.ts';
import { openWatchedFolder, type WatchedFolder, type WatchedPicture } from '../links/watched-folder.ts';

export interface CameraOptions {
  readonly folder: string;
  readonly clock: Clock;
  /** From the beginning of an exposure until its file is complete, ms. */
  readonly exposureMs: number;
  /** Longest wait for a picture, ms. */
  readonly pictureMs: number;
  readonly pollMs: number;
  /** Known size of the pictures; learned from one of them when absent. */
  readonly sizePx?: readonly [number, number];
}

/** A camera that saves pictures by itself, or by a person's hand. */
export interface FolderCamera {
  readonly sizePx: readonly [number, number];
  /**
   * The first whole picture whose exposure began after `restSinceMs`, on the driver's clock.
   * Throws EM_TIMEOUT, EM_FRAME_INCOMPLETE, or the signal's reason.
   */
  next(restSinceMs: number, signal: AbortSignal): Promise<WatchedPicture['pixels']>;
  close(): void;
}

/** How long a camera is waited for that should show the size of its pictures. */
const FIRST_PICTURE_MS = 15_000;

/** The first that is whole; later ones of a time-lapse are not needed. */
const FIRST = { accept: () => true, isFirstEnough: true };

async function learnSize(watched: WatchedFolder, { folder, pictureMs }: CameraOptions, signal: AbortSignal | undefined): Promise<readonly [number, number]> {
  try {
    const { pixels } = (await watched.newest(() => true)) ?? await watched.next({ after: new Map(), ...FIRST, timeoutMs: Math.min(pictureMs, FIRST_PICTURE_MS), what: 'a first picture', signal });
    return [pixels.widthPx, pixels.heightPx];
  } catch (cause) {
    if (!isEmagentError(cause) || cause.code !== 'EM_TIMEOUT') throw cause;
    throw new EmagentError('EM_CONNECT', `No picture lies in ${folder} that would show the size of the camera's: take one, or add pictureSize=1024x768 to the address.`, { cause });
  }
}

/** Throws EM_CONNECT when the folder is not there, or shows no picture while the size is not known. */
export async function openFolderCamera(options: CameraOptions, signal?: AbortSignal): Promise<FolderCamera> {
  const { folder, clock, exposureMs, pictureMs, pollMs } = options;
  const watched = await openWatchedFolder({ folder, clock, pollMs });
  const sizePx = options.sizePx ?? (await learnSize(watched, options, signal));
  return {
    sizePx,
    next: async (restSinceMs, stop) => {
      // What is saved before this moment may have been exposed while the stage still moved.
      await clock.sleep(Math.max(0, restSinceMs + exposureMs - clock.nowMs()), stop);
      const after = await watched.mark();
      const { name, pixels } = await watched.next({ after, ...FIRST, timeoutMs: pictureMs, what: 'the next picture of the camera', signal: stop });
      const [widthPx, heightPx] = sizePx;
      if (pixels.widthPx !== widthPx || pixels.heightPx !== heightPx) {
        throw new EmagentError('EM_FRAME_INCOMPLETE', `${name} has ${pixels.widthPx} x ${pixels.heightPx} px, and the camera's pictures had ${widthPx} x ${heightPx}: was its resolution changed?`);
      }
      return pixels;
    },
    close: () => watched.close(),
  };
}
