import { EXIT } from '../contract/errors.ts';
import type { Budget, RunResult } from '../contract/run.ts';
import type { SearchEnvironment } from '../session/search-command.ts';
import type { CliContext } from './command.ts';
import { stopOnSignals } from './interrupt.ts';
import { summariseRun } from './run-summary.ts';
import type { RunArguments } from './search-options.ts';
import { showProgress } from './search-progress-line.ts';

const EXIT_OF_OUTCOME: Readonly<Record<RunResult['outcome'], number>> = {
  found: EXIT.done,
  exhausted: EXIT.budgetSpent,
  budget: EXIT.budgetSpent,
  stopped: EXIT.stopped,
  faulted: EXIT.fault,
  panicked: EXIT.unsafe,
};

export function budgetOf({ fields, time, dose, siteDose }: RunArguments): Budget {
  return {
    ...(fields !== undefined && { fields }),
    ...(time !== undefined && { instrumentSeconds: time }),
    ...(dose !== undefined && { doseCPerM2: dose }),
    ...(siteDose !== undefined && { siteDoseCPerM2: siteDose }),
  };
}

/** Runs with Ctrl-C, progress and dashboard as the options say, prints the result and gives the exit code. */
export async function conductRun(
  args: RunArguments,
  context: CliContext,
  run: (environment: Omit<SearchEnvironment, 'runsRoot'>) => Promise<RunResult>,
): Promise<number> {
  let release: (() => void) | undefined;
  const { live, livePort, liveHost, token, stay, speed, realtime, recordWire, json } = args;
  try {
    const result = await run({
      ...(live && { live: { host: liveHost, ...(livePort !== undefined && { port: livePort }), ...(token !== undefined && { token }) } }),
      pace: speed ?? (realtime ? 1 : 'virtual'),
      log: context.log,
      ...(recordWire !== undefined && { recordWire }),
      onStart: (feed, control, url) => {
        release = stopOnSignals(control, context);
        showProgress(feed, url, context);
      },
      ...(stay && {
        linger: () => {
          release?.();
          process.stderr.write('The run has ended; the dashboard stays until Ctrl-C.\n');
          return new Promise<void>((resolve) => process.once('SIGINT', () => resolve()));
        },
      }),
    });
    if (json) context.printJson(result);
    else context.print(summariseRun(result));
    return EXIT_OF_OUTCOME[result.outcome];
  } finally {
    release?.();
  }
}
