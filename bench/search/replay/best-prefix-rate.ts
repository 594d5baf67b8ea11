import { markVisited, startVisits } from './plain-policies.ts';
import { minutesBetween, type ReplayPolicy, type ReplayTask } from './policy.ts';

/** A hole of a walk over a square's patches is left out once it is worth less than this share of the best rate so far. */
const WORTHWHILE_SHARE = 0.9;
/** Patches of a square are ranked by the sum of so many of their best holes. */
const RANKED_BY = 4;

interface Patch {
  /** Best first; file order on ties. Visited holes are taken out. */
  readonly holes: number[];
}

interface State {
  readonly task: ReplayTask;
  readonly visited: Uint8Array;
  readonly value: readonly number[];
  readonly patches: readonly Patch[];
  /** Patches of each square. */
  readonly squares: readonly (readonly Patch[])[];
}

interface Candidate {
  readonly rate: number;
  readonly hole: number;
}

function groups<T>(items: Iterable<T>, keyOf: (item: T) => number): T[][] {
  const byKey = new Map<number, T[]>();
  for (const item of items) {
    const group = byKey.get(keyOf(item));
    if (group === undefined) byKey.set(keyOf(item), [item]);
    else group.push(item);
  }
  return [...byKey.values()];
}

function start(task: ReplayTask, value: readonly number[]): State {
  const { holes } = task;
  const patches = groups(holes.keys(), (hole) => holes[hole]!.patch).map((members) => ({
    square: holes[members[0]!]!.square,
    holes: members.filter((hole) => hole !== task.startHole).sort((a, b) => value[b]! - value[a]!),
  }));
  return { ...startVisits(task), value, patches, squares: groups(patches, ({ square }) => square) };
}

/** Best rate over the prefixes of a patch's holes, the way there included. */
function ofPatch({ holes }: Patch, value: readonly number[], entranceMin: number): Candidate {
  let sum = 0;
  let minutes = entranceMin - 1;
  let rate = 0;
  for (const hole of holes) {
    sum += value[hole]!;
    minutes += 1;
    if (sum / minutes <= rate) break;
    rate = sum / minutes;
  }
  return { rate, hole: holes[0]! };
}

const bestSum = ({ holes }: Patch, value: readonly number[]): number => holes.slice(0, RANKED_BY).reduce((sum, hole) => sum + value[hole]!, 0);

function ofSquare(square: readonly Patch[], value: readonly number[], minutesTo: (hole: number) => number): Candidate {
  const ranked = square.map((patch) => ({ patch, worth: bestSum(patch, value) })).sort((a, b) => b.worth - a.worth);
  const first = ranked[0]!.patch.holes[0]!;
  let sum = 0;
  let minutes = minutesTo(first) - 1;
  let rate = 0;
  for (const [at, { patch }] of ranked.entries()) {
    if (at > 0) minutes += 1;
    for (const hole of patch.holes) {
      if (value[hole]! < WORTHWHILE_SHARE * rate) break;
      sum += value[hole]!;
      minutes += 1;
    }
    rate = Math.max(rate, sum / minutes);
  }
  return { rate, hole: first };
}

function next({ task, value, patches, squares }: State, current: number): number {
  const minutesTo = (hole: number): number => minutesBetween(task.holes[current]!, task.holes[hole]!, task.costs);
  let chosen: Candidate = { rate: -1, hole: -1 };
  const offer = (candidate: Candidate): void => {
    if (candidate.rate > chosen.rate) chosen = candidate;
  };
  for (const patch of patches) if (patch.holes.length > 0) offer(ofPatch(patch, value, minutesTo(patch.holes[0]!)));
  for (const square of squares) {
    const open = square.filter(({ holes }) => holes.length > 0);
    if (open.length > 0) offer(ofSquare(open, value, minutesTo));
  }
  return chosen.hole;
}

function policyOf(id: string, summary: string, valuesOf: (task: ReplayTask) => readonly number[]): ReplayPolicy<State> {
  return {
    id,
    summary,
    start: (task) => start(task, valuesOf(task)),
    next,
    observe: (state, visited) => {
      for (const { holes } of state.patches) {
        const at = holes.indexOf(visited.hole);
        if (at >= 0) holes.splice(at, 1);
      }
      return markVisited(state, visited);
    },
  };
}

/** The index rule of search.md 2a, with the predicted probabilities. */
export const bestPrefixRate = policyOf('best-prefix-rate', 'Best rate over the prefixes of patches and squares, the way there included.', (task) =>
  task.holes.map(({ probability }) => probability),
);

/** The same rule with what was measured in place of the probabilities: no bound, but near one. */
export const nearOracle = (good: readonly boolean[]): ReplayPolicy<State> =>
  policyOf('near-oracle', 'best-prefix-rate with the measured qualities: needs the truth.', () => good.map(Number));
