import { required } from '../../../src/lib/guards.ts';
import { createDensity, creditScales, mixedFactor, overallFactor, record, scaleWeights, type Density, type Scale } from '../../../src/search/density.ts';
import { prefixRate, type Region } from '../../../src/search/going-rate.ts';
import { chooseItem, goalRate } from '../../../src/search/goal-rate.ts';
import { minutesBetween, type ReplayPolicy, type ReplayTask } from './policy.ts';

/**
 * How many expected hits outweigh what a patch, a square and a grid tile show: the exponential prior. The shapes that the grid of
 * tiles has (0.05, 0.25, 0.5) are those of rare targets in clusters; here a third of the holes is good. On answers that were drawn
 * at random shapes of 0.5 do worse and those of 2 and 4 no better (docs/search-strategy.md).
 */
const SHAPES = [1, 1, 1] as const;

interface State {
  readonly task: ReplayTask;
  readonly visited: Uint8Array;
  readonly density: Density;
  readonly scales: readonly Scale[];
  readonly patches: { square: number; tile: number; holes: number[] }[];
  spent: number;
  current: number;
}

function startState(task: ReplayTask): State {
  const patches: State['patches'] = [];
  task.holes.forEach((hole, at) => {
    (patches[hole.patch] ??= { square: hole.square, tile: hole.tile, holes: [] }).holes.push(at);
  });
  for (let at = 0; at < patches.length; at++) patches[at] ??= { square: -1, tile: -1, holes: [] };
  const same = (key: (patch: number) => number): Scale['reach'] => {
    const groups = new Map<number, number[]>();
    patches.forEach((_, patch) => groups.set(key(patch), [...(groups.get(key(patch)) ?? []), patch]));
    return (patch, tell) => groups.get(key(patch))!.forEach((near) => tell(near, 1));
  };
  const scales: Scale[] = [
    { shape: SHAPES[0]!, reach: same((patch) => patch) },
    { shape: SHAPES[1]!, reach: same((patch) => patches[patch]!.square) },
    { shape: SHAPES[2]!, reach: same((patch) => patches[patch]!.tile) },
  ];
  const visited = new Uint8Array(task.holes.length);
  visited[task.startHole] = 1;
  const density = createDensity(patches.length, scales.length);
  return { task, visited, density, scales, patches, spent: 0, current: task.startHole };
}

interface Place extends Region {
  readonly holes: readonly number[];
  readonly inside: readonly Place[];
}

/** Squares and patches that have holes left as nested regions, seen from the current hole. */
function tree(state: State, current: number): Place {
  const { task, visited, density, scales, patches } = state;
  const { costs, holes } = task;
  const weights = scaleWeights(density);
  const overall = overallFactor(density);
  const here = holes[current]!;
  const tiles = new Map<number, Map<number, Place[]>>();
  patches.forEach(({ holes: inPatch, square, tile }, patch) => {
    const left = inPatch.filter((hole) => visited[hole] === 0);
    if (left.length === 0) return;
    const factor = mixedFactor(density, scales, { region: patch, weights, overall });
    const items = left.map((hole) => {
      const odds = (holes[hole]!.probability / (1 - holes[hole]!.probability)) * factor;
      return { gain: odds / (1 + odds), seconds: costs.samePatchMin };
    });
    const squares = tiles.get(tile) ?? new Map<number, Place[]>();
    tiles.set(tile, squares);
    squares.set(square, [...(squares.get(square) ?? []), { entryS: patch === here.patch ? 0 : costs.sameSquareMin - costs.samePatchMin, items, inside: [], holes: left }]);
  });
  const inside = [...tiles].map(([tile, squares]): Place => ({
    entryS: tile === here.tile ? 0 : costs.elsewhereMin - costs.sameTileMin,
    items: [],
    holes: [],
    inside: [...squares].map(([square, within]): Place => ({
      entryS: square === here.square ? 0 : costs.sameTileMin - costs.sameSquareMin,
      items: [],
      holes: [],
      inside: within,
    })),
  }));
  return { entryS: 0, items: [], holes: [], inside };
}

/** Rates that differ by less than this share are the same. */
const SAME_RATE = 1e-5;

function policy(id: string, summary: string, rateFor: (root: Region, state: State) => number): ReplayPolicy<State> {
  return {
    id,
    summary,
    start: startState,
    next: (state, current) => {
      const root = tree(state, current);
      state.current = current;
      const chosen = required(chooseItem(root, rateFor(root, state)) ?? chooseItem(root, 0), 'a hole');
      return (chosen.region as Place).holes[chosen.item]!;
    },
    observe: (state, { hole, good }) => {
      const { task, density, scales, visited } = state;
      const { patch, probability } = task.holes[hole]!;
      visited[hole] = 1;
      state.spent += minutesBetween(task.holes[state.current]!, task.holes[hole]!, task.costs);
      creditScales(density, scales, { region: patch, priorOdds: probability / (1 - probability), ratios: [good ? 1e9 : 0], share: 1 });
      record(density, scales, { region: patch, hits: good ? 1 : 0, expected: probability, looks: 1 });
      return state;
    },
  };
}

/** A search with a budget of time: it asks for the rate that fills what is left, as on a stage (src/search/budget.ts). */
export const adaptive = policy(
  'adaptive',
  "The product's density and its rule where time is limited, on the hierarchy and costs of the holes.",
  (root, state) => goalRate(root, state.task.budgetMin - state.spent),
);

/** A search without one goes where the best-prefix rate is highest: what `adaptive` does when it is not told the time. */
export const adaptiveUntimed = policy(
  'adaptive-untimed',
  'The same where the strategy is not told that time is limited: the highest prefix rate.',
  (root) => prefixRate(root) * (1 - SAME_RATE),
);
