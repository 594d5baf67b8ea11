import { z } from 'zod';
import { EmagentError } from '../../contract/errors.ts';
import { LIKE, modelLike } from '../../session/like.ts';
import { search } from '../../session/search-command.ts';
import { checkArguments } from '../arguments.ts';
import { defineCommand } from '../command.ts';
import { budgetOf, conductRun } from '../conduct.ts';
import { readConfigFile } from '../config-file.ts';
import { buildSearchOptions, SearchArguments } from '../search-options.ts';
import { strategyOf, whereOf } from '../where.ts';

/** Options of the simulated microscope go into its address, which is where a driver reads them. */
function microscopeAddress({ microscope, scenario, dataset, seed }: SearchArguments): string {
  if (!microscope.startsWith('sim:')) {
    const misplaced = scenario === undefined ? (dataset === undefined ? undefined : '--dataset') : '--scenario';
    if (misplaced !== undefined) {
      throw new EmagentError('EM_USAGE', `${misplaced} belongs to the simulated microscope of this process: give it to \`emagent simulate\`, which serves ${microscope}.`);
    }
    return microscope;
  }
  const url = new URL(microscope);
  for (const [name, value] of Object.entries({ scenario, dataset, seed: String(seed) })) {
    if (value !== undefined && !url.searchParams.has(name)) url.searchParams.set(name, value);
  }
  return url.href;
}

export const command = defineCommand({
  builder: buildSearchOptions,
  // Checked below, when the configuration file has been read: the command line wins over it.
  schema: z.record(z.string(), z.unknown()),
  run: async (given, context) => {
    const config = given['config'] === undefined ? {} : await readConfigFile(String(given['config']));
    const wanted: Record<string, unknown> = { ...config, ...given };
    // Examples stand for a name; the one that is given names them.
    const args = checkArguments(SearchArguments, wanted['like'] === undefined ? wanted : { target: LIKE, ...wanted });
    const known = args.like === undefined ? args : { ...args, ...(await modelLike(args.like, { runsRoot: args.runs, base: args.model, name: args.target, log: context.log })) };
    const settings = {
      target: known.target,
      microscope: microscopeAddress(args),
      model: known.model,
      engine: args.engine,
      device: args.device,
      strategy: strategyOf(args),
      seed: args.seed,
      finds: args.finds,
      budget: budgetOf(args),
      ...whereOf(args),
      dwellUs: args.dwell,
      prevalence: args.prevalence,
      falseFindRate: args.falseFindRate,
      missRate: args.missRate,
      calibrates: args.calibrate,
    };
    return conductRun(args, context, (environment) => search(settings, { ...environment, runsRoot: args.runs }));
  },
});
