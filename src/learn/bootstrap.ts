import { randomFor } from '../lib/random.ts';

export type Interval = [number, number];

export interface BootstrapOptions {
  readonly seed?: number;
  readonly resamples?: number;
}

/** Indices of the members of each group. */
export function membersOf(groups: readonly string[]): number[][] {
  const members = new Map<string, number[]>();
  groups.forEach((group, index) => {
    const list = members.get(group);
    if (list === undefined) members.set(group, [index]);
    else list.push(index);
  });
  return [...members.values()];
}

/** The middle 95 % of some values; NaN values (a resample without one side) are left out. */
export function middle95(values: readonly number[]): Interval {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(share * (sorted.length - 1))))] ?? NaN;
  return [at(0.025), at(0.975)];
}

/**
 * 95 % percentile intervals of some statistics by bootstrap over groups (specimens), not over pictures: pictures of one specimen are
 * not independent. `statistics` gets the indices of the pictures of one resample. The same seed gives the same intervals.
 */
export function groupBootstrap<Name extends string>(
  groups: readonly string[],
  statistics: (indices: readonly number[]) => Readonly<Record<Name, number>>,
  { seed = 0, resamples = 1000 }: BootstrapOptions = {},
): Record<Name, Interval> {
  const members = membersOf(groups);
  const random = randomFor(seed, 'bootstrap');
  const draws: Partial<Record<Name, number[]>> = {};
  for (let draw = 0; draw < resamples; draw++) {
    const drawn = members.flatMap(() => members[random.integer(members.length)]!);
    for (const [name, value] of Object.entries(statistics(drawn)) as [Name, number][]) (draws[name] ??= []).push(value);
  }
  return Object.fromEntries(Object.entries(draws).map(([name, values]) => [name, middle95(values as number[])])) as Record<Name, Interval>;
}
