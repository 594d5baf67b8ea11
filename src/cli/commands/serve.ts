import { once } from 'node:events';
import { z } from 'zod';
import { EXIT } from '../../contract/errors.ts';
import { servePictures } from '../../session/serve.ts';
import { defineCommand } from '../command.ts';

export const command = defineCommand({
  builder: (yargs) =>
    yargs
      .option('host', { type: 'string', default: '127.0.0.1', describe: 'Address to listen on; any other than this computer needs --token' })
      .option('port', { type: 'number', default: 8787, describe: 'Port; 0 takes any free one' })
      .option('token', { type: 'string', describe: 'Asked of everyone who connects' })
      .option('model', { type: 'string', default: 'sem11', describe: 'Name of a model, or the path of a model folder' })
      .option('engine', { type: 'string', choices: ['auto', 'onnx', 'tensorflow'], default: 'auto' })
      .option('device', { type: 'string', choices: ['auto', 'gpu', 'cpu'], default: 'auto' }),
  schema: z.object({
    host: z.string().min(1),
    port: z.int().min(0).max(65535),
    token: z.string().min(1).optional(),
    model: z.string().min(1),
    engine: z.enum(['auto', 'onnx', 'tensorflow']),
    device: z.enum(['auto', 'gpu', 'cpu']),
    json: z.boolean().default(false),
  }),
  run: async ({ json, token, ...settings }, { log, print, printJson }) => {
    const stopped = new AbortController();
    const stop = (): void => stopped.abort();
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
    const server = await servePictures({ ...settings, ...(token !== undefined && { token }) }, log);
    if (json) printJson({ url: server.url, model: server.model });
    else print(`Dashboard at ${server.url} with model ${server.model.id} (${server.model.engine} on ${server.model.provider}). Ctrl-C ends it.`);
    if (!stopped.signal.aborted) await once(stopped.signal, 'abort');
    await server.close();
    return EXIT.done;
  },
});
