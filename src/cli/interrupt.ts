import type { ControlPort } from '../contract/events.ts';
import type { CliContext } from './command.ts';

/**
 * The first Ctrl-C (or SIGTERM) stops after the field in hand, a second one halts at once. Either way the run ends through
 * `halting`. Returns the function that takes the handlers away.
 */
export function stopOnSignals(control: ControlPort, { log }: CliContext): () => void {
  let asked = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    asked++;
    const request = asked === 1 ? 'stop' : 'halt';
    process.stderr.write(asked === 1 ? '\nStopping after this field; Ctrl-C again halts at once.\n' : '\nHalting.\n');
    control.request(request, signal).catch((error: unknown) => log.error({ error }, 'The request was not taken'));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return () => {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  };
}
