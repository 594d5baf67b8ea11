/** A line on the terminal for long work: a bar, what is being done, and the time left. */
export interface Progress {
  step(message: string, share: number): void;
  /** A line that stays, above the bar. */
  say(line: string): void;
  clear(): void;
}

const BAR_WIDTH = 24;
/** Redrawn no more often than this, ms. */
const REDRAW_MS = 100;

export function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** Elsewhere than on a terminal each new message goes to `quietly` once. */
export function createProgress(shown: boolean, quietly: (message: string) => void): Progress {
  let told = '';
  let drawnAt = -Infinity;
  // Where the present kind of work began: its share and time. The number of an epoch does not make another kind.
  let begin = { kind: '', share: 0, at: 0 };
  const clear = (): void => {
    if (shown) process.stderr.write('\r\u001B[K');
  };
  return {
    step: (message, share) => {
      if (!shown) {
        if (message !== told) quietly(message);
        told = message;
        return;
      }
      const kind = message.replaceAll(/\d+/g, '');
      const now = performance.now();
      if (kind !== begin.kind) begin = { kind, share, at: now };
      if (now - drawnAt < REDRAW_MS && share < 1) return;
      drawnAt = now;
      const done = share - begin.share;
      const left = done > 0.005 ? ((now - begin.at) / 1000 / done) * (1 - share) : undefined;
      const filled = Math.round(share * BAR_WIDTH);
      process.stderr.write(`\r\u001B[K${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${message}${left === undefined ? '' : `, ${durationText(left)} left`}`);
    },
    say: (line) => {
      clear();
      process.stderr.write(`${line}\n`);
    },
    clear,
  };
}
