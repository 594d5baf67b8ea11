import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EmagentError } from '../../src/contract/errors.ts';
import type { BenchOptions } from '../registry.ts';
import { compare, groupsOf, metricsOf, RASTER, type Comparison, type Metrics } from './metrics.ts';
import { FULL_TABLE, type PartName } from './page/full-table.ts';
import { writePage, type PartResults } from './page/page.ts';
import { playAll } from './pool.ts';
import type { RenderedBench } from './rendered/bench.ts';
import { readHoles } from './replay/holes.ts';
import { REPLAY_POLICIES } from './replay/registry.ts';
import { scoreReplay, type ReplayScore } from './replay/replay.ts';
import { partsOf, tasksOf, type Part } from './selection.ts';
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

const REPLAY_DATA = '../shared/data/cryorl';
/** How many starts each row of the published replay table is of. */
const REPLAY_ROWS: readonly (readonly [string, number])[] = [['random', 10], ['greedy', 5], ['raster', 50], ['p-over-cost', 50], ['near-oracle', 10]];

async function replayRows(): Promise<ReplayScore[]> {
  if (!existsSync(REPLAY_DATA)) return [];
  const data = await readHoles(REPLAY_DATA);
  const named = new Set(REPLAY_ROWS.map(([name]) => name));
  const others = Object.keys(REPLAY_POLICIES).filter((name) => !named.has(name)).map((name) => [name, 50] as const);
  const scores: ReplayScore[] = [];
  for (const [name, starts] of [...REPLAY_ROWS, ...others]) scores.push(scoreReplay(await REPLAY_POLICIES[name]!(data), data, starts));
  return scores;
}

/** The whole table with its page; some minutes. */
async function runAll(out: string, progress: BenchOptions['progress']): Promise<SearchBench> {
  const begin = performance.now();
  const played: [PartName, TaskResult[]][] = [];
  for (const [name, part] of Object.entries(FULL_TABLE) as [PartName, Part][]) {
    progress?.(`${name}: ${part.families.length} families, ${part.edgeTiles ** 2} tiles`);
    played.push([name, await playWorlds(tasksOf([part]), progress)]);
  }
  const replay = await replayRows();
  await writePage(out, { parts: Object.fromEntries(played) as unknown as PartResults, replay, minutes: (performance.now() - begin) / 60_000 });
  progress?.(`written: ${join(out, 'search.md')}`);
  const parts = played.map(([, results]) => evaluate(results, [RASTER, 'mixed-index']));
  return { comparisons: parts.flatMap(({ comparisons }) => comparisons), metrics: parts.flatMap(({ metrics }) => metrics) };
}

const DEFAULT_FOLDER = 'docs/benchmarks';

/**
 * Strategies on the worlds of search families, by scores alone. Where nothing is selected the whole table is played, and a page written
 * to `out`, docs/benchmarks in the working folder when none is given.
 */
export async function run(options: BenchOptions): Promise<SearchBench | RenderedBench> {
  const { family, n, seeds, strategy, reference, rendered, out, progress } = options;
  if (rendered === true) {
    if (n !== undefined || reference !== undefined) throw new EmagentError('EM_USAGE', '--rendered has one size and no reference: leave --n and --reference out.');
    return (await import('./rendered/bench.ts')).runRendered(options);
  }
  if ([family, n, seeds, strategy, reference].every((selected) => selected === undefined)) return runAll(out ?? DEFAULT_FOLDER, progress);
  if (out !== undefined) throw new EmagentError('EM_USAGE', '--out is for the whole table: give it without --family, --n, --seeds, --strategy and --reference.');
  const parts = await partsOf(options);
  const results = await playWorlds(tasksOf(parts), progress);
  return evaluate(results, [reference ?? RASTER]);
}
