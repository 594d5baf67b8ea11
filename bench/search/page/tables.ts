import type { Comparison, Metrics, OracleTightness } from '../metrics.ts';
import type { ReplayScore } from '../replay/replay.ts';
import { mean } from '../statistics.ts';
import type { TaskResult } from '../task.ts';

export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [`| ${head.join(' | ')} |`, `|${head.map((_, at) => (at === 0 ? '---|' : '--:|')).join('')}`, ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n');
}

const figure = (value: number | null, digits = 2): string => (value === null ? '–' : value.toFixed(digits));
const times = ({ speedup, low, high }: Pick<Comparison, 'speedup' | 'low' | 'high'>): string => `**${speedup.toFixed(2)}** [${low.toFixed(2)}, ${high.toFixed(2)}]`;

/** Published figures of search.md 2b: oracle and raster in s, then raster / policy in the order below. */
const PUBLISHED: Readonly<Record<string, readonly number[]>> = {
  '2b-uniform-0.2': [98, 9962, 1.02, 0.18, 0.55, 1.8, 1.83, 1.66],
  '2b-uniform-1': [72, 1809, 0.9, 0.14, 0.93, 1.14, 1.89, 1.51],
  '2b-uniform-5': [62, 509, 1.01, 0.21, 0.34, 0.36, 2.02, 2.16],
  '2b-loose-0.2': [72, 7027, 0.9, 0.13, 0.51, 2.43, 2.43, 2.5],
  '2b-loose-1': [67, 2753, 0.98, 0.22, 1.34, 1.75, 3.45, 3.58],
  '2b-loose-5': [62, 827, 1.47, 0.32, 0.56, 0.59, 3.36, 3.46],
  '2b-tight-0.2': [70, 6987, 0.92, 0.12, 0.42, 2.73, 2.58, 2.77],
  '2b-tight-1': [66, 4288, 0.97, 0.34, 2.22, 2.95, 4.43, 3.73],
  '2b-tight-5': [61, 1170, 1.01, 0.45, 0.79, 0.84, 5.29, 4.26],
};
const POLICIES = ['spiral-order', 'random-order', 'survey-rank', 'p-over-cost', 'mixed-index', 'mixed-index-priced-return'] as const;

/** Ours beside the published figure where they differ in what is printed. */
export function publishedTable(groups: readonly (readonly TaskResult[])[], plainOracleS: ReadonlyMap<string, number>): string {
  const rows = groups.map((group) => {
    const { family } = group[0]!.task;
    const meanS = (name: string): number => mean(group.map(({ runs }) => runs.find(({ strategy }) => strategy === name)!.seconds));
    const rasterS = meanS('raster');
    const ours = [plainOracleS.get(family)!.toFixed(0), rasterS.toFixed(0), ...POLICIES.map((name) => (rasterS / meanS(name)).toFixed(2))];
    const published = PUBLISHED[family]!.map((value, at) => value.toFixed(at < 2 ? 0 : 2));
    return [family, ...ours.map((value, at) => (value === published[at] ? value : `${value} (${published[at]})`))];
  });
  return table(['world', 'oracle, s', 'raster, s', ...POLICIES], rows);
}

export function pairedTable(comparisons: readonly Comparison[]): string {
  const references = [...new Set(comparisons.map(({ reference }) => reference))];
  const rows = [...new Set(comparisons.map(({ family }) => family))].map((family) => {
    const own = comparisons.filter((entry) => entry.family === family && entry.strategy === 'adaptive');
    const against = references.flatMap((reference) => {
      const entry = own.find((one) => one.reference === reference)!;
      return [times(entry), figure(entry.worstDecile)];
    });
    return [family, own[0]!.seeds, ...against];
  });
  return table(['world', 'seeds', ...references.flatMap((reference) => [`adaptive against ${reference}`, 'worst tenth'])], rows);
}

export function speedTable(metrics: readonly Metrics[], strategies: readonly string[]): string {
  const rows = metrics
    .filter(({ strategy }) => strategies.includes(strategy))
    .map((entry) => [
      entry.family, entry.strategy, entry.seeds, times({ ...entry.speedupToAll, speedup: entry.speedupToAll.value }), figure(entry.worstDecile),
      entry.speedupToFirst === null ? '–' : figure(entry.speedupToFirst.value), figure(entry.regret, 1), figure(entry.regretToBound, 1), figure(entry.area), figure(entry.complete), figure(entry.finds, 1),
    ]);
  return table(['family', 'strategy', 'seeds', 'TK, x serpentine', 'worst tenth', 'T1, x serpentine', 'TK / oracle', 'TK / bound', 'area', 'complete', 'finds'], rows);
}

export function honestyTable(metrics: readonly Metrics[], strategies: readonly string[]): string {
  const rows = metrics
    .filter(({ strategy }) => strategies.includes(strategy))
    .map((entry) => [
      entry.family, entry.strategy, `${entry.falseFinds} / ${entry.declared}`, figure(entry.falsePer1000Tiles), figure(entry.missedSeen, 1), figure(entry.missedUnseen, 1), figure(entry.coverage),
      entry.brierSkill === null ? '–' : entry.brierSkill.map((value) => value.toFixed(2)).join(' / '), entry.logScore === null ? '–' : entry.logScore.map((value) => value.toFixed(3)).join(' / '),
    ]);
  return table(['family', 'strategy', 'false / declared', 'false per 1000 tiles', 'seen, not declared', 'never seen', 'bound holds', 'Brier skill, 25 / 50 / 100 %', 'log score, nats a tile'], rows);
}

export function priceTable(metrics: readonly Metrics[], strategies: readonly string[]): string {
  const rows = metrics
    .filter(({ strategy }) => strategies.includes(strategy))
    .map((entry) => [
      entry.family, entry.strategy, figure(entry.meanTimeS, 0), entry.dosePerFindNC === null ? '–' : figure(entry.dosePerFindNC), figure(entry.emptyDoseShare), figure(entry.travelMm),
      figure(entry.switches, 0), figure(entry.refocuses, 0), entry.plannerMedianMs.toPrecision(2), entry.plannerP90Ms.toPrecision(2), entry.sameTrace === null ? '–' : `${entry.sameTrace * 100} %`,
    ]);
  return table(['family', 'strategy', 'TK mean, s', 'nC a find', 'dose on empty tiles', 'stage, mm', 'changes', 'focusings', 'decision, ms', 'worst tenth', 'same again'], rows);
}

export function replayTable(scores: readonly ReplayScore[]): string {
  return table(['strategy', 'starts', '120 min', '240', '360', '480'], scores.map(({ strategy, starts, good }) => [strategy, starts, ...good.map((value) => value.toFixed(1))]));
}

export function oracleTable(rows: readonly OracleTightness[]): string {
  return table(
    ['family', 'tiles', 'oracle, s', 'oracle / lower bound', 'shortest way proven', 'oracle / shortest'],
    rows.map(({ family, n, worlds, oracleS, proven, overExact, overLower }) => [family, n, oracleS.toFixed(1), overLower.toFixed(2), `${proven} of ${worlds}`, figure(overExact, 3)]),
  );
}
