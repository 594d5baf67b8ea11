import { isEmagentError } from '../contract/errors.ts';
import type { ControlPort, RunEvent, RunFeed } from '../contract/events.ts';
import { decodePicture } from '../imaging/picture-file.ts';
import { required } from '../lib/guards.ts';
import { createLiveServer, type LiveServer } from '../live/server.ts';
import type { OpenedModel } from './classifier.ts';
import { logTo, type Logger } from './logger.ts';

export interface LiveSettings {
  readonly host: string;
  /** Absent: the usual port, or any free one when that is taken. A port that was asked for must be free. */
  readonly port?: number;
  readonly token?: string;
}

export const USUAL_LIVE_PORT = 8787;

export interface RunningLive extends LiveServer {
  /** Connects the viewers with the run. */
  attach(feed: RunFeed, control: ControlPort): void;
}

interface Context {
  readonly runId: string;
  readonly model: OpenedModel;
  readonly log: Logger;
}

/** A feed that can be listened to before the run exists: the port must be open before anything is written. */
function createLateFeed(runId: string) {
  let target: { feed: RunFeed; control: ControlPort } | undefined;
  const waiting = new Map<(event: RunEvent) => void, number>();
  const unsubscribe = new Map<(event: RunEvent) => void, () => void>();
  const feed: RunFeed = {
    runId,
    subscribe: (sinceSeq, listener) => {
      if (target === undefined) waiting.set(listener, sinceSeq);
      else unsubscribe.set(listener, target.feed.subscribe(sinceSeq, listener));
      return () => {
        waiting.delete(listener);
        unsubscribe.get(listener)?.();
      };
    },
    lastSeq: () => target?.feed.lastSeq() ?? -1,
    thumbnail: async (frameId) => target?.feed.thumbnail(frameId),
  };
  const control: ControlPort = {
    request: async (request, by) => target?.control.request(request, by) ?? { accepted: false, message: 'The run has not begun.' },
  };
  return {
    feed,
    control,
    attach: (run: RunFeed, port: ControlPort): void => {
      target = { feed: run, control: port };
      for (const [listener, sinceSeq] of waiting) unsubscribe.set(listener, run.subscribe(sinceSeq, listener));
      waiting.clear();
    },
  };
}

/** How the dashboard classifies a picture that is dropped onto it. */
export function classifyPictureWith({ classifier }: OpenedModel) {
  return async (bytes: Uint8Array, name: string) => {
    const prediction = required((await classifier.classify([await decodePicture(bytes, name)]))[0], 'a prediction');
    return {
      label: prediction.label,
      labels: [...classifier.labels],
      probabilities: [...prediction.probabilities],
      ...(prediction.rejected !== undefined && { rejected: prediction.rejected.reason }),
    };
  };
}

/** Opens the live server of a run. Throws EM_PORT_IN_USE for a port that was asked for, EM_USAGE for an open host without a token. */
export async function startLive({ host, port, token }: LiveSettings, { runId, model, log }: Context): Promise<RunningLive> {
  const late = createLateFeed(runId);
  const open = (at: number): Promise<LiveServer> =>
    createLiveServer({
      host,
      port: at,
      ...(token !== undefined && { token }),
      feed: late.feed,
      control: late.control,
      classify: classifyPictureWith(model),
      log: logTo(log),
    });
  let server: LiveServer;
  try {
    server = await open(port ?? USUAL_LIVE_PORT);
  } catch (thrown) {
    if (port !== undefined || !isEmagentError(thrown) || thrown.code !== 'EM_PORT_IN_USE') throw thrown;
    server = await open(0);
    log.warn({ url: server.url }, `Port ${USUAL_LIVE_PORT} is used by another program: another one was taken`);
  }
  return { url: server.url, close: () => server.close(), attach: late.attach };
}
