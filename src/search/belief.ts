import type { TileGrid } from '../contract/strategy.ts';
import { clamp } from '../lib/guards.ts';
import { blockColumns, blockOf, blockRows, tileCount } from './grid.ts';

/**
 * What is known of a target in each tile. Plain arrays of finite numbers, so that it goes through JSON unchanged: three
 * numbers per tile, four per block.
 */
export interface Belief {
  /** Per tile: log ratio of its survey look, 0 when there was none. */
  readonly survey: number[];
  /** Per tile: sum of the log ratios of its inspect and confirm looks, and their number. */
  readonly close: number[];
  readonly closeLooks: number[];
  /** Per block: soft and confirmed hits, and tested tiles, of the blocks around it, weighted by distance. */
  readonly nearHits: number[];
  readonly nearTested: number[];
  /** Whole area: confirmed hits and inspected tiles. */
  hits: number;
  tested: number;
  /** Log ratios of survey looks so far: how much they spread tells how well a survey separates. */
  surveyCount: number;
  surveySum: number;
  surveySumSquares: number;
  readonly prevalence: number;
  /** Per tile: what the user's prior adds to the log-odds of the density; absent when there is none. */
  readonly prior?: readonly number[];
  /** Survey looks count as evidence; false once their scores have proved useless. */
  surveyBelieved: boolean;
}

/** A block learns from blocks at most this many away in each axis. */
const KERNEL_REACH = 3;
/** Standard deviation of the kernel, blocks. */
const KERNEL_WIDTH = 1.2;
/** A survey hit counts as this share of an inspected one: its tiles were only seen from afar. */
const SOFT_WEIGHT = 0.3;
/** Strength of the whole area's density in a block, in tested tiles; of the user's prevalence in the whole area's. */
const GLOBAL_STRENGTH = 25;
const PREVALENCE_STRENGTH = 30;
const MAX_RATE = 0.95;
/** No single look is believed beyond this many nats: the likelihood curve is an estimate, too. */
const MAX_LOG_RATIO = 8;
/**
 * Correlation of the scores of two close looks at one tile: the same structure in another field, with other noise. Assumed,
 * not measured. Together with the clipping of the likelihood curves it decides how many looks a find takes.
 */
const LOOK_CORRELATION = 0.15;
/** What remains of a survey's evidence once the tile was seen closely: the survey showed the same structure, coarser. */
const SURVEY_SHARE_AFTER_INSPECT = 0.5;
/** Separation d' of a survey before the first one, and how many tiles it takes to outweigh it. */
const SURVEY_SEPARATION = 1.5;
const SURVEY_SEPARATION_STRENGTH = 32;

const KERNEL: readonly number[] = Array.from({ length: (2 * KERNEL_REACH + 1) ** 2 }, (_, index) => {
  const dx = (index % (2 * KERNEL_REACH + 1)) - KERNEL_REACH;
  const dy = Math.floor(index / (2 * KERNEL_REACH + 1)) - KERNEL_REACH;
  return Math.exp(-(dx * dx + dy * dy) / (2 * KERNEL_WIDTH * KERNEL_WIDTH));
});

export const logit = (p: number): number => Math.log(p / (1 - p));
export const logistic = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds));

export function createBelief(grid: TileGrid, prevalence: number, prior?: readonly number[]): Belief {
  const zeros = (length: number): number[] => Array.from({ length }, () => 0);
  const tiles = tileCount(grid);
  const blocks = blockColumns(grid) * blockRows(grid);
  return {
    survey: zeros(tiles),
    close: zeros(tiles),
    closeLooks: zeros(tiles),
    nearHits: zeros(blocks),
    nearTested: zeros(blocks),
    hits: 0,
    tested: 0,
    surveyCount: 0,
    surveySum: 0,
    surveySumSquares: 0,
    prevalence,
    ...(prior !== undefined && { prior }),
    surveyBelieved: true,
  };
}

/** Share of tiles with a target over the whole area: Gamma-Poisson mean of the user's prevalence and the confirmed hits. */
export function globalRate(belief: Belief): number {
  return (PREVALENCE_STRENGTH * belief.prevalence + belief.hits) / (PREVALENCE_STRENGTH + belief.tested);
}

/**
 * Share of tiles with a target in a block: hits per tested tile of the blocks around it under a Gaussian kernel, drawn
 * towards the whole area's rate where little was tested (Gamma-Poisson smoothing).
 */
export function blockRate(belief: Belief, block: number, global = globalRate(belief)): number {
  return Math.min(MAX_RATE, (belief.nearHits[block]! + GLOBAL_STRENGTH * global) / (belief.nearTested[block]! + GLOBAL_STRENGTH));
}

const priorOf = ({ prior }: Belief, tile: number): number => prior?.[tile] ?? 0;

/** What is known of a tile beyond the density around it, in nats: the user's prior and the looks at it. */
export function tileEvidence(belief: Belief, tile: number): number {
  const looks = belief.closeLooks[tile]!;
  const survey = belief.surveyBelieved ? belief.survey[tile]! : 0;
  const prior = priorOf(belief, tile);
  if (looks === 0) return prior + survey;
  // n equally good Gaussian looks with correlation rho are worth n / (1 + (n - 1) rho) independent ones.
  return prior + SURVEY_SHARE_AFTER_INSPECT * survey + belief.close[tile]! / (1 + (looks - 1) * LOOK_CORRELATION);
}

/** Posterior log-odds of a target in the tile; `maxPrior` bounds what the surroundings and the user's prior alone may claim. */
export function tileLogOdds(belief: Belief, block: number, at: { readonly tile: number; readonly maxPrior?: number }): number {
  const prior = priorOf(belief, at.tile);
  const beforeLooks = Math.min(logit(at.maxPrior ?? 1), logit(blockRate(belief, block)) + prior);
  return beforeLooks + tileEvidence(belief, at.tile) - prior;
}

const believable = (logRatio: number): number => (Number.isFinite(logRatio) ? clamp(logRatio, -MAX_LOG_RATIO, MAX_LOG_RATIO) : 0);

function spread(belief: Belief, grid: TileGrid, change: { block: number; hits: number; tested: number }): void {
  const columns = blockColumns(grid);
  const rows = blockRows(grid);
  const row = Math.floor(change.block / columns);
  const column = change.block - row * columns;
  const size = 2 * KERNEL_REACH + 1;
  for (let dy = -KERNEL_REACH; dy <= KERNEL_REACH; dy++) {
    if (row + dy < 0 || row + dy >= rows) continue;
    for (let dx = -KERNEL_REACH; dx <= KERNEL_REACH; dx++) {
      if (column + dx < 0 || column + dx >= columns) continue;
      const weight = KERNEL[(dy + KERNEL_REACH) * size + dx + KERNEL_REACH]!;
      const near = (row + dy) * columns + column + dx;
      belief.nearHits[near]! += weight * change.hits;
      belief.nearTested[near]! += weight * change.tested;
    }
  }
}

/** Takes in a survey look. */
export function recordSurvey(belief: Belief, grid: TileGrid, seen: readonly { readonly tile: number; readonly logRatio: number }[]): void {
  const softOf = new Map<number, { hits: number; tested: number }>();
  for (const { tile, logRatio } of seen) {
    const ratio = believable(logRatio);
    belief.surveyCount++;
    belief.surveySum += ratio;
    belief.surveySumSquares += ratio * ratio;
    belief.survey[tile] = ratio;
    if (belief.closeLooks[tile] !== 0) continue;
    const block = blockOf(grid, tile);
    const soft = softOf.get(block) ?? { hits: 0, tested: 0 };
    softOf.set(block, soft);
    soft.hits += SOFT_WEIGHT * logistic(logit(blockRate(belief, block)) + ratio);
    soft.tested += SOFT_WEIGHT;
  }
  for (const [block, soft] of softOf) spread(belief, grid, { block, ...soft });
}

/** Takes in an inspect or confirm look at a tile. */
export function recordClose(belief: Belief, grid: TileGrid, seen: { readonly tile: number; readonly logRatio: number }): void {
  const { tile } = seen;
  if (belief.closeLooks[tile] === 0) {
    belief.tested++;
    spread(belief, grid, { block: blockOf(grid, tile), hits: 0, tested: 1 });
  }
  belief.close[tile]! += believable(seen.logRatio);
  belief.closeLooks[tile]!++;
}

/** Takes in a declared find. */
export function recordHit(belief: Belief, grid: TileGrid, tile: number): void {
  belief.hits++;
  spread(belief, grid, { block: blockOf(grid, tile), hits: 1, tested: 0 });
}

/**
 * Separation d' of survey looks. Scores of two normal distributions d' apart have log ratios with variance d'^2 under
 * either; the few targets among the tiles change that little.
 */
export function surveySeparation(belief: Belief): number {
  const { surveyCount: n, surveySum, surveySumSquares } = belief;
  const variance = n === 0 ? 0 : Math.max(0, surveySumSquares / n - (surveySum / n) ** 2);
  const weight = SURVEY_SEPARATION_STRENGTH;
  return Math.sqrt((weight * SURVEY_SEPARATION ** 2 + n * variance) / (weight + n));
}
