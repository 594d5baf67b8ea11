import { z } from 'zod';
import { EXIT } from '../../contract/errors.ts';
import { synthesizeDataset } from '../../session/synthesize.ts';
import { defineCommand } from '../command.ts';

/** `emagent dataset synthesize`: draws a data set of all categories. */
export const synthesize = defineCommand({
  builder: (yargs) =>
    yargs
      .option('width', { type: 'number', describe: 'synthesize: pixels across (1024)' })
      .option('height', { type: 'number', describe: 'synthesize: pixels down (768)' })
      .option('categories', { type: 'string', describe: 'synthesize: names with commas between; all when absent' }),
  schema: z.strictObject({
    path: z.undefined('synthesize takes no path, only --out').optional(),
    out: z.string('give the folder to write to').min(1, 'give the folder to write to'),
    perCategory: z.int('must be a whole number').min(1, 'must be at least 1').max(100_000, 'must be at most 100000').default(20),
    seed: z.int('must be a whole number').min(0, 'must not be negative').max(0xffff_ffff, 'must be below 2^32').default(1),
    width: z.int('must be a whole number').default(1024),
    height: z.int('must be a whole number').default(768),
    categories: z.string().optional(),
    json: z.boolean().default(false),
  }),
  run: async (args, { print, printJson, interactive }) => {
    const names = args.categories?.split(',').map((name) => name.trim()).filter((name) => name !== '');
    const result = await synthesizeDataset({
      dir: args.out,
      perCategory: args.perCategory,
      seed: args.seed,
      widthPx: args.width,
      heightPx: args.height,
      ...(names === undefined ? {} : { categories: names }),
      ...(interactive ? { onPicture: (done: number, total: number) => process.stderr.write(`\r${done} of ${total} pictures${done === total ? '\n' : ''}`) } : {}),
    });
    if (args.json) printJson(result);
    else {
      for (const [category, count] of Object.entries(result.counts)) print(`${category.padEnd(30)}${count}`);
      print(`${result.total} pictures of ${result.widthPx} x ${result.heightPx} px in ${result.dir}`);
    }
    return EXIT.done;
  },
});
