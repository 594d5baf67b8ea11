import type { Random } from '../../src/lib/random.ts';
import { required } from '../../src/lib/guards.ts';

/** Uniform in [min, max). */
export function between(random: Random, min: number, max: number): number {
  return min + (max - min) * random.uniform();
}

/** Uniform in the logarithm: sizes spread over decades. Both bounds above 0. */
export function logBetween(random: Random, min: number, max: number): number {
  return Math.exp(between(random, Math.log(min), Math.log(max)));
}

export function chance(random: Random, probability: number): boolean {
  return random.uniform() < probability;
}

/** One of the items, each as likely as its weight (1 when there is no weight for it). */
export function pick<T>(random: Random, items: readonly T[], weights: readonly number[] = []): T {
  let rest = random.uniform() * items.reduce((sum, _item, index) => sum + (weights[index] ?? 1), 0);
  for (const [index, item] of items.entries()) {
    rest -= weights[index] ?? 1;
    if (rest < 0) return item;
  }
  return required(items.at(-1), 'an item to pick');
}

/** Log-normal around a median: the usual form of grain and particle sizes. */
export function logNormal(random: Random, median: number, sigma: number): number {
  return median * Math.exp(sigma * Math.max(-2.5, Math.min(2.5, random.gaussian())));
}
