/** What an action brings and takes: expected finds, and seconds (or minutes; any one unit). */
export interface Yield {
  readonly gain: number;
  readonly seconds: number;
}

/** A region of anything that can be visited: what can be had in it once it was entered, and regions within it. */
export interface Region {
  /** Seconds to enter it from the region around it; 0 where one is in it. */
  readonly entryS: number;
  readonly items: readonly Yield[];
  readonly inside: readonly Region[];
}

/** Rates that differ by less than this share are the same. */
const SAME_RATE = 1e-6;

/**
 * What a region brings to one who turns down all that pays less than `rate`: every item with gain > rate x seconds, and every
 * inner region that still pays with its entry. This is the best prefix of its items by gain per second.
 */
export function worthwhile(region: Region, rate: number): Yield {
  let gain = 0;
  let seconds = 0;
  for (const item of region.items) {
    if (item.gain <= rate * item.seconds) continue;
    gain += item.gain;
    seconds += item.seconds;
  }
  for (const inner of region.inside) {
    const brings = worthwhile(inner, rate);
    if (brings.gain <= rate * brings.seconds) continue;
    gain += brings.gain;
    seconds += brings.seconds;
  }
  return gain > 0 ? { gain, seconds: seconds + region.entryS } : { gain: 0, seconds: region.entryS };
}

/**
 * Best-prefix rate of a region: the most finds per second that visiting it, entry included, can bring when the rest of it is left.
 * Dinkelbach's iteration, upwards from `least`: the rate of what pays at one rate is a higher rate.
 */
export function prefixRate(region: Region, least = 0): number {
  let rate = least;
  for (;;) {
    const { gain, seconds } = worthwhile(region, rate);
    if (gain === 0 || gain <= rate * seconds * (1 + SAME_RATE)) return rate;
    rate = gain / seconds;
  }
}
