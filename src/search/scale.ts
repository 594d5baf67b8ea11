/** Sums over log ratios of looks at empty tiles, from which their separation and their scale are learned. */
export interface Spread {
  count: number;
  sum: number;
  squares: number;
}

/** How many tiles it takes to outweigh a separation that was assumed. */
const SEPARATION_STRENGTH = 32;

function varianceOf({ count, sum, squares }: Spread): number {
  return count === 0 ? 0 : Math.max(0, squares / count - (sum / count) ** 2);
}

/**
 * Separation d' of the scores behind log ratios of which `scale` is believed: scores of two normal distributions d' apart have log
 * ratios with variance d'^2 under either.
 */
export function separationOf(spread: Spread, { prior, scale }: { readonly prior: number; readonly scale: number }): number {
  const { count } = spread;
  return Math.sqrt((SEPARATION_STRENGTH * prior ** 2 + count * scale ** 2 * varianceOf(spread)) / (SEPARATION_STRENGTH + count));
}

/** Standard errors by which log ratios must have proved too large before they are believed less. */
const STANDARD_ERRORS = 1;
const LEAST_SCALE = 0.15;
/** Steps of the scale: what is derived from all log ratios is made again at each. */
const SCALE_STEP = 0.9;
/** Nearest step; but more is believed again only where the estimate is so many steps above: else each look may change all. */
const STEPS_TO_RISE = 0.9;

/**
 * What of the log ratios of a model is to be believed: 1, or less where they have proved too large. Log ratios of normal scores have
 * the mean -v / 2 on empty tiles, with v their variance; c times too large, the mean is -v / (2 c). Survey looks alone tell, because
 * they show every tile of their field: inspected tiles were chosen for their scores. The upper end of the estimate is taken, with its
 * standard error by the delta method, so that honest log ratios are believed as they are. `current` is what was believed so far.
 */
export function scaleOf(spread: Spread, current: number): number {
  const variance = varianceOf(spread);
  const mean = spread.sum / spread.count;
  if (spread.count < 2 || variance === 0) return 1;
  if (mean >= 0) return 1;
  const estimate = (-2 * mean) / variance;
  const error = Math.sqrt((variance / mean ** 2 + 2) / spread.count);
  const scale = Math.max(LEAST_SCALE, Math.min(1, estimate * Math.exp(STANDARD_ERRORS * error)));
  const steps = Math.log(scale) / Math.log(SCALE_STEP);
  const currentSteps = Math.round(Math.log(current) / Math.log(SCALE_STEP));
  return steps < currentSteps && currentSteps - steps < STEPS_TO_RISE ? current : SCALE_STEP ** Math.round(steps);
}
