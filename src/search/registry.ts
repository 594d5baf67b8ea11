import type { SearchStrategy } from '../contract/strategy.ts';
import type { SearchState } from './state.ts';

interface Entry {
  readonly summary: string;
  readonly load: () => Promise<{ readonly strategy: SearchStrategy<SearchState> }>;
}

const entry = (summary: string, load: Entry['load']): Entry => ({ summary, load });

/** Every strategy: a file in strategies/ and a line here. The first is the default. */
export const STRATEGIES = {
  adaptive: entry('Learns where targets are from low-magnification looks and finds, and goes where the next is had soonest.', () => import('./strategies/adaptive.ts')),
  serpentine: entry('Row by row, every second row backwards.', () => import('./strategies/serpentine.ts')),
  spiral: entry('From the middle of the area outwards.', () => import('./strategies/spiral.ts')),
  random: entry('In random order: an unbiased sample, with long ways.', () => import('./strategies/random.ts')),
  'two-phase': entry('Surveys the whole area first, then inspects the likeliest places, the way to them priced.', () => import('./strategies/two-phase.ts')),
  cluster: entry('Adaptive cluster sampling: a systematic sample, and around each find its neighbours, as long as they are finds too.', () => import('./strategies/cluster.ts')),
  levy: entry('Composite Levy search: the surroundings of the last find, else jumps of random direction and power-law length.', () => import('./strategies/levy.ts')),
  planned: entry('In the order of the plan: that of its positions, or --mode.', () => import('./strategies/planned.ts')),
} as const;

export type StrategyName = keyof typeof STRATEGIES;

export const strategyNames = Object.keys(STRATEGIES) as StrategyName[];
export const DEFAULT_STRATEGY: StrategyName = 'adaptive';
