import { minutesBetween, type ReplayCosts, type ReplayPolicy } from './policy.ts';
import type { ReplayData } from './holes.ts';

export const MINUTES = [120, 240, 360, 480] as const;
export const CRYORL_COSTS: ReplayCosts = { samePatchMin: 1, sameSquareMin: 2, sameTileMin: 6, elsewhereMin: 8 };

/** Rows of the full data set (2341 holes) that runs begin at: search.md 2a. */
export const START_ROWS = [
  550, 2331, 258, 1044, 482, 2029, 1841, 1934, 1554, 859, 384, 1998, 116, 1596, 1772, 8, 1824, 1090, 937, 418, 1300, 125, 91, 104, 2217,
  37, 1561, 887, 1728, 118, 2161, 908, 1793, 2030, 2264, 954, 1415, 945, 896, 1882, 1186, 88, 1704, 2279, 409, 761, 1214, 495, 1362, 2051,
] as const;

/** Of a smaller data set the rows are counted round. */
export const startHoles = (holes: number, starts: number): number[] => START_ROWS.slice(0, starts).map((row) => row % holes);

/** Good holes visited until the clock would pass `budgetMin`. */
export function playReplay<S>(policy: ReplayPolicy<S>, data: ReplayData, run: { startHole: number; budgetMin: number; seed: number }): number {
  const { holes } = data;
  const { startHole, budgetMin, seed } = run;
  let state = policy.start({ holes, costs: CRYORL_COSTS, startHole, budgetMin, seed });
  const visited = new Uint8Array(holes.length);
  visited[startHole] = 1;
  let current = startHole;
  let clockMin = 0;
  let found = 0;
  for (let left = holes.length - 1; left > 0; left--) {
    const hole = policy.next(state, current);
    if (visited[hole] !== 0) throw new Error(`${policy.id} went to hole ${hole}, which ${visited[hole] === 1 ? 'it had visited' : 'there is not'}`);
    clockMin += minutesBetween(holes[current]!, holes[hole]!, CRYORL_COSTS);
    if (clockMin > budgetMin) break;
    visited[hole] = 1;
    current = hole;
    const good = data.good[hole]!;
    if (good) found++;
    state = policy.observe(state, { hole, good });
  }
  return found;
}

export interface ReplayScore {
  readonly strategy: string;
  readonly minutes: readonly number[];
  /** Mean number of good holes, and its standard deviation, over the starts; per entry of `minutes`. */
  readonly good: readonly number[];
  readonly standardDeviation: readonly number[];
  readonly starts: number;
}

const round = (value: number): number => Number(value.toFixed(2));

/** Each time budget is a run of its own, from each start. */
export function scoreReplay(policy: ReplayPolicy, data: ReplayData, starts: number): ReplayScore {
  const from = startHoles(data.holes.length, starts);
  const perBudget = MINUTES.map((budgetMin) => {
    const found = from.map((startHole, seed) => playReplay(policy, data, { startHole, budgetMin, seed }));
    const mean = found.reduce((a, b) => a + b, 0) / found.length;
    const variance = found.reduce((sum, value) => sum + (value - mean) ** 2, 0) / found.length;
    return { mean: round(mean), deviation: round(Math.sqrt(variance)) };
  });
  return {
    strategy: policy.id,
    minutes: MINUTES,
    good: perBudget.map(({ mean }) => mean),
    standardDeviation: perBudget.map(({ deviation }) => deviation),
    starts: from.length,
  };
}
