import { basename, dirname, resolve } from 'node:path';
import { z } from 'zod';
import { EXIT } from '../../contract/errors.ts';
import { makeSplit, parseRatios, type MadeSplit } from '../../learn/data/make-split.ts';
import { PARTS } from '../../learn/split.ts';
import { writeFiles } from '../../lib/write-files.ts';
import { defineCommand } from '../command.ts';
import { createProgressLine } from '../progress-line.ts';

function table({ counts, pictures, groups }: MadeSplit): string[] {
  const width = Math.max(8, ...Object.keys(counts).map((name) => name.length));
  const line = (name: string, values: readonly (string | number)[]): string => `${name.padEnd(width)}${values.map((value) => String(value).padStart(12)).join('')}`;
  return [
    line('category', PARTS),
    ...Object.entries(counts).map(([category, own]) => line(category, PARTS.map((part) => own[part]))),
    line('all', PARTS.map((part) => pictures[part])),
    `${groups.listed} pictures have a listed group, ${groups.clustered} were grouped as near duplicates.`,
  ];
}

/** `emagent dataset split`: a split file; pictures are known by the hash of their bytes and stay where they are. */
export const split = defineCommand({
  builder: (yargs) =>
    yargs
      .option('by', { type: 'string', choices: ['group', 'image'], describe: 'split: what stays together (group)' })
      .option('ratios', { type: 'string', describe: 'split: training/validation/test (70/20/10)' })
      .option('groups', { type: 'string', describe: 'split: CSV with the columns file and group; else sources.csv of the data set' })
      .option('seed', { type: 'number', describe: 'Same seed, same result (1)' })
      .example('$0 dataset split pictures/ --out split.json', 'whole specimens to training, validation and test'),
  schema: z.strictObject({
    path: z.string('give the folder of the data set').min(1),
    out: z.string('give the file to write').regex(/\.json$/i, 'must end in .json'),
    by: z.enum(['group', 'image']).default('group'),
    ratios: z.string().default('70/20/10'),
    groups: z.string().min(1).optional(),
    seed: z.int('must be a whole number').default(1),
    json: z.boolean().default(false),
  }),
  run: async ({ path, out, by, ratios, groups, seed, json }, { print, printJson, log, interactive }) => {
    const shares = parseRatios(ratios);
    const progress = createProgressLine({ interactive, unit: 'pictures' });
    const made = await makeSplit({ dir: path, by, shares, seed, ...(groups !== undefined && { groups }), onProgress: (done, total) => progress.step(done, total) }).finally(() => progress.clear());
    for (const warning of made.warnings) log.warn(warning);
    await writeFiles(dirname(resolve(out)), new Map([[basename(out), `${JSON.stringify(made.split, null, 1)}\n`]]));
    const { split: _file, ...told } = made;
    if (json) printJson({ out, seed, by, ratios, ...told });
    else print([...table(made), out].join('\n'));
    return EXIT.done;
  },
});
