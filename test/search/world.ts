import type { SearchStrategy } from '../../src/contract/strategy.ts';
import { STRATEGIES, strategyNames, type StrategyName } from '../../src/search/registry.ts';
import type { SearchState } from '../../src/search/state.ts';
import { runOnScores, type RunOptions, type ScoreRun } from '../../bench/search/score-run.ts';
import { createScoreWorld, type ScoreWorld, type WorldOptions } from '../../bench/search/score-world.ts';

export const CLAIMED = { survey: 1.5, inspect: 3.5 } as const;

export function worldOf(options: Partial<WorldOptions> = {}): ScoreWorld {
  return createScoreWorld({
    edgeTiles: 16, density: 0.03, scatter: 'loose', seed: 1, surveySeparation: CLAIMED.survey, inspectSeparation: CLAIMED.inspect, ...options,
  });
}

export async function allStrategies(): Promise<[StrategyName, SearchStrategy<SearchState>][]> {
  return Promise.all(strategyNames.map(async (name) => [name, (await STRATEGIES[name].load()).strategy] as [StrategyName, SearchStrategy<SearchState>]));
}

export function play(strategy: SearchStrategy<SearchState>, world: ScoreWorld, options: Partial<RunOptions> = {}): ScoreRun {
  return runOnScores(strategy, world, { finds: 5, seed: 1, claimed: CLAIMED, ...options });
}
