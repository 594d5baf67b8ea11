import { z } from 'zod';
import { resume } from '../../session/resume-command.ts';
import { defineCommand } from '../command.ts';
import { budgetOf, conductRun } from '../conduct.ts';
import { buildRunOptions, RunArguments } from '../search-options.ts';

export const command = defineCommand({
  builder: (yargs) =>
    buildRunOptions(yargs)
      .option('microscope', { type: 'string', alias: 'm', describe: 'Address of the same microscope, when it has changed or holds a token' })
      .positional('run', { type: 'string', describe: 'Run folder of a run that was stopped, faulted, died, or spent its budget', demandOption: true }),
  schema: RunArguments.extend({ run: z.string(), microscope: z.string().optional() }),
  run: (args, context) => {
    const { run: runDir, microscope } = args;
    return conductRun(args, context, (environment) => resume({ runDir, budget: budgetOf(args), ...(microscope !== undefined && { microscope }) }, environment));
  },
});
