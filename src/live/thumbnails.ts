import type { Clock } from '../contract/clock.ts';
import type { RunFeed } from '../contract/events.ts';
import { encodeThumbnail, type ThumbnailOf } from './protocol.ts';

/** A fast simulated run makes a hundred frames a second; nobody sees more than a few of them. */
const FRAME_INTERVAL_MS = 120;
/** Pictures of finds are kept, so that a late viewer gets them after the run has let go of the frame. */
const KEPT_FINDS = 500;
const KEPT_FRAMES = 16;

export interface Thumbnails {
  /** A picture exists: it is fetched and handed on soon, or left out when a newer frame comes first. Finds are never left out. */
  offer(kind: ThumbnailOf, frameId: string): void;
  /** JPEG of a frame, from here or from the run; undefined when nobody holds it. */
  get(frameId: string): Promise<Uint8Array | undefined>;
  close(): void;
}

/**
 * Brings the pictures of a run to its viewers, one at a time and the newest first, so that neither the run nor the event
 * stream waits for a JPEG.
 */
export function createThumbnails(
  feed: RunFeed,
  options: { clock: Clock; send(bytes: Uint8Array): void; wanted(): boolean; onError(error: unknown): void },
): Thumbnails {
  const { clock } = options;
  const frames = new Map<string, Uint8Array>();
  const finds = new Map<string, Uint8Array>();
  const findQueue: string[] = [];
  let newestFrame: string | undefined;
  let busy = false;
  let closed = false;
  let timer: unknown;

  const keep = (store: Map<string, Uint8Array>, id: string, jpeg: Uint8Array): void => {
    store.set(id, jpeg);
    const limit = store === finds ? KEPT_FINDS : KEPT_FRAMES;
    for (const oldest of store.keys()) {
      if (store.size <= limit) break;
      store.delete(oldest);
    }
  };
  const held = (id: string): Uint8Array | undefined => finds.get(id) ?? frames.get(id);
  const bring = async (kind: ThumbnailOf, id: string): Promise<void> => {
    try {
      const jpeg = held(id) ?? (await feed.thumbnail(id));
      if (jpeg === undefined || closed) return;
      keep(kind === 'find' ? finds : frames, id, jpeg);
      options.send(encodeThumbnail(kind, id, jpeg));
    } catch (error) {
      options.onError(error);
    }
  };
  const next = async (): Promise<void> => {
    if (busy || closed) return;
    busy = true;
    for (let id = findQueue.shift(); id !== undefined; id = findQueue.shift()) await bring('find', id);
    const frame = newestFrame;
    newestFrame = undefined;
    if (frame !== undefined) await bring('frame', frame);
    // The pace is held after each frame; a find that comes meanwhile waits no longer than that.
    if (closed) return;
    timer = clock.setTimeout(() => {
      busy = false;
      if (newestFrame !== undefined || findQueue.length > 0) void next();
    }, FRAME_INTERVAL_MS);
  };
  return {
    offer: (kind, id) => {
      if (kind === 'find') findQueue.push(id);
      else if (options.wanted()) newestFrame = id;
      else return;
      void next();
    },
    get: async (id) => held(id) ?? (await feed.thumbnail(id)),
    close: () => {
      closed = true;
      clock.clearTimeout(timer);
    },
  };
}
