import type { SearchSummary } from '../../src/contract/strategy.ts';
import { loadBenchStrategy, ORACLE } from './baselines/registry.ts';
import { oracleTimesS } from './baselines/oracle.ts';
import { oracleBounds, type OracleBounds } from './baselines/oracle-bounds.ts';
import { createWorld } from './create-world.ts';
import { loadFamily } from './families/registry.ts';
import { play, type Play } from './player.ts';
import { quantile } from '../quantile.ts';
import type { World } from './world.ts';

/** One world, and the strategies that are played on it; the first of them is what areas are normalised by. */
export interface Task {
  readonly family: string;
  readonly edgeTiles: number;
  readonly seed: number;
  readonly strategies: readonly string[];
  /** Plays each a second time: the same trace, and the belief at 25, 50 and 100 % of the run. */
  readonly again: boolean;
}

export interface Calibration {
  readonly share: number;
  /** 1 - Brier score / that of the true share of targets told of each tile: above 0 is better than knowing the density alone. */
  readonly brierSkill: number;
  /** Mean of -ln p(what is there), nats per tile. */
  readonly logScore: number;
}

/** What is kept of one run. */
export interface RunRecord {
  readonly strategy: string;
  /** Time to K finds; see `timeToFinds`. */
  readonly timeS: number;
  readonly reached: boolean;
  readonly outcome: Play['outcome'];
  readonly findTimesS: readonly number[];
  readonly seconds: number;
  readonly declared: number;
  readonly falseFinds: number;
  readonly suspected: number;
  readonly inspected: number;
  readonly missedSeen: number;
  readonly missedUnseen: number;
  readonly targetsLeft: number;
  readonly expectedLeft: number;
  readonly upper95Left: number;
  readonly travelUm: number;
  readonly switches: number;
  readonly refocuses: number;
  readonly doseC: number;
  readonly emptyDoseC: number;
  readonly actions: number;
  readonly plannerMedianMs: number;
  readonly plannerP90Ms: number;
  readonly trace: string;
  readonly sameTrace?: boolean;
  readonly calibration?: readonly Calibration[];
}

export interface TaskResult {
  readonly task: Task;
  readonly profile: string;
  readonly finds: number;
  readonly tiles: number;
  readonly targets: number;
  readonly oracleTimesS: readonly number[];
  /** Null where fewer targets can be found than were asked for, or too many to go through. */
  readonly oracleBounds: OracleBounds | null;
  readonly runs: readonly RunRecord[];
}

/**
 * Time at which K targets were declared. A run that looked at every tile without it counts as it is: there was no more to find. One
 * that ended before (false finds among its finds, a budget, giving up) is charged in proportion to what it lacks, and without any find
 * a serpentine over the tiles that it left.
 */
export function timeToFinds(played: Pick<Play, 'findTimesS' | 'seconds' | 'inspected' | 'outcome'>, world: Pick<World, 'finds' | 'profile' | 'grid'>): { timeS: number; reached: boolean } {
  const { findTimesS, seconds, inspected } = played;
  const reachedS = findTimesS[world.finds - 1];
  if (reachedS !== undefined) return { timeS: reachedS, reached: true };
  const { costs, tileUm } = world.profile;
  const tiles = world.grid.columns * world.grid.rows - world.grid.excluded.length;
  if (played.outcome === 'exhausted' && inspected >= 0.95 * tiles) return { timeS: seconds, reached: false };
  if (findTimesS.length > 0) return { timeS: (seconds * world.finds) / findTimesS.length, reached: false };
  const tileS = costs.settleS + tileUm / costs.stageSpeedUmPerS + costs.frameS.inspect;
  return { timeS: seconds + (tiles - inspected) * tileS, reached: false };
}

/** Probabilities of 0 and 1 are not punished beyond this. */
const SURELY = 1e-6;

export function calibrationOf(summary: SearchSummary, world: World, share: number): Calibration {
  let [tiles, held, squares, logs] = [0, 0, 0, 0];
  summary.posterior.forEach((told, tile) => {
    if (told < 0) return;
    const truth = world.targets.has(tile) ? 1 : 0;
    const p = Math.min(1 - SURELY, Math.max(SURELY, told));
    tiles++;
    held += truth;
    squares += (told - truth) ** 2;
    logs -= truth === 1 ? Math.log(p) : Math.log(1 - p);
  });
  const rate = held / tiles;
  return { share, brierSkill: rate === 0 ? 0 : 1 - squares / tiles / (rate * (1 - rate)), logScore: logs / tiles };
}

const round = (value: number, digits = 4): number => Number(value.toPrecision(digits));

function recordOf(name: string, played: Play, world: World): RunRecord {
  return {
    strategy: name,
    ...timeToFinds(played, world),
    outcome: played.outcome,
    findTimesS: played.findTimesS,
    seconds: played.seconds,
    declared: played.declared,
    falseFinds: played.falseFinds,
    suspected: played.suspected,
    inspected: played.inspected,
    missedSeen: played.missedSeen,
    missedUnseen: played.missedUnseen,
    targetsLeft: played.targetsLeft,
    expectedLeft: played.missed.expected,
    upper95Left: played.missed.upper95,
    ...played.meter,
    emptyDoseC: played.emptyDoseC,
    actions: played.actions,
    plannerMedianMs: round(quantile(played.plannerMs, 0.5)),
    plannerP90Ms: round(quantile(played.plannerMs, 0.9)),
    trace: played.trace,
  };
}

const SHARES = [0.25, 0.5, 1] as const;

async function playNamed(name: string, world: World, { seed, again }: Task): Promise<RunRecord> {
  const strategy = await loadBenchStrategy(name, { surveySeparation: world.claimed.survey });
  const first = play(strategy, world, { seed });
  const record = recordOf(name, first, world);
  if (!again) return record;
  const calibration: Calibration[] = [];
  const second = play(strategy, world, {
    seed,
    watch: { actions: first.actions, shares: SHARES, onShare: (share, summary) => calibration.push(calibrationOf(summary, world, share)) },
  });
  return { ...record, sameTrace: second.trace === first.trace, calibration };
}

function oracleRecord(timesS: readonly number[], world: World): RunRecord {
  const last = timesS[timesS.length - 1] ?? 0;
  const left = world.targets.size - timesS.length;
  return {
    strategy: ORACLE, timeS: last, reached: timesS.length >= world.finds, outcome: 'found', findTimesS: timesS, seconds: last, declared: timesS.length,
    falseFinds: 0, suspected: timesS.length, inspected: timesS.length, missedSeen: 0, missedUnseen: left, targetsLeft: left, expectedLeft: left,
    upper95Left: left, travelUm: 0, switches: 0, refocuses: 0, doseC: 0, emptyDoseC: 0, actions: 2 * timesS.length, plannerMedianMs: 0, plannerP90Ms: 0, trace: '',
  };
}

export async function playTask(task: Task): Promise<TaskResult> {
  const world = createWorld(await loadFamily(task.family), task.edgeTiles, task.seed);
  const oracle = oracleTimesS(world);
  const runs: RunRecord[] = [];
  for (const name of task.strategies) runs.push(name === ORACLE ? oracleRecord(oracle, world) : await playNamed(name, world, task));
  return { task, profile: world.profile.id, finds: world.finds, tiles: task.edgeTiles ** 2, targets: world.targets.size, oracleTimesS: oracle, oracleBounds: oracleBounds(world, oracle) ?? null, runs };
}
