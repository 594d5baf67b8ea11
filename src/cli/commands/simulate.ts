import { z } from 'zod';
import { EmagentError, EXIT } from '../../contract/errors.ts';
import { logTo } from '../../session/logger.ts';
import { simulate } from '../../session/simulate.ts';
import { defineCommand } from '../command.ts';

const PROTOCOLS = ['scope'] as const;

/** `127.0.0.1:8765`, `[::1]:8765` */
const Address = z.string().transform((text, context) => {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65_535) {
    context.addIssue({ code: 'custom', message: `"${text}" is no address: write host:port, e.g. 127.0.0.1:8765` });
    return z.NEVER;
  }
  return { host, port: Number(port) };
});

const Arguments = z.strictObject({
  protocol: z.enum(PROTOCOLS),
  listen: Address,
  scenario: z.string().min(1),
  seed: z.int(),
  dataset: z.string().min(1).optional(),
  model: z.string().min(1),
  speed: z.number().positive().max(1000).optional(),
  realtime: z.boolean().default(false),
  runs: z.string().min(1),
  token: z.string().min(1).optional(),
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
      .option('listen', { type: 'string', default: '127.0.0.1:8765', describe: 'Where; port 0 takes any free one' })
      .option('scenario', { type: 'string', default: 'default', describe: 'Name of a scenario, or path of a YAML file' })
      .option('seed', { type: 'number', default: 1, describe: 'Same seed, same specimen' })
      .option('dataset', { type: 'string', describe: 'Folder <Category>/<picture> that the specimen is made of' })
      .option('model', { type: 'string', default: 'sem11', describe: 'Model whose training pictures are not put on the specimen' })
      .option('speed', { type: 'number', describe: 'Instrument seconds per second; leases stay real' })
      .option('realtime', { type: 'boolean', describe: 'The same as --speed 1, which is what it does anyway' })
      .option('runs', { type: 'string', default: 'runs', describe: 'Folder of the runs, for truth.json beside those that have ended' })
      .option('token', { type: 'string', describe: 'What a client must show; needed beyond this machine' }),
  schema: Arguments,
  run: async ({ listen, realtime, speed, runs, json, ...args }, { log, print }) => {
    if (realtime && speed !== undefined && speed !== 1) throw new EmagentError('EM_USAGE', `--realtime and --speed ${speed} contradict each other.`);
    const server = await simulate({
      ...listen,
      scenario: args.scenario,
      seed: args.seed,
      model: args.model,
      speed: speed ?? 1,
      runsDir: runs,
      log: logTo(log),
      ...(args.dataset === undefined ? {} : { dataset: args.dataset }),
      ...(args.token === undefined ? {} : { token: args.token }),
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
