import { createRandom } from '../../../src/lib/random.ts';
import { quantile } from '../../quantile.ts';
import { mean, type Interval } from '../statistics.ts';
import type { RenderedResult } from './task.ts';

/** Kendall's rank correlation (tau a): pairs in the same order less pairs in the opposite one, of all pairs; a tie is neither. */
export function kendallTau(a: readonly number[], b: readonly number[]): number {
  let [sum, pairs] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < i; j++) {
      sum += Math.sign(a[i]! - a[j]!) * Math.sign(b[i]! - b[j]!);
      pairs++;
    }
  }
  return sum / pairs;
}

/** Mean of the logarithms of the times of one strategy over the seeds, on either level. */
interface Levels {
  readonly rendered: number;
  readonly scores: number;
}

/** Per strategy, in the order of the runs. */
function meanLogs(results: readonly RenderedResult[]): Levels[] {
  return results[0]!.task.strategies.map((_, at) => ({
    rendered: mean(results.map(({ runs }) => Math.log(runs[at]!.timeS))),
    scores: mean(results.map(({ runs }) => mean(runs[at]!.twinTimesS.map(Math.log)))),
  }));
}

const tauOf = (levels: readonly Levels[]): number => kendallTau(levels.map(({ rendered }) => rendered), levels.map(({ scores }) => scores));

const RESAMPLES = 2000;

/** Statistics of results, one group of seeds per specimen, with 95 % percentile-bootstrap intervals over the seeds of each group. */
export function bootstrap(groups: readonly (readonly RenderedResult[])[], read: (groups: readonly (readonly RenderedResult[])[]) => readonly number[]): Interval[] {
  const random = createRandom(1);
  const draws = Array.from({ length: RESAMPLES }, () => read(groups.map((group) => group.map(() => group[random.integer(group.length)]!))));
  return read(groups).map((value, at) => {
    const drawn = draws.map((values) => values[at]!);
    return { value, low: quantile(drawn, 0.025), high: quantile(drawn, 0.975) };
  });
}

/** Rank correlation of the strategies' mean times on the two levels, mean over the specimens. */
export const tau = (groups: readonly (readonly RenderedResult[])[]): Interval => bootstrap(groups, (drawn) => [mean(drawn.map((group) => tauOf(meanLogs(group))))])[0]!;

export interface Ranked {
  readonly strategy: string;
  /** Geometric mean of the times of the first strategy by those of this one, with pictures and of scores. */
  readonly rendered: Interval;
  readonly scores: Interval;
}

export function speedups(group: readonly RenderedResult[]): Ranked[] {
  const read = ([drawn]: readonly (readonly RenderedResult[])[]): number[] => {
    const levels = meanLogs(drawn!);
    return levels.flatMap(({ rendered, scores }) => [Math.exp(levels[0]!.rendered - rendered), Math.exp(levels[0]!.scores - scores)]);
  };
  const values = bootstrap([group], read);
  return group[0]!.task.strategies.map((strategy, at) => ({ strategy, rendered: values[2 * at]!, scores: values[2 * at + 1]! }));
}

export interface Pair {
  readonly first: string;
  readonly second: string;
  /** Time of the first by that of the second. */
  readonly rendered: Interval;
  readonly scores: Interval;
  readonly agree: boolean;
  /** Either interval holds 1: the level does not tell which is faster. */
  readonly undecided: boolean;
}

/** Each two strategies, ordered alike or not by the two levels. */
export function pairsOf(group: readonly RenderedResult[]): Pair[] {
  const { strategies } = group[0]!.task;
  const at = strategies.flatMap((_, first) => strategies.slice(first + 1).map((__, step) => [first, first + 1 + step] as const));
  const values = bootstrap([group], ([drawn]) => {
    const levels = meanLogs(drawn!);
    return at.flatMap(([i, j]) => [Math.exp(levels[i]!.rendered - levels[j]!.rendered), Math.exp(levels[i]!.scores - levels[j]!.scores)]);
  });
  const holdsOne = ({ low, high }: Interval): boolean => low <= 1 && high >= 1;
  return at.map(([i, j], pair) => {
    const [rendered, scores] = [values[2 * pair]!, values[2 * pair + 1]!];
    return { first: strategies[i]!, second: strategies[j]!, rendered, scores, agree: rendered.value > 1 === scores.value > 1, undecided: holdsOne(rendered) || holdsOne(scores) };
  });
}
