import { z } from 'zod';
import { EXIT } from '../../contract/errors.ts';
import { NAMES } from '../../session/names.ts';
import { defineCommand } from '../command.ts';

type What = keyof typeof NAMES;
const WHAT = Object.keys(NAMES) as [What, ...What[]];

export const command = defineCommand({
  builder: (yargs) => yargs.positional('what', { type: 'string', choices: WHAT, describe: 'What to list', demandOption: true }),
  schema: z.strictObject({ what: z.enum(WHAT), json: z.boolean().default(false) }),
  run: async ({ what, json }, { print, printJson }) => {
    const named = await NAMES[what]();
    const width = Math.max(0, ...named.map(({ id }) => id.length));
    if (json) printJson(named);
    else for (const { id, summary } of named) print(`${id.padEnd(width)}  ${summary}`);
    return EXIT.done;
  },
});
