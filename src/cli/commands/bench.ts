import { z } from 'zod';
import { EXIT } from '../../contract/errors.ts';
import { BENCHES } from '../../../bench/registry.ts';
import { defineCommand } from '../command.ts';

type BenchName = keyof typeof BENCHES;
const NAMES = Object.keys(BENCHES) as [BenchName, ...BenchName[]];

export const command = defineCommand({
  builder: (yargs) =>
    yargs
      .positional('what', { type: 'string', choices: NAMES, describe: 'Which benchmark', demandOption: true })
      .epilogue(NAMES.map((name) => `${name}: ${BENCHES[name].summary}`).join('\n')),
  schema: z.strictObject({ what: z.enum(NAMES), json: z.boolean().default(false) }),
  run: async ({ what, json }, { print, printJson }) => {
    const { run } = await BENCHES[what].load();
    const result = await run({ json });
    if (json) printJson(result);
    else print(JSON.stringify(result, null, 2));
    return EXIT.done;
  },
});
