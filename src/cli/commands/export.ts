import { writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { EmagentError, EXIT } from '../../contract/errors.ts';
import { storageError } from '../../lib/storage-errors.ts';
import { exportRun, RUN_EXPORT_FORMATS } from '../../session/export-run.ts';
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
      .option('format', { type: 'string', choices: RUN_EXPORT_FORMATS, demandOption: true, describe: 'Table, map, revisit plan or navigator file of the finds; plan of the fields' })
      .option('out', { type: 'string', describe: 'New file to write; stdout when left out' }),
  schema: z.object({
    run: z.string().min(1),
    format: z.enum(RUN_EXPORT_FORMATS),
    out: z.string().min(1).optional(),
    json: z.boolean().default(false),
  }),
  run: async ({ run, format, out, json }, { print, printJson }) => {
    const { text, finds } = await exportRun(run, format);
    if (out !== undefined) await writeNew(out, text);
    if (json) printJson({ format, finds, ...(out === undefined ? { text } : { out }) });
    else if (out === undefined) print(text.trimEnd());
    else print(out);
    return EXIT.done;
  },
});
