import type { SearchStrategy } from '../../src/contract/strategy.ts';
import { play } from './player.ts';
import { binomialCdf } from './statistics.ts';
import type { World } from './world.ts';

/**
 * Whether inspected tiles hold more targets than somebody can know who has seen only what the strategy was told. In a field whose tiles
 * hold a target each with the same probability and nothing else, the chance of a target in a tile that was not looked at closely is
 * known exactly from the density and its survey score, whatever was seen elsewhere, and whichever rule chose the tile. Targets found
 * less targets expected is then a martingale: its end divided by its standard deviation is nearly standard normal.
 */
export interface Foresight {
  readonly inspected: number;
  readonly targets: number;
  readonly expected: number;
  /** (targets - expected) / standard deviation. */
  readonly deviations: number;
}

/** Beyond this a strategy knows more than it was told: one in 3.5 million honest ones would. */
export const HONEST_DEVIATIONS = 5;

/** Plays the strategy on uniform worlds, whose density is `density`, and adds up what it foresaw. */
export function foresightOf(strategyFor: (world: World) => SearchStrategy, worlds: readonly World[], density: number): Foresight {
  let [inspected, targets, expected, variance] = [0, 0, 0, 0];
  for (const [seed, world] of worlds.entries()) {
    play(strategyFor(world), world, {
      seed,
      onInspect: (tile, surveyed) => {
        const odds = (density / (1 - density)) * (surveyed ? Math.exp(world.logRatio(tile, 'survey', 0)) : 1);
        const p = odds / (1 + odds);
        inspected++;
        targets += world.targets.has(tile) ? 1 : 0;
        expected += p;
        variance += p * (1 - p);
      },
    });
  }
  return { inspected, targets, expected, deviations: (targets - expected) / Math.sqrt(Math.max(variance, Number.MIN_VALUE)) };
}

/** A bound that holds less often than it says in so many runs would come about by chance in less than one of a hundred cases. */
export function boundHolds(covered: number, runs: number, nominal = 0.95): boolean {
  return binomialCdf(covered, runs, nominal) >= 0.01;
}

/** 95 % interval of a number of false finds among so many declared ones, when each is false with probability `rate`. */
export function falseFindsInInterval(falseFinds: number, declared: number, rate = 0.01): boolean {
  return falseFinds === 0 || 1 - binomialCdf(falseFinds - 1, declared, rate) >= 0.025;
}
