/**
 * Notices a beam that dies by the signal it leaves: an instrument may go on saying that its beam is on, and a dark picture
 * must not be taken for an empty field.
 */
export interface SignalTrend {
  /**
   * Takes in the mean grey of one more frame. Returns the share of the former signal that is left when it has been low for
   * several frames in a row; undefined while all is well.
   */
  observe(mean: number): number | undefined;
  /** Forgets what was, as after a change of beam or specimen. */
  reset(): void;
}

/** Frames whose median is the signal of the moment: some may show something dark. */
const WINDOW_FRAMES = 7;
/** Below this share of the strongest signal so far, in so many frames in a row, it is taken for failing. */
const FAILING_SHARE = 0.5;
const FAILING_FRAMES = 3;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

export function createSignalTrend(): SignalTrend {
  let recent: number[] = [];
  let strongest = 0;
  let low = 0;
  return {
    observe: (mean) => {
      recent = [...recent, mean].slice(-WINDOW_FRAMES);
      if (recent.length === WINDOW_FRAMES) strongest = Math.max(strongest, median(recent));
      low = mean < FAILING_SHARE * strongest ? low + 1 : 0;
      return low >= FAILING_FRAMES ? mean / strongest : undefined;
    },
    reset: () => {
      recent = [];
      strongest = 0;
      low = 0;
    },
  };
}
