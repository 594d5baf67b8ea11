import type { Device, Engine } from '../contract/classifier.ts';
import { checkOpenHost } from '../live/access.ts';
import { createLiveServer } from '../live/server.ts';
import { openModel } from './classifier.ts';
import { classifyPictureWith, USUAL_LIVE_PORT } from './live.ts';
import { logTo, type Logger } from './logger.ts';

export interface ServeSettings {
  readonly host: string;
  /** The usual port when absent. */
  readonly port?: number;
  readonly token?: string;
  /** Id of a shipped model or path of a model folder. */
  readonly model: string;
  readonly engine: Engine | 'auto';
  readonly device: Device | 'auto';
}

export interface PictureServer {
  readonly url: string;
  readonly model: { readonly id: string; readonly engine: string; readonly device: string; readonly provider: string };
  /** Idempotent. */
  close(): Promise<void>;
}

/**
 * The dashboard without a run: it classifies pictures. Throws EM_MODEL and its like, EM_PORT_IN_USE, EM_USAGE for an open
 * host without a token.
 */
export async function servePictures({ host, port, token, model: modelName, engine, device }: ServeSettings, log: Logger): Promise<PictureServer> {
  checkOpenHost(host, token);
  const model = await openModel({ model: modelName, engine, device, log });
  const { classifier } = model;
  try {
    const server = await createLiveServer({
      host,
      port: port ?? USUAL_LIVE_PORT,
      ...(token !== undefined && { token }),
      classify: classifyPictureWith(model),
      log: logTo(log),
    });
    return {
      url: server.url,
      model: { id: classifier.modelId, engine: classifier.engine, device: classifier.device, provider: classifier.provider },
      close: async () => {
        await server.close();
        await classifier.dispose();
      },
    };
  } catch (error) {
    await classifier.dispose();
    throw error;
  }
}
