import type { SearchStrategy } from '../../../src/contract/strategy.ts';
import { EmagentError } from '../../../src/contract/errors.ts';
import { unknownNameMessage } from '../../../src/lib/nearest-name.ts';
import { STRATEGIES } from '../../../src/search/registry.ts';

/** What a baseline may know besides the contract: the separation that the survey's likelihood curve claims. */
interface Claim {
  readonly surveySeparation: number;
}
type Load = (claim: Claim) => Promise<SearchStrategy>;

const order =
  (name: 'raster' | 'spiral' | 'random'): Load =>
  async () =>
    (await import('./orders.ts'))[name] as SearchStrategy;
const surveyFirst =
  (name: 'surveyRank' | 'greedy' | 'pOverCost'): Load =>
  async () =>
    (await import('./survey-first.ts'))[name] as SearchStrategy;
const mixedIndex =
  (pricedReturn: boolean): Load =>
  async (claim) =>
    (await import('./mixed-index.ts')).mixedIndex({ ...claim, pricedReturn }) as SearchStrategy;

/** The bench's own strategies: search.md 2b, and efficient nonmyopic search. */
export const BASELINES: Readonly<Record<string, Load>> = {
  raster: order('raster'),
  'spiral-order': order('spiral'),
  'random-order': order('random'),
  'survey-rank': surveyFirst('surveyRank'),
  greedy: surveyFirst('greedy'),
  'p-over-cost': surveyFirst('pOverCost'),
  ens: async () => (await import('./ens.ts')).ens as SearchStrategy,
  'mixed-index': mixedIndex(false),
  'mixed-index-priced-return': mixedIndex(true),
};

/** Not a strategy: it knows where the targets are. */
export const ORACLE = 'oracle';

export const benchStrategyNames = (): string[] => [...Object.keys(STRATEGIES), ...Object.keys(BASELINES), ORACLE];

export function checkStrategy(name: string): string {
  const names = benchStrategyNames();
  if (!names.includes(name)) throw new EmagentError('EM_UNKNOWN_NAME', unknownNameMessage('strategy', name, names));
  return name;
}

/** A strategy of the product, or one of the bench's own. */
export async function loadBenchStrategy(name: string, claim: Claim): Promise<SearchStrategy> {
  const baseline = BASELINES[name];
  if (baseline !== undefined) return baseline(claim);
  return (await STRATEGIES[name as keyof typeof STRATEGIES].load()).strategy as SearchStrategy;
}
