import { z } from 'zod';
import { EXIT } from '../../contract/errors.ts';
import { Marked } from '../../contract/marks.ts';
import { markFinds } from '../../record/marks.ts';
import { defineCommand } from '../command.ts';

const SAID = [...Marked.options, 'clear'] as const;

export const command = defineCommand({
  builder: (yargs) =>
    yargs
      .positional('run', { type: 'string', describe: 'Run folder', demandOption: true })
      .positional('verdict', { type: 'string', choices: SAID, describe: 'What the finds are; clear takes a mark back', demandOption: true })
      .positional('finds', { type: 'string', array: true, describe: 'Finds, for instance find-2', demandOption: true })
      .example('$0 mark runs/20261123T050612Z-Nanowires wrong find-2', 'then: emagent adapt --from-run …'),
  schema: z.strictObject({ run: z.string(), verdict: z.enum(SAID), finds: z.array(z.string()).min(1), json: z.boolean().default(false) }),
  run: async ({ run, verdict, finds, json }, { print, printJson }) => {
    const { marks, unmarked } = await markFinds(run, finds, verdict);
    if (json) printJson({ run, marks, unmarked });
    else print([...Object.entries(marks).map(([find, is]) => `${find}  ${is}`), ...unmarked.map((find) => `${find}  not marked`)].join('\n'));
    return EXIT.done;
  },
});
