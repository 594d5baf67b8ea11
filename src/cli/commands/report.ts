import { z } from 'zod';
import { EXIT } from '../../contract/errors.ts';
import { writeReport } from '../../record/report.ts';
import { defineCommand } from '../command.ts';

export const command = defineCommand({
  builder: (yargs) => yargs.positional('run', { type: 'string', demandOption: true, describe: 'Folder of the run' }),
  schema: z.object({ run: z.string().min(1), json: z.boolean().default(false) }),
  run: async ({ run, json }, { print, printJson }) => {
    const report = await writeReport(run);
    if (json) printJson({ report });
    else print(report);
    return EXIT.done;
  },
});
