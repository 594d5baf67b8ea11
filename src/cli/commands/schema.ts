import { z } from 'zod';
import { RunEvent } from '../../contract/events.ts';
import { EXIT } from '../../contract/errors.ts';
import { ModelManifest } from '../../contract/model-manifest.ts';
import { RunPlan, RunResult } from '../../contract/run.ts';
import { defineCommand } from '../command.ts';
import { SearchArguments } from '../search-options.ts';

/** `config` and whatever else a person writes by hand is described as it is typed in, not as it is after the checks. */
const SCHEMAS = {
  events: { schema: RunEvent, io: 'output' },
  plan: { schema: RunPlan, io: 'output' },
  result: { schema: RunResult, io: 'output' },
  model: { schema: ModelManifest, io: 'output' },
  config: { schema: SearchArguments.partial(), io: 'input' },
} as const;
type SchemaName = keyof typeof SCHEMAS;
const NAMES = Object.keys(SCHEMAS) as [SchemaName, ...SchemaName[]];

export const command = defineCommand({
  builder: (yargs) => yargs.positional('name', { type: 'string', choices: NAMES, describe: 'Which schema', demandOption: true }),
  schema: z.strictObject({ name: z.enum(NAMES), json: z.boolean().default(true) }),
  run: async ({ name }, { printJson }) => {
    const { schema, io } = SCHEMAS[name];
    printJson(z.toJSONSchema(schema, { io }));
    return EXIT.done;
  },
});
