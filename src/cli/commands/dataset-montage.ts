import { basename, dirname, resolve } from 'node:path';
import { z } from 'zod';
import { EXIT } from '../../contract/errors.ts';
import { openBackbone } from '../../learn/backbone.ts';
import { datasetMontage } from '../../learn/data/montage.ts';
import { writeFiles } from '../../lib/write-files.ts';
import { defineCommand } from '../command.ts';
import { createProgressLine } from '../progress-line.ts';

/** `emagent dataset montage`: one PNG with representative pictures of each category. */
export const montage = defineCommand({
  builder: (yargs) =>
    yargs.option('out', { type: 'string', describe: 'File (montage: PNG, split: JSON) or folder (download, synthesize) to write' }).option('per-category', { type: 'number', describe: 'Pictures of each category (montage: 6, synthesize: 20)' }),
  schema: z.strictObject({
    path: z.string('give the folder of the data set').min(1),
    out: z.string('give the PNG file to write').regex(/\.png$/i, 'must end in .png'),
    perCategory: z.int('must be a whole number').min(1, 'must be at least 1').max(20, 'must be at most 20').default(6),
    seed: z.int('must be a whole number').default(1),
    json: z.boolean().default(false),
  }),
  run: async ({ path, out, perCategory, seed, json }, { print, printJson, log, interactive }) => {
    const progress = createProgressLine({ interactive, unit: 'pictures' });
    const backbone = await openBackbone('sem11');
    try {
      const { png, shown, unreadable } = await datasetMontage(basename(resolve(path)), {
        dir: path,
        backbone,
        perCategory,
        seed,
        onProgress: (what, done, total) => progress.step(done, total, what),
      });
      progress.clear();
      for (const { file, reason } of unreadable) log.warn(`${file} cannot be read: ${reason}`);
      await writeFiles(dirname(resolve(out)), new Map([[basename(out), png]]));
      if (json) printJson({ out, shown, unreadable });
      else print(`${out}: ${Object.values(shown).flat().length} pictures of ${Object.keys(shown).length} categories`);
    } finally {
      progress.clear();
      await backbone.dispose();
    }
    return EXIT.done;
  },
});
