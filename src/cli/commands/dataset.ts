import type { Argv } from 'yargs';
import { z } from 'zod';
import { checkArguments } from '../arguments.ts';
import { defineCommand, type Command } from '../command.ts';
import { download } from './dataset-download.ts';
import { info } from './dataset-info.ts';
import { montage } from './dataset-montage.ts';
import { split } from './dataset-split.ts';
import { synthesize } from './dataset-synthesize.ts';

/** One line per sub-command; each checks its own options. */
const SUBCOMMANDS = { info, montage, split, download, synthesize } as const;

type Name = keyof typeof SUBCOMMANDS;
const NAMES = Object.keys(SUBCOMMANDS) as [Name, ...Name[]];

export const command = defineCommand({
  builder: (yargs) => {
    let parser: Argv = yargs.positional('what', { type: 'string', choices: NAMES, describe: 'What to do' }).positional('path', { type: 'string', describe: 'The folder of the data set (info, montage, split), or the name of a published one (download: nffa)' });
    // Options of the same name are one option: each describes all of its uses.
    for (const sub of Object.values(SUBCOMMANDS)) parser = sub.builder(parser);
    return parser;
  },
  schema: z.looseObject({ what: z.enum(NAMES) }),
  run: async ({ what, ...own }, context) => {
    const sub = SUBCOMMANDS[what] as unknown as Command;
    return sub.run(checkArguments(sub.schema, own), context);
  },
});
