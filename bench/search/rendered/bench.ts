import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EmagentError } from '../../../src/contract/errors.ts';
import { unknownNameMessage } from '../../../src/lib/nearest-name.ts';
import { strategyNames, type StrategyName } from '../../../src/search/registry.ts';
import type { BenchOptions } from '../../registry.ts';
import { playIn, type Work } from '../pool.ts';
import { parseSeeds } from '../selection.ts';
import type { Interval } from '../statistics.ts';
import { pairsOf, speedups, tau, type Pair, type Ranked } from './agreement.ts';
import { renderedPage } from './page.ts';
import { SPECIMENS, type SpecimenName } from './specimens.ts';
import { playRendered, type RenderedResult, type RenderedTask } from './task.ts';

export interface RenderedBench {
  readonly specimens: readonly { readonly specimen: SpecimenName; readonly seeds: number; readonly tau: Interval; readonly strategies: readonly Ranked[]; readonly pairs: readonly Pair[] }[];
  /** Rank correlation of the two levels, mean over the specimens. */
  readonly tau: Interval;
  /** Every run. */
  readonly results: readonly RenderedResult[];
}

const WORK: Work<RenderedTask, RenderedResult> = { play: playRendered, worker: new URL('./worker.js', import.meta.url) };
const STRATEGIES: readonly StrategyName[] = ['serpentine', 'random', 'two-phase', 'adaptive'];
const SEEDS = '0:8';
const PAGE = 'search-rendered.md';

function namesOf<T extends string>(what: string, text: string | undefined, known: readonly T[]): readonly T[] | undefined {
  return text?.split(',').map((word) => {
    const name = word.trim();
    if (!(known as readonly string[]).includes(name)) throw new EmagentError('EM_UNKNOWN_NAME', unknownNameMessage(what, name, known));
    return name as T;
  });
}

export function evaluateRendered(results: readonly RenderedResult[]): RenderedBench {
  const names = [...new Set(results.map(({ task }) => task.specimen))];
  const groups = names.map((name) => results.filter(({ task }) => task.specimen === name));
  const specimens = groups.map((group, at) => ({ specimen: names[at]!, seeds: group.length, tau: tau([group]), strategies: speedups(group), pairs: pairsOf(group) }));
  return { specimens, tau: tau(groups), results };
}

/**
 * The same specimens with pictures, classifier and physics, and as worlds of scores: do both rank the strategies alike? Writes
 * a page into `out` when that is given.
 */
export async function runRendered({ family, seeds, strategy, out, progress }: BenchOptions): Promise<RenderedBench> {
  const specimens = namesOf('specimen', family, Object.keys(SPECIMENS) as SpecimenName[]) ?? (Object.keys(SPECIMENS) as SpecimenName[]);
  const strategies = namesOf('strategy', strategy, strategyNames) ?? STRATEGIES;
  if (strategies.length < 2) throw new EmagentError('EM_USAGE', 'A ranking needs two strategies at least.');
  const { from, to } = parseSeeds(seeds ?? SEEDS);
  const tasks = Array.from({ length: to - from }, (_, at) => specimens.map((specimen): RenderedTask => ({ specimen, seed: from + at, strategies }))).flat();
  const begin = performance.now();
  const results = await playIn(WORK, tasks, { onDone: (done) => progress?.(`${done} of ${tasks.length} specimens, ${Math.round((performance.now() - begin) / 1000)} s`) });
  const bench = evaluateRendered(results);
  if (out !== undefined) {
    await mkdir(out, { recursive: true });
    await writeFile(join(out, PAGE), renderedPage({ bench, seeds: { from, to }, minutes: (performance.now() - begin) / 60_000 }));
    progress?.(`written: ${join(out, PAGE)}`);
  }
  return bench;
}
