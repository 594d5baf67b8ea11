import type { RunEvent, RunFeed } from '../contract/events.ts';
import type { CliContext } from './command.ts';
import { durationText } from '../live/words.ts';

const BAR_WIDTH = 24;

function progressLine({ totals, finds, wanted, share, secondsLeft }: Extract<RunEvent, { type: 'progress' }>): string {
  const filled = Math.round(share * BAR_WIDTH);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}`;
  const left = secondsLeft === undefined ? '' : `, about ${durationText(secondsLeft)} left`;
  return `${bar} ${finds}/${wanted} found, ${totals.fields.imaged} fields, ${durationText(totals.instrumentSeconds)}${left}`;
}

/** Tells on stderr how the run goes: one line that is redrawn on a terminal, and a line of its own for each find. */
export function showProgress(feed: RunFeed, url: string | undefined, { interactive }: CliContext): void {
  const clear = interactive ? '\r\u001B[K' : '';
  const say = (text: string): boolean => process.stderr.write(`${clear}${text}\n`);
  if (url !== undefined) say(`Dashboard: ${url}`);
  feed.subscribe(0, (event) => {
    if (event.type === 'find') {
      const { find } = event;
      say(`${find.id}: ${find.label} at x ${find.xUm.toFixed(1)} µm, y ${find.yUm.toFixed(1)} µm, probability ${find.probability.toFixed(3)}`);
    } else if (event.type === 'fault') say(`Fault: ${event.message} ${event.hint}`);
    else if (event.type === 'paused') say('Paused.');
    else if (event.type === 'progress' && interactive) process.stderr.write(`${clear}${progressLine(event)}`);
    else if (event.type === 'run-ended') process.stderr.write(clear);
  });
}
