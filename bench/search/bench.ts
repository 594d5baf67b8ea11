import type { BenchOptions } from '../registry.ts';
import { compare, groupsOf, metricsOf, RASTER, type Comparison, type Metrics } from './metrics.ts';
import { playAll } from './pool.ts';
import { partsOf, tasksOf } from './selection.ts';
import type { TaskResult } from './task.ts';

export interface SearchBench {
  readonly comparisons: readonly Comparison[];
  readonly metrics: readonly Metrics[];
}

export function evaluate(results: readonly TaskResult[], references: readonly string[]): SearchBench {
  const groups = groupsOf(results);
  const namesOf = (group: readonly TaskResult[]): string[] => group[0]!.runs.map(({ strategy }) => strategy);
  return {
    comparisons: references.flatMap((reference) =>
      groups
        .filter((group) => namesOf(group).includes(reference))
        .flatMap((group) => namesOf(group).filter((name) => name !== reference).map((name) => compare(group, name, reference))),
    ),
    metrics: groups.flatMap((group) => namesOf(group).map((name) => metricsOf(group, name))),
  };
}

const PROGRESS_EVERY_MS = 5000;

/** Plays the worlds and tells how far it is, at most every five seconds. */
export async function playWorlds(tasks: Parameters<typeof playAll>[0], progress: BenchOptions['progress']): Promise<TaskResult[]> {
  const begin = performance.now();
  let told = 0;
  return playAll(tasks, {
    onDone: (done) => {
      const now = performance.now();
      if (now - told < PROGRESS_EVERY_MS && done < tasks.length) return;
      told = now;
      progress?.(`${done} of ${tasks.length} worlds, ${Math.round((now - begin) / 1000)} s`);
    },
  });
}

/** Strategies on the worlds of search families, by scores alone. */
export async function run(options: BenchOptions): Promise<SearchBench> {
  const parts = await partsOf(options);
  const results = await playWorlds(tasksOf(parts), options.progress);
  return evaluate(results, [options.reference ?? RASTER]);
}
