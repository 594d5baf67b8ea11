import { z } from 'zod';
import { EmagentError, EXIT } from '../../contract/errors.ts';
import type { ControlPort, RunFeed } from '../../contract/events.ts';
import type { RunResult } from '../../contract/run.ts';
import { search } from '../../session/search-command.ts';
import { checkArguments } from '../arguments.ts';
import { defineCommand } from '../command.ts';
import { readConfigFile } from '../config-file.ts';
import { stopOnSignals } from '../interrupt.ts';
import { summariseRun } from '../run-summary.ts';
import { buildSearchOptions, SearchArguments } from '../search-options.ts';
import { showProgress } from '../search-progress-line.ts';

const EXIT_OF_OUTCOME: Readonly<Record<RunResult['outcome'], number>> = {
  found: EXIT.done,
  exhausted: EXIT.budgetSpent,
  budget: EXIT.budgetSpent,
  stopped: EXIT.stopped,
  faulted: EXIT.fault,
  panicked: EXIT.unsafe,
};

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
  const own = { scenario, dataset, seed: String(seed) };
  for (const [name, value] of Object.entries(own)) {
    if (value !== undefined && !url.searchParams.has(name)) url.searchParams.set(name, value);
  }
  return url.href;
}

export const command = defineCommand({
  builder: buildSearchOptions,
  schema: z.record(z.string(), z.unknown()),
  run: async (given, context) => {
    const config = given['config'] === undefined ? {} : await readConfigFile(String(given['config']));
    const args = checkArguments(SearchArguments, { ...config, ...given });
    let interrupts: (() => void) | undefined;
    const result = await search(
      {
        target: args.target,
        microscope: microscopeAddress(args),
        model: args.model,
        engine: args.engine,
        device: args.device,
        strategy: args.strategy,
        seed: args.seed,
        finds: args.finds,
        budget: {
          ...(args.fields !== undefined && { fields: args.fields }),
          ...(args.time !== undefined && { instrumentSeconds: args.time }),
          ...(args.dose !== undefined && { doseCPerM2: args.dose }),
        },
        area: args.area,
        ...(args.centre !== undefined && { centre: args.centre }),
        fieldWidthUm: args.fieldWidth,
        dwellUs: args.dwell,
        overlapPercent: args.overlap,
        prevalence: args.prevalence,
        falseFindRate: args.falseFindRate,
        missRate: args.missRate,
      },
      {
        runsRoot: args.runs,
        ...(args.live && {
          live: {
            host: args.liveHost,
            ...(args.livePort !== undefined && { port: args.livePort }),
            ...(args.token !== undefined && { token: args.token }),
          },
        }),
        pace: args.speed ?? (args.realtime ? 1 : 'virtual'),
        log: context.log,
        onStart: (feed: RunFeed, control: ControlPort, url) => {
          interrupts = stopOnSignals(control, context);
          showProgress(feed, url, context);
        },
        ...(args.stay && { linger: () => new Promise<void>((resolve) => process.once('SIGINT', () => resolve())) }),
      },
    ).finally(() => interrupts?.());
    if (args.json) context.printJson(result);
    else context.print(summariseRun(result));
    return EXIT_OF_OUTCOME[result.outcome];
  },
});
