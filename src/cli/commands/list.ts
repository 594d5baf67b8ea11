import { z } from 'zod';
import { BACKGROUND, CATEGORIES } from '../../contract/categories.ts';
import { EXIT } from '../../contract/errors.ts';
import { defineCommand } from '../command.ts';

const WHAT = ['categories'] as const;

export const command = defineCommand({
  builder: (yargs) => yargs.positional('what', { type: 'string', choices: WHAT, describe: 'What to list' }),
  schema: z.object({ what: z.enum(WHAT), json: z.boolean().default(false) }),
  run: async ({ json }, { print, printJson }) => {
    const names = [...CATEGORIES, BACKGROUND];
    if (json) printJson(names);
    else print(names.join('\n'));
    return EXIT.done;
  },
});
