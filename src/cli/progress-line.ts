const BAR_WIDTH = 24;

export interface ProgressLine {
  step(done: number, total: number, what?: string): void;
  clear(): void;
}

const clock = (seconds: number): string => {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  const two = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
};

/** One line on a terminal's stderr that is redrawn, with the time left; says nothing anywhere else. */
export function createProgressLine({ interactive, unit }: { readonly interactive: boolean; readonly unit: string }): ProgressLine {
  let startMs = performance.now();
  let first = 0;
  let known = '';
  return {
    step: (done, total, what = '') => {
      if (!interactive) return;
      // Another job has another speed; what was done before (a resumed transfer) took no time now.
      if (what !== known || done < first) [startMs, first, known] = [performance.now(), done, what];
      const share = total > 0 ? Math.min(1, done / total) : 0;
      const filled = Math.round(share * BAR_WIDTH);
      const seconds = (performance.now() - startMs) / 1000;
      const left = done > first && seconds > 2 ? `, ${clock((seconds * (total - done)) / (done - first))} left` : '';
      process.stderr.write(`\r\u001B[K${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${what === '' ? '' : `${what}: `}${done}/${total} ${unit}${left}`);
    },
    clear: () => {
      if (interactive) process.stderr.write('\r\u001B[K');
    },
  };
}
