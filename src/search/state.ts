import type { Find, SearchOptions, TileGrid } from '../contract/strategy.ts';
import { createBelief, type Belief } from './belief.ts';
import type { Candidate } from './confirmation.ts';
import { blockColumns, blockRows, tileCount } from './grid.ts';

/** Codes of `SearchSummary.seen`. */
export const SEEN = { not: 0, surveyed: 1, inspected: 2, settled: 3, skipped: 4 } as const;
/** What became of the survey of a block. */
export const SURVEY = { not: 0, seen: 1, failed: 2 } as const;

/** State of every strategy: plain JSON, four numbers per tile and three per block. */
export interface SearchState {
  readonly v: 1;
  readonly grid: TileGrid;
  readonly options: SearchOptions;
  readonly belief: Belief;
  /** Per tile, codes of SEEN. */
  readonly seen: number[];
  /** Per block, codes of SURVEY. */
  readonly surveys: number[];
  /** How far the strategy's order of tiles has been worked off. */
  cursor: number;
  /** Tiles that failed and are tried again when all others are done, in that order. */
  readonly retries: number[];
  /** How often a tile failed, by tile. */
  readonly failures: Record<string, { skipped: number; rejected: number }>;
  candidate: Candidate | null;
  /** Inspected tiles that may hold a target and wait until a confirm look at them pays. */
  readonly suspects: Candidate[];
  /** Suspected finds that were settled, and the confirm looks that they took. */
  settled: { candidates: number; looks: number };
  /** What was looked at again as often as may be, without a decision. */
  readonly undecided: Candidate[];
  readonly finds: Find[];
  /** Tiles that show an object found from another tile. */
  readonly duplicates: number[];
  /**
   * What survey scores were worth, over the inspected tiles: targets expected with the scores and without them, for the finds
   * the logarithm of the ratio of the two probabilities, summed, and how often trust was lost.
   */
  trust: { expected: number; expectedWithout: number; finds: number; logRatio: number; lapses: number };
  /** Instrument seconds of all looks so far. */
  spentS: number;
  /** With a budget of time: the rate that fills what is left of it, and what was left when it was reckoned (budget.ts). */
  goal: { readonly rate: number; readonly leftS: number } | null;
  /** Tiles covered by a survey look, inspected, and given up. */
  surveyed: number;
  inspected: number;
  skipped: number;
}

export function createState(grid: TileGrid, options: SearchOptions): SearchState {
  return {
    v: 1,
    grid,
    options,
    belief: createBelief(grid, options.prevalence, options.priorLogOdds),
    seen: Array.from({ length: tileCount(grid) }, () => SEEN.not),
    surveys: Array.from({ length: blockColumns(grid) * blockRows(grid) }, () => SURVEY.not),
    cursor: 0,
    retries: [],
    failures: {},
    candidate: null,
    suspects: [],
    undecided: [],
    settled: { candidates: 0, looks: 0 },
    finds: [],
    duplicates: [],
    trust: { expected: 0, expectedWithout: 0, finds: 0, logRatio: 0, lapses: 0 },
    spentS: 0,
    goal: null,
    surveyed: 0,
    inspected: 0,
    skipped: 0,
  };
}

/** Not yet looked at closely, and worth a first look: neither given up nor waiting to be tried again. */
export function isOpen(state: SearchState, tile: number): boolean {
  return state.seen[tile]! <= SEEN.surveyed && state.failures[tile] === undefined;
}
