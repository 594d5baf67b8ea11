import { randomFor, type Random } from '../../../src/lib/random.ts';
import { minutesBetween, type ReplayPolicy, type ReplayTask } from './policy.ts';

interface Visits {
  readonly task: ReplayTask;
  readonly visited: Uint8Array;
}

export function startVisits(task: ReplayTask): Visits {
  const visited = new Uint8Array(task.holes.length);
  visited[task.startHole] = 1;
  return { task, visited };
}

export function markVisited<S extends { readonly visited: Uint8Array }>(state: S, { hole }: { readonly hole: number }): S {
  state.visited[hole] = 1;
  return state;
}

/** Unvisited hole of the largest value; the first in file order on ties. */
function best({ task, visited }: Visits, valueOf: (hole: number) => number): number {
  let chosen = -1;
  let most = Number.NEGATIVE_INFINITY;
  for (let hole = 0; hole < task.holes.length; hole++) {
    if (visited[hole] !== 0) continue;
    const value = valueOf(hole);
    if (value > most) {
      most = value;
      chosen = hole;
    }
  }
  return chosen;
}

export const random: ReplayPolicy<Visits & { readonly random: Random }> = {
  id: 'random',
  summary: 'Any hole that was not visited.',
  start: (task) => ({ ...startVisits(task), random: randomFor(task.seed, 'replay-random') }),
  next: ({ visited, random: stream }) => {
    const open = [...visited.keys()].filter((hole) => visited[hole] === 0);
    return open[stream.integer(open.length)]!;
  },
  observe: markVisited,
};

export const greedy: ReplayPolicy<Visits> = {
  id: 'greedy',
  summary: 'The best prediction next, travel ignored.',
  start: startVisits,
  next: (state) => best(state, (hole) => -state.task.holes[hole]!.predictedA),
  observe: markVisited,
};

export const raster: ReplayPolicy<Visits & { readonly order: readonly number[]; readonly rank: Int32Array }> = {
  id: 'raster',
  summary: 'In the order of the names, round from the current hole.',
  start: (task) => {
    const { holes } = task;
    const order = holes.map((_, hole) => hole).sort((a, b) => (holes[a]!.id < holes[b]!.id ? -1 : 1));
    const rank = new Int32Array(holes.length);
    for (const [at, hole] of order.entries()) rank[hole] = at;
    return { ...startVisits(task), order, rank };
  },
  next: ({ order, rank, visited }, current) => {
    for (let step = 1; step < order.length; step++) {
      const hole = order[(rank[current]! + step) % order.length]!;
      if (visited[hole] === 0) return hole;
    }
    return -1;
  },
  observe: markVisited,
};

export const pOverCost: ReplayPolicy<Visits> = {
  id: 'p-over-cost',
  summary: 'Probability per minute of the next hole.',
  start: startVisits,
  next: (state, current) => {
    const { holes, costs } = state.task;
    return best(state, (hole) => holes[hole]!.probability / minutesBetween(holes[current]!, holes[hole]!, costs));
  },
  observe: markVisited,
};
