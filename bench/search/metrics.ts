import { quantile } from '../quantile.ts';
import { geometricMean, mean, type Interval } from './statistics.ts';
import type { RunRecord, TaskResult } from './task.ts';

/** What areas and speed-ups are normalised by: played on every world. */
export const RASTER = 'serpentine';

export interface Comparison {
  readonly family: string;
  /** Tiles. */
  readonly n: number;
  readonly strategy: string;
  readonly reference: string;
  /** Number of worlds on which both were played. */
  readonly seeds: number;
  /** Geometric mean over the worlds of time of the reference / time of the strategy, and its 95 % bootstrap interval. */
  readonly speedup: number;
  readonly low: number;
  readonly high: number;
  /** Share of worlds on which the strategy was slower. */
  readonly slower: number;
  /** A tenth of the worlds is no better than this. */
  readonly worstDecile: number;
}

const round = (value: number, digits = 4): number => Number(value.toPrecision(digits));

/** Results of one family and size. */
export function groupsOf(results: readonly TaskResult[]): TaskResult[][] {
  const groups = new Map<string, TaskResult[]>();
  for (const result of results) {
    const key = `${result.task.family} ${result.task.edgeTiles}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [result]);
    else group.push(result);
  }
  return [...groups.values()];
}

const runOf = ({ runs }: TaskResult, name: string): RunRecord => runs.find(({ strategy }) => strategy === name)!;

/** Paired: both on the same worlds. */
export function compare(group: readonly TaskResult[], strategy: string, reference: string): Comparison {
  const ratios = group.map((result) => runOf(result, reference).timeS / runOf(result, strategy).timeS);
  const { value, low, high } = geometricMean(ratios);
  return {
    family: group[0]!.task.family,
    n: group[0]!.tiles,
    strategy,
    reference,
    seeds: group.length,
    speedup: round(value),
    low: round(low),
    high: round(high),
    slower: round(ratios.filter((ratio) => ratio < 1).length / ratios.length),
    worstDecile: round(quantile(ratios, 0.1)),
  };
}

/** Share of the area under the finds-against-time curve, up to the time at which the raster was done. */
export function areaUnderFinds(timesS: readonly number[], finds: number, horizonS: number): number {
  return timesS.reduce((sum, timeS) => sum + Math.max(0, horizonS - timeS), 0) / (finds * horizonS);
}

/** (A - A_raster) / (A_oracle - A_raster); undefined where the oracle is no better. */
function normalisedArea(result: TaskResult, run: RunRecord): number | undefined {
  const raster = runOf(result, RASTER);
  const area = (timesS: readonly number[]): number => areaUnderFinds(timesS, result.finds, raster.timeS);
  const [floor, ceiling] = [area(raster.findTimesS), area(result.oracleTimesS)];
  return ceiling - floor < 1e-9 ? undefined : (area(run.findTimesS) - floor) / (ceiling - floor);
}

export interface Metrics {
  readonly family: string;
  readonly n: number;
  readonly strategy: string;
  readonly seeds: number;
  /** Times to the first and to all finds against the serpentine's, geometric means; null where nothing can be found. */
  readonly speedupToFirst: Interval | null;
  readonly speedupToAll: Interval;
  /** A tenth of the worlds is no better than this. */
  readonly worstDecile: number;
  /** Time to all finds against the oracle's, where all were found. */
  readonly regret: number | null;
  /** The same against the lower value that no search goes below. */
  readonly regretToBound: number | null;
  readonly area: number | null;
  readonly meanTimeS: number;
  /** Share of runs that found all that was asked for; finds per run. */
  readonly complete: number;
  readonly finds: number;
  readonly declared: number;
  readonly falseFinds: number;
  readonly falsePer1000Tiles: number;
  /** Targets per run that were looked at closely and not declared, and that were never looked at closely. */
  readonly missedSeen: number;
  readonly missedUnseen: number;
  /** Share of runs in which no more targets were left than the 95 % bound said. */
  readonly coverage: number;
  readonly dosePerFindNC: number | null;
  readonly emptyDoseShare: number;
  readonly travelMm: number;
  readonly switches: number;
  readonly refocuses: number;
  readonly plannerMedianMs: number;
  readonly plannerP90Ms: number;
  /** Runs that were played again and made the same decisions; null when none was. */
  readonly sameTrace: number | null;
  readonly brierSkill: readonly number[] | null;
  readonly logScore: readonly number[] | null;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const rounded = ({ value, low, high }: Interval): Interval => ({ value: round(value), low: round(low), high: round(high) });
const orNull = (values: readonly number[], reduce: (values: readonly number[]) => number): number | null => (values.length === 0 ? null : round(reduce(values)));

/** Mean over the runs of what a calibration says at each share of the run. */
function byShare(runs: readonly RunRecord[], read: 'brierSkill' | 'logScore'): number[] | null {
  const told = runs.flatMap(({ calibration }) => (calibration === undefined || calibration.length === 0 ? [] : [calibration]));
  if (told.length === 0) return null;
  const shares = told.reduce((longest, now) => (now.length > longest.length ? now : longest)).map(({ share }) => share);
  return shares.map((share) => round(mean(told.flatMap((calibration) => calibration.filter((entry) => entry.share === share).map((entry) => entry[read])))));
}

export function metricsOf(group: readonly TaskResult[], strategy: string): Metrics {
  const runs = group.map((result) => runOf(result, strategy));
  const firsts = group.flatMap((result) => {
    const [mine] = runOf(result, strategy).findTimesS;
    const [raster] = runOf(result, RASTER).findTimesS;
    return mine === undefined || raster === undefined ? [] : [raster / mine];
  });
  const regrets = group.flatMap((result) => {
    const { reached, timeS } = runOf(result, strategy);
    return reached && result.oracleTimesS.length >= result.finds ? [timeS / result.oracleTimesS[result.finds - 1]!] : [];
  });
  const toAll = group.map((result) => runOf(result, RASTER).timeS / runOf(result, strategy).timeS);
  const lowers = group.flatMap((result) => {
    const { reached, timeS } = runOf(result, strategy);
    return reached && result.oracleBounds !== null ? [timeS / result.oracleBounds.lowerS] : [];
  });
  const areas = group.flatMap((result) => normalisedArea(result, runOf(result, strategy)) ?? []);
  const found = sum(runs.map(({ findTimesS }) => findTimesS.length));
  const doseC = sum(runs.map((run) => run.doseC));
  const again = runs.filter(({ sameTrace }) => sameTrace !== undefined);
  const perRun = (read: (run: RunRecord) => number): number => round(mean(runs.map(read)));
  return {
    family: group[0]!.task.family,
    n: group[0]!.tiles,
    strategy,
    seeds: group.length,
    speedupToFirst: firsts.length === 0 ? null : rounded(geometricMean(firsts)),
    speedupToAll: rounded(geometricMean(toAll)),
    worstDecile: round(quantile(toAll, 0.1)),
    regret: orNull(regrets, (values) => geometricMean(values).value),
    regretToBound: orNull(lowers, (values) => geometricMean(values).value),
    area: orNull(areas, mean),
    meanTimeS: perRun(({ timeS }) => timeS),
    complete: perRun(({ reached }) => (reached ? 1 : 0)),
    finds: perRun(({ findTimesS }) => findTimesS.length),
    declared: sum(runs.map(({ declared }) => declared)),
    falseFinds: sum(runs.map(({ falseFinds }) => falseFinds)),
    falsePer1000Tiles: round((1000 * sum(runs.map(({ falseFinds }) => falseFinds))) / Math.max(1, sum(runs.map(({ inspected }) => inspected)))),
    missedSeen: perRun(({ missedSeen }) => missedSeen),
    missedUnseen: perRun(({ missedUnseen }) => missedUnseen),
    coverage: perRun(({ targetsLeft, upper95Left }) => (targetsLeft <= upper95Left ? 1 : 0)),
    dosePerFindNC: found === 0 ? null : round((1e9 * doseC) / found),
    emptyDoseShare: round(sum(runs.map(({ emptyDoseC }) => emptyDoseC)) / Math.max(doseC, Number.MIN_VALUE)),
    travelMm: round(mean(runs.map(({ travelUm }) => travelUm)) / 1000),
    switches: perRun(({ switches }) => switches),
    refocuses: perRun(({ refocuses }) => refocuses),
    plannerMedianMs: perRun(({ plannerMedianMs }) => plannerMedianMs),
    plannerP90Ms: round(quantile(runs.map(({ plannerP90Ms }) => plannerP90Ms), 0.9)),
    sameTrace: again.length === 0 ? null : round(mean(again.map(({ sameTrace }) => (sameTrace === true ? 1 : 0)))),
    brierSkill: byShare(runs, 'brierSkill'),
    logScore: byShare(runs, 'logScore'),
  };
}

/** How tight the oracle is: geometric means over the worlds in which as many targets can be found as were asked for. */
export interface OracleTightness {
  readonly family: string;
  readonly n: number;
  readonly worlds: number;
  readonly oracleS: number;
  /** Worlds in which the shortest walk was proven, and the oracle's time by its time there. */
  readonly proven: number;
  readonly overExact: number | null;
  /** The oracle's time by the lower value. */
  readonly overLower: number;
}

export function tightnessOf(group: readonly TaskResult[]): OracleTightness | undefined {
  const bounded = group.flatMap(({ oracleBounds, oracleTimesS, finds }) => (oracleBounds === null ? [] : [{ ...oracleBounds, oracleS: oracleTimesS[finds - 1]! }]));
  if (bounded.length === 0) return undefined;
  const exact = bounded.flatMap(({ oracleS, exactS }) => (exactS === null ? [] : [oracleS / exactS]));
  const geometric = (values: readonly number[]): number => round(geometricMean(values).value);
  return {
    family: group[0]!.task.family,
    n: group[0]!.tiles,
    worlds: bounded.length,
    oracleS: geometric(bounded.map(({ oracleS }) => oracleS)),
    proven: exact.length,
    overExact: exact.length === 0 ? null : geometric(exact),
    overLower: geometric(bounded.map(({ oracleS, lowerS }) => oracleS / lowerS)),
  };
}
