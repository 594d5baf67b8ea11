import { prefixRate, type Region, worthwhile } from './going-rate.ts';

/**
 * The rate to ask for: the highest at which what pays still fills the seconds that are left. With more than enough to visit it is the
 * rate of the last things that will be needed, so a region is left when what remains in it would not be wanted later either, and none
 * is entered twice. 0 when everything together does not fill them. Bisection on the logarithm.
 */
export function goalRate(region: Region, leftS: number): number {
  const reached = (rate: number): boolean => worthwhile(region, rate).seconds >= leftS;
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
