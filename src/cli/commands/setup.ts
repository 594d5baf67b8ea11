import { z } from 'zod';
import { EmagentError, EXIT } from '../../contract/errors.ts';
import { setUpTensorFlow, type SetupResult } from '../../session/tensorflow-setup/setup.ts';
import { defineCommand } from '../command.ts';

function said({ already, package: packageName, wheel, version, device, folder, linked, seconds }: SetupResult): string {
  return [
    `${already ? 'It is there already' : `Built in ${Math.round(seconds)} s`}: ${packageName} with the library of ${wheel} (TensorFlow ${version}), on the ${device.toUpperCase()}.`,
    folder,
    ...linked.map((name) => `Linked into the ${name} that npm installed.`),
  ].join('\n');
}

export const command = defineCommand({
  builder: (yargs) =>
    yargs
      .positional('what', { type: 'string', choices: ['tensorflow'], describe: 'What to set up' })
      .option('gpu', { type: 'boolean', default: false, describe: 'Build for NVIDIA GPUs (fetches about 3 GB); it runs on a CPU too' })
      .option('wheel', { type: 'string', describe: 'A wheel of TensorFlow that is already on disk' })
      .option('force', { type: 'boolean', default: false, describe: 'Build anew' })
      .example('$0 setup tensorflow', 'the native engine that `emagent train` needs'),
  schema: z.strictObject({
    what: z.literal('tensorflow'),
    gpu: z.boolean().default(false),
    wheel: z.string().min(1).optional(),
    force: z.boolean().default(false),
    json: z.boolean().default(false),
  }),
  run: async ({ gpu, wheel, force, json }, { print, printJson, interactive }) => {
    const abort = new AbortController();
    const stop = (): void => abort.abort(new EmagentError('EM_STOPPED', 'Stopped; nothing was built.'));
    process.once('SIGINT', stop);
    try {
      const result = await setUpTensorFlow({
        gpu,
        force,
        shown: interactive,
        ...(wheel !== undefined && { wheel }),
        onStep: (step, of, what) => process.stderr.write(`${step}/${of} ${what}\n`),
        signal: abort.signal,
      });
      if (json) printJson(result);
      else print(said(result));
      return EXIT.done;
    } finally {
      process.off('SIGINT', stop);
    }
  },
});
