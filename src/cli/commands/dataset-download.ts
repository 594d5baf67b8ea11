import { z } from 'zod';
import { EmagentError, EXIT } from '../../contract/errors.ts';
import { downloadDataset, PUBLISHED, type PublishedName } from '../../learn/download/download.ts';
import { createRealClock } from '../../lib/clock.ts';
import { unknownNameMessage } from '../../lib/nearest-name.ts';
import { defineCommand } from '../command.ts';
import { createProgressLine } from '../progress-line.ts';

const NAMES = Object.keys(PUBLISHED);

/** Ctrl-C ends the transfer in good order; what has come stays. */
function stopOnInterrupt(): { readonly signal: AbortSignal; readonly off: () => void } {
  const controller = new AbortController();
  const onSignal = (): void => controller.abort(new EmagentError('EM_STOPPED', 'Stopped; the same command goes on where it was.'));
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    off: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}

/** `emagent dataset download`: a published data set, checked and unpacked. */
export const download = defineCommand({
  builder: (yargs) =>
    yargs
      .option('server', { type: 'string', describe: 'download: another server with the same interface' })
      .option('only', { type: 'string', describe: 'download: archives with commas between, e.g. Tips,Fibres; all when absent' })
      .option('keep', { type: 'boolean', describe: 'download: keep the tar files' })
      .example('$0 dataset download nffa --out nffa/', 'the published set of ten categories (10 GB)'),
  schema: z.strictObject({
    path: z.string(`give the name of a published data set: ${NAMES.join(', ')}`).min(1),
    out: z.string('give the folder to write to').min(1),
    server: z.url({ protocol: /^https?$/, error: 'must be an address that begins with http:// or https://' }).optional(),
    only: z.string().optional(),
    keep: z.boolean().default(false),
    json: z.boolean().default(false),
  }),
  run: async ({ path, out, server, only, keep, json }, { print, printJson, interactive }) => {
    if (!NAMES.includes(path)) throw new EmagentError('EM_UNKNOWN_NAME', unknownNameMessage('published data set', path, NAMES));
    const { signal, off } = stopOnInterrupt();
    const progress = createProgressLine({ interactive, unit: 'MB' });
    const names = only?.split(',').map((name) => name.trim()).filter((name) => name !== '');
    try {
      const result = await downloadDataset({
        name: path as PublishedName,
        dir: out,
        clock: createRealClock(),
        signal,
        keepArchives: keep,
        ...(server !== undefined && { server: new URL(server).origin }),
        ...(names !== undefined && { only: names }),
        onBytes: (key, bytes, total) => progress.step(Math.round(bytes / 1e6), Math.round(total / 1e6), key),
      });
      progress.clear();
      if (json) printJson(result);
      else {
        for (const [category, count] of Object.entries(result.counts)) print(`${category.padEnd(30)}${String(count).padStart(7)}`);
        print(`${result.total} pictures in ${out}\n${result.record.title}${result.record.doi === undefined ? '' : `, ${result.record.doi}`}; licence: ${result.record.licence}`);
      }
    } finally {
      progress.clear();
      off();
    }
    return EXIT.done;
  },
});
