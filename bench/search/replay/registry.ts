import type { ReplayData } from './holes.ts';
import type { ReplayPolicy } from './policy.ts';

type Load = (data: ReplayData) => Promise<ReplayPolicy>;

const plain = (name: 'random' | 'greedy' | 'raster' | 'pOverCost'): Load => async () => (await import('./plain-policies.ts'))[name] as ReplayPolicy;

/** Policies of `emagent bench replay`. Only the near-oracle is given what was measured. */
export const REPLAY_POLICIES: Readonly<Record<string, Load>> = {
  adaptive: async () => (await import('./adaptive.ts')).adaptive as ReplayPolicy,
  'adaptive-untimed': async () => (await import('./adaptive.ts')).adaptiveUntimed as ReplayPolicy,
  'best-prefix-rate': async () => (await import('./best-prefix-rate.ts')).bestPrefixRate as ReplayPolicy,
  'p-over-cost': plain('pOverCost'),
  raster: plain('raster'),
  greedy: plain('greedy'),
  random: plain('random'),
  'near-oracle': async ({ good }) => (await import('./best-prefix-rate.ts')).nearOracle(good) as ReplayPolicy,
};

export const DEFAULT_REPLAY_POLICY = 'best-prefix-rate';
