import { writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { EmagentError, EXIT } from '../../contract/errors.ts';
import { EXPORT_FORMATS, exportFinds } from '../../record/find-exports.ts';
import { openRunFolder } from '../../record/run-folder.ts';
import { storageError } from '../../lib/storage-errors.ts';
import { defineCommand } from '../command.ts';

/** Writes a new file; an old one is somebody's. */
async function writeNew(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (cause) {
    const error = storageError(cause, path);
    throw error.code === 'EM_WRITE' ? new EmagentError('EM_USAGE', `--out: ${error.message}`, { cause }) : error;
  }
}

export const command = defineCommand({
  builder: (yargs) =>
    yargs
      .positional('run', { type: 'string', demandOption: true, describe: 'Folder of the run' })
      .option('format', { type: 'string', choices: EXPORT_FORMATS, demandOption: true, describe: 'Table, map, revisit plan or navigator file' })
      .option('out', { type: 'string', describe: 'New file to write; stdout when left out' }),
  schema: z.object({
    run: z.string().min(1),
    format: z.enum(EXPORT_FORMATS),
    out: z.string().min(1).optional(),
    json: z.boolean().default(false),
  }),
  run: async ({ run, format, out, json }, { print, printJson }) => {
    const folder = await openRunFolder(run);
    const finds = folder.events.flatMap((event) => (event.type === 'find' ? [event.find] : []));
    const text = exportFinds(format, finds, folder.run.plan);
    if (out !== undefined) await writeNew(out, text);
    if (json) printJson({ format, finds: finds.length, ...(out === undefined ? { text } : { out }) });
    else if (out === undefined) print(text.trimEnd());
    else print(out);
    return EXIT.done;
  },
});
