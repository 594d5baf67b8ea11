/** What a policy may know of a hole before it was visited. Patch, square and tile are numbered in the order of the file. */
export interface ReplayHole {
  readonly id: string;
  /** Resolution that a network predicted from the low-magnification picture, angstrom; small is good. */
  readonly predictedA: number;
  /** Probability that the hole is good, from the prediction: 1 / (1 + exp((predictedA - 6) / 0.9)). */
  readonly probability: number;
  /** Nested: a patch lies in one square, a square in one grid tile. */
  readonly patch: number;
  readonly square: number;
  readonly tile: number;
}

/** Minutes from a hole to the next, its own exposure included, by the nearest thing that both lie in. */
export interface ReplayCosts {
  readonly samePatchMin: number;
  readonly sameSquareMin: number;
  readonly sameTileMin: number;
  readonly elsewhereMin: number;
}

export interface ReplayTask {
  /** In the order of the file; a hole is known by its index here. */
  readonly holes: readonly ReplayHole[];
  readonly costs: ReplayCosts;
  /** Where the run begins: visited, not paid for, not counted, and its quality is not told. */
  readonly startHole: number;
  readonly budgetMin: number;
  readonly seed: number;
}

/**
 * Chooses holes of a recorded data set one after another. It never sees what was measured at a hole before it goes there. `next` is not
 * asked again once every hole was visited; `observe` may change the state in place and return it.
 */
export interface ReplayPolicy<S = unknown> {
  readonly id: string;
  readonly summary: string;
  start(task: ReplayTask): S;
  /** Index of a hole that was not visited yet. */
  next(state: S, currentHole: number): number;
  observe(state: S, visited: { readonly hole: number; readonly good: boolean }): S;
}

export function minutesBetween(a: ReplayHole, b: ReplayHole, costs: ReplayCosts): number {
  if (a.patch === b.patch) return costs.samePatchMin;
  if (a.square === b.square) return costs.sameSquareMin;
  return a.tile === b.tile ? costs.sameTileMin : costs.elsewhereMin;
}
