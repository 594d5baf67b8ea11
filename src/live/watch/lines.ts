import type { RunEvent } from '../../contract/events.ts';
import type { Snapshot } from '../snapshot.ts';
import { durationText, logLine, percentText, summaryText } from '../words.ts';

/** Every how many percent a line of progress is worth it where nothing can be redrawn. */
const PROGRESS_STEP = 0.1;

/** Turns events into the plain lines of a log: what a terminal that is a file or a pipe gets. */
export function createLineWriter(print: (text: string) => void): {
  start(snapshot: Snapshot): void;
  event(event: RunEvent): void;
} {
  let told = 0;
  const write = (seconds: number, text: string): void => print(`[${durationText(seconds).padStart(11)}] ${text}`);
  return {
    start: (snapshot) => {
      for (const { text } of snapshot.log) print(text);
      told = snapshot.progress?.share ?? 0;
      if (snapshot.ended !== null) print(summaryText(snapshot.ended.result));
    },
    event: (event) => {
      const line = logLine(event);
      if (line !== undefined) write(event.instrumentSeconds, line.level === 'info' ? line.text : `${line.level}: ${line.text}`);
      if (event.type === 'progress' && event.share >= told + PROGRESS_STEP) {
        told = event.share;
        const left = event.secondsLeft === undefined ? '' : `, about ${durationText(event.secondsLeft)} left`;
        write(event.instrumentSeconds, `${percentText(event.share)}: ${event.finds} of ${event.wanted} finds, ${event.totals.fields.imaged} fields${left}`);
      }
      if (event.type === 'run-ended') print(summaryText(event.result));
    },
  };
}
