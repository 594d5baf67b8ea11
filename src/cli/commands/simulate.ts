import { z } from 'zod';
import { EmagentError, EXIT } from '../../contract/errors.ts';
import { logTo } from '../../session/logger.ts';
import { type ListenAt, portOf, PROTOCOLS, simulate } from '../../session/simulate.ts';
import { defineCommand } from '../command.ts';

/** `127.0.0.1:8765`, `[::1]:8765`, `pty`, `pty:/tmp/ttySEM` */
const Address = z.string().transform((text, context): ListenAt => {
  const [isPty, , path] = /^pty(:(.+))?$/.exec(text) ?? [];
  if (isPty !== undefined) return { pty: path };
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65_535) {
    context.addIssue({ code: 'custom', message: `"${text}" is no address: write host:port, e.g. 127.0.0.1:8765, or pty for a serial port` });
    return z.NEVER;
  }
  return { host, port: Number(port) };
});

const Arguments = z.strictObject({
  protocol: z.enum(PROTOCOLS),
  listen: Address.optional(),
  scenario: z.string().min(1),
  seed: z.int(),
  dataset: z.string().min(1).optional(),
  model: z.string().min(1),
  speed: z.number().positive().max(1000).optional(),
  realtime: z.boolean().default(false),
  runs: z.string().min(1),
  token: z.string().min(1).optional(),
  images: z.string().min(1).optional(),
  truth: z.string().min(1).optional(),
  open: z.boolean().default(false),
  json: z.boolean().default(false),
});

/** Resolves with the first Ctrl-C or SIGTERM. */
function endOfPatience(): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      process.off('SIGINT', end);
      process.off('SIGTERM', end);
      resolve();
    };
    process.on('SIGINT', end);
    process.on('SIGTERM', end);
  });
}

export const command = defineCommand({
  builder: (yargs) =>
    yargs
      .option('protocol', { type: 'string', choices: PROTOCOLS, default: 'scope', describe: 'What it speaks' })
      .option('listen', { type: 'string', describe: 'host:port (port 0: any free one), or pty, pty:/path for a serial line (127.0.0.1 and the usual port)' })
      .option('scenario', { type: 'string', default: 'default', describe: 'Name of a scenario, or path of a YAML file' })
      .option('seed', { type: 'number', default: 1, describe: 'Same seed, same specimen' })
      .option('dataset', { type: 'string', describe: 'Folder <Category>/<picture> that the specimen is made of' })
      .option('model', { type: 'string', default: 'sem11', describe: 'Model whose training pictures are not put on the specimen' })
      .option('speed', { type: 'number', describe: 'Instrument seconds per second; leases stay real' })
      .option('realtime', { type: 'boolean', describe: 'The same as --speed 1, which is what it does anyway' })
      .option('runs', { type: 'string', default: 'runs', describe: 'Folder of the runs, for truth.json beside those that have ended' })
      .option('token', { type: 'string', describe: 'What a client must show; needed beyond this machine (scope)' })
      .option('images', { type: 'string', describe: 'Folder for the pictures of a protocol that carries none (asi, remcon)' })
      .option('truth', { type: 'string', describe: 'File for what really lay on the stage, written when the server ends' })
      .option('open', { type: 'boolean', describe: 'Listen beyond this machine although the protocol knows no token' }),
  schema: Arguments,
  run: async ({ protocol, listen, realtime, speed, json, ...args }, { log, print }) => {
    if (realtime && speed !== undefined && speed !== 1) throw new EmagentError('EM_USAGE', `--realtime and --speed ${speed} contradict each other.`);
    const { scenario, seed, model, runs, dataset, token, images, truth } = args;
    const server = await simulate({
      protocol,
      listen: listen ?? { host: '127.0.0.1', port: portOf(protocol) },
      scenario,
      seed,
      model,
      speed: speed ?? 1,
      runsDir: runs,
      isOpen: args.open,
      log: logTo(log),
      ...(dataset !== undefined && { dataset }),
      ...(token !== undefined && { token }),
      ...(images !== undefined && { imagesDir: images }),
      ...(truth !== undefined && { truthFile: truth }),
    });
    const ended = endOfPatience();
    // One line either way: whoever waits for it reads it while the server goes on.
    if (json) print(JSON.stringify({ url: server.url }));
    else print(`A simulated microscope listens at ${server.url}; Ctrl-C ends it.`);
    await ended;
    await server.close();
    return EXIT.done;
  },
});
