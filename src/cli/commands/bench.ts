import { z } from 'zod';
import { EmagentError, EXIT } from '../../contract/errors.ts';
import { BENCHES } from '../../../bench/registry.ts';
import { defineCommand } from '../command.ts';

type BenchName = keyof typeof BENCHES;
const NAMES = Object.keys(BENCHES) as [BenchName, ...BenchName[]];

const schema = z.strictObject({
  what: z.enum(NAMES),
  name: z.string().optional(),
  data: z.string().optional(),
  strategy: z.string().optional(),
  family: z.string().optional(),
  n: z.string().optional(),
  seeds: z.string().optional(),
  reference: z.string().optional(),
  rendered: z.boolean().optional(),
  out: z.string().min(1).optional(),
  starts: z.int().positive().optional(),
  json: z.boolean().default(false),
});

/** An option that the benchmark would not look at is a mistake of the user's. */
function checkTaken({ what, json: _json, ...given }: z.infer<typeof schema>): void {
  const bench = BENCHES[what];
  const takes: readonly string[] = 'takes' in bench ? bench.takes : [];
  const foreign = Object.entries(given).find(([option, value]) => value !== undefined && !takes.includes(option));
  if (foreign === undefined) return;
  const [option, value] = foreign;
  throw new EmagentError('EM_USAGE', `bench ${what} takes no ${option === 'name' ? `further word "${String(value)}"` : `--${option}`}.`);
}

export const command = defineCommand({
  builder: (yargs) =>
    yargs
      .positional('what', { type: 'string', choices: NAMES, describe: 'Which benchmark', demandOption: true })
      .positional('name', { type: 'string', describe: 'replay: the data set, cryorl' })
      .option('family', { type: 'string', describe: 'search: families of worlds, with commas between; or the .js file of one of your own' })
      .option('n', { type: 'string', describe: 'search: numbers of tiles, with commas between' })
      .option('seeds', { type: 'string', describe: 'search: FROM:TO, the second left out' })
      .option('reference', { type: 'string', describe: 'search: the strategy that the others are compared with' })
      .option('rendered', { type: 'boolean', describe: 'search: with pictures, against the same specimens as scores (docs/benchmarks/search-rendered.md)' })
      .option('out', { type: 'string', describe: 'search: folder for the page and its plots' })
      .option('strategy', { type: 'string', describe: 'search, replay: strategies, with commas between' })
      .option('data', { type: 'string', describe: 'replay: folder of the recorded data' })
      .option('starts', { type: 'number', describe: 'replay: so many of the starting holes, from the front of the list' })
      .epilogue(NAMES.map((name) => `${name}: ${BENCHES[name].summary}`).join('\n')),
  schema,
  run: async (args, { print, printJson }) => {
    checkTaken(args);
    const { what, ...options } = args;
    const { run } = await BENCHES[what].load();
    const result = await run({ ...options, progress: (line) => process.stderr.write(`${line}\n`) });
    if (options.json) printJson(result);
    else print(JSON.stringify(result, null, 2));
    return EXIT.done;
  },
});
