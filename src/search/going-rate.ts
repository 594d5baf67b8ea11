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

/** What is still to be reached: so many finds, or all that so many seconds allow. */
export type Goal = { readonly finds: number } | { readonly seconds: number };

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

/**
 * The rate to ask for: the highest at which what pays still reaches the goal. With more than enough to visit it is the rate of
 * the last things that will be needed, so a region is left when what remains in it would not be wanted later either, and none
 * is entered twice. 0 when everything together does not reach the goal. Bisection on the logarithm.
 */
export function goalRate(region: Region, goal: Goal): number {
  const reached = (rate: number): boolean => {
    const brings = worthwhile(region, rate);
    return 'finds' in goal ? brings.gain >= goal.finds : brings.seconds >= goal.seconds;
  };
  let high = prefixRate(region);
  if (reached(high)) return high;
  let low = high * 1e-6;
  if (!reached(low)) return 0;
  while (high > low * (1 + 1e-4)) {
    const middle = Math.sqrt(low * high);
    if (reached(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * The item to go to from inside a tree of regions, asking for `rate`: the best of the innermost region that one is in while it
 * pays, else that of the best-paying region beside it. Undefined when nothing pays.
 */
export function chooseItem(region: Region, rate: number): { readonly region: Region; readonly item: number } | undefined {
  const entered = region.inside.find(({ entryS }) => entryS === 0);
  if (entered !== undefined) {
    const stay = chooseItem(entered, rate);
    if (stay !== undefined) return stay;
  }
  let item = -1;
  let best = rate;
  region.items.forEach(({ gain, seconds }, at) => {
    if (gain <= best * seconds) return;
    best = gain / seconds;
    item = at;
  });
  if (item >= 0) return { region, item };
  let into: Region | undefined;
  for (const inner of region.inside) {
    if (inner === entered) continue;
    const reached = prefixRate(inner, best);
    if (reached <= best) continue;
    best = reached;
    into = inner;
  }
  // Inside, what pays once the entry is paid for.
  return into === undefined ? undefined : chooseItem(into, rate);
}
