import { resume } from '../../session/resume-command.ts';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { budgetOf, conductRun } from '../conduct.ts';
import { buildRunOptions, RunArguments } from '../search-options.ts';

export const command = defineCommand({
  builder: (yargs) =>
    buildRunOptions(yargs).positional('run', { type: 'string', describe: 'Run folder of a run that was stopped, faulted, died, or spent its budget', demandOption: true }),
  schema: RunArguments.extend({ run: z.string() }),
  run: (args, context) => conductRun(args, context, (environment) => resume({ runDir: args.run, budget: budgetOf(args) }, environment)),
});
