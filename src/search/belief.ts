import type { TileGrid } from '../contract/strategy.ts';
import { clamp } from '../lib/guards.ts';
import { createDensity, creditScales, mixedFactor, overallFactor, record, scaleWeights, type Density, type Scale } from './density.ts';
import { blockColumns, blockOf, blockRows, tileCount } from './grid.ts';
import { normalTail } from './quantile.ts';
import { scaleOf, separationOf, type Spread } from './scale.ts';

/**
 * What is known of a target in each tile. Plain arrays of finite numbers, so that it goes through JSON unchanged: three
 * numbers per tile, nine per block.
 */
export interface Belief {
  /** Per tile: log ratio of its survey look as the model gave it, 0 when there was none. */
  readonly survey: number[];
  /** Per tile: sum of the log ratios of its inspect and confirm looks, and their number. */
  readonly close: number[];
  readonly closeLooks: number[];
  /** How much likelier a target is around each block than the prevalence says. */
  readonly density: Density;
  /** What of the model's log ratios is believed, at most 1 (scale.ts). Close looks are kept as they were believed. */
  scale: number;
  readonly surveySpread: Spread;
  readonly inspectSpread: Spread;
  readonly prevalence: number;
  /** Per tile: what the user's prior adds to the log-odds of the density; absent when there is none. */
  readonly prior?: readonly number[];
  /** Survey looks count as evidence; false once their scores have proved useless. */
  surveyBelieved: boolean;
}

/** A block learns from blocks at most this many away in each axis. */
const KERNEL_REACH = 3;
/**
 * Ways in which targets may crowd: standard deviation of the kernel in blocks, and how many expected hits outweigh what it
 * says. Which of them holds on this specimen is learned (docs/search-strategy.md).
 */
const CROWDING = [
  { widthBlocks: 0.6, shape: 0.05 },
  { widthBlocks: 1.2, shape: 0.25 },
  { widthBlocks: 2, shape: 0.5 },
] as const;
const MAX_RATE = 0.95;
/** No single look is believed beyond this many nats: the likelihood curve is an estimate, too, and a find needs more than one. */
const MAX_LOG_RATIO = 7;
/** Beyond this many nats the spread of the log ratios is that of a few certain pictures, not of the curve. */
const MAX_SPREAD_LOG_RATIO = 25;
/**
 * Correlation of the scores of two close looks at one tile: the same structure in another field, with other noise. Assumed,
 * not measured. Together with the clipping of the likelihood curves it decides how many looks a find takes.
 */
const LOOK_CORRELATION = 0.15;
/** What remains of a survey's evidence once the tile was seen closely: the survey showed the same structure, coarser. */
const SURVEY_SHARE_AFTER_INSPECT = 0.5;
/** Separation d' before the first look. */
const SEPARATION = { survey: 1.5, inspect: 3.5 } as const;
/** Threshold on the score of a survey at which its information is reckoned, in standard deviations. */
const INFORMATIVE_SCORE = 2;
/** And what of it is reckoned: neighbouring scores are not independent, and a survey is no inspection. */
const SURVEY_DISCOUNT = 0.5;

function kernel(widthBlocks: number): readonly number[] {
  return Array.from({ length: (2 * KERNEL_REACH + 1) ** 2 }, (_, index) => {
    const dx = (index % (2 * KERNEL_REACH + 1)) - KERNEL_REACH;
    const dy = Math.floor(index / (2 * KERNEL_REACH + 1)) - KERNEL_REACH;
    return Math.exp(-(dx * dx + dy * dy) / (2 * widthBlocks * widthBlocks));
  });
}

const KERNELS = CROWDING.map(({ widthBlocks }) => kernel(widthBlocks));

export const logit = (p: number): number => Math.log(p / (1 - p));
export const logistic = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds));

function reachOf(grid: TileGrid, weights: readonly number[]): Scale['reach'] {
  const columns = blockColumns(grid);
  const rows = blockRows(grid);
  const size = 2 * KERNEL_REACH + 1;
  return (block, tell) => {
    const row = Math.floor(block / columns);
    const column = block - row * columns;
    for (let dy = Math.max(-KERNEL_REACH, -row); dy <= Math.min(KERNEL_REACH, rows - 1 - row); dy++) {
      for (let dx = Math.max(-KERNEL_REACH, -column); dx <= Math.min(KERNEL_REACH, columns - 1 - column); dx++) {
        tell((row + dy) * columns + column + dx, weights[(dy + KERNEL_REACH) * size + dx + KERNEL_REACH]!);
      }
    }
  };
}

/** Blocks that learn from what is seen in this one, itself included. */
export function blocksAround(grid: TileGrid, block: number): number[] {
  const near: number[] = [];
  reachOf(grid, KERNELS[0]!)(block, (other) => near.push(other));
  return near;
}

function scalesOf(grid: TileGrid): readonly Scale[] {
  return CROWDING.map(({ shape }, index) => ({ shape, reach: reachOf(grid, KERNELS[index]!) }));
}

export function createBelief(grid: TileGrid, prevalence: number, prior?: readonly number[]): Belief {
  const zeros = (length: number): number[] => Array.from({ length }, () => 0);
  const tiles = tileCount(grid);
  const spread = (): Spread => ({ count: 0, sum: 0, squares: 0 });
  return {
    survey: zeros(tiles),
    close: zeros(tiles),
    closeLooks: zeros(tiles),
    density: createDensity(blockColumns(grid) * blockRows(grid), CROWDING.length),
    scale: 1,
    surveySpread: spread(),
    inspectSpread: spread(),
    prevalence,
    ...(prior !== undefined && { prior }),
    surveyBelieved: true,
  };
}

/** What all blocks share in one decision. */
export interface Shares {
  readonly weights: readonly number[];
  readonly overall: number;
  readonly odds: number;
}

export function sharesOf(belief: Belief): Shares {
  const { prevalence, density } = belief;
  return { weights: scaleWeights(density), overall: overallFactor(density), odds: prevalence / (1 - prevalence) };
}

/** Share of tiles with a target over the whole area. */
export function globalRate(belief: Belief): number {
  const { prevalence, density } = belief;
  const odds = (prevalence / (1 - prevalence)) * overallFactor(density);
  return Math.min(MAX_RATE, odds / (1 + odds));
}

/** Prior odds of a target in each tile of a block, from what was seen around it. */
export function blockOdds(belief: Belief, block: number, shares: Shares): number {
  return Math.min(MAX_RATE / (1 - MAX_RATE), shares.odds * mixedFactor(belief.density, CROWDING, { region: block, ...shares }));
}

/** Share of tiles with a target in a block. */
export function blockRate(belief: Belief, block: number, shares = sharesOf(belief)): number {
  const odds = blockOdds(belief, block, shares);
  return odds / (1 + odds);
}

/** Share of tiles with a target in a block, were it over the whole area what the prevalence says. */
export function relativeRate(belief: Belief, block: number, shares = sharesOf(belief)): number {
  const odds = Math.min(MAX_RATE / (1 - MAX_RATE), blockOdds(belief, block, shares) / shares.overall);
  return odds / (1 + odds);
}

export const priorOf = ({ prior }: Belief, tile: number): number => prior?.[tile] ?? 0;

/** Log ratio of a tile's survey look as far as it is believed; 0 when there was none. */
export function surveyEvidence({ survey, scale }: Belief, tile: number): number {
  return clamp(scale * survey[tile]!, -MAX_LOG_RATIO, MAX_LOG_RATIO);
}

/** What is known of a tile beyond the density around it, in nats: the user's prior and the looks at it. */
export function tileEvidence(belief: Belief, tile: number): number {
  const looks = belief.closeLooks[tile]!;
  const survey = belief.surveyBelieved ? surveyEvidence(belief, tile) : 0;
  const prior = priorOf(belief, tile);
  if (looks === 0) return prior + survey;
  // n equally good Gaussian looks with correlation rho are worth n / (1 + (n - 1) rho) independent ones.
  return prior + SURVEY_SHARE_AFTER_INSPECT * survey + belief.close[tile]! / (1 + (looks - 1) * LOOK_CORRELATION);
}

/**
 * Further close looks, each as good as those so far on average, after which the evidence of a tile that had some will have grown by so
 * many nats; Infinity when correlated looks never get there.
 */
export function looksToGain({ close, closeLooks }: Belief, tile: number, nats: number): number {
  const looks = closeLooks[tile]!;
  const mean = close[tile]! / looks;
  const wanted = close[tile]! / (1 + (looks - 1) * LOOK_CORRELATION) + nats;
  const gained = mean - wanted * LOOK_CORRELATION;
  return gained <= 0 ? Infinity : Math.max(0, Math.ceil((wanted * (1 - LOOK_CORRELATION)) / gained) - looks);
}

/** Posterior log-odds of a target in the tile; `minPrior` and `maxPrior` bound what the surroundings and the user's prior alone may claim. */
export function tileLogOdds(belief: Belief, block: number, at: { readonly tile: number; readonly minPrior?: number; readonly maxPrior?: number }): number {
  const prior = priorOf(belief, at.tile);
  const beforeLooks = clamp(logit(blockRate(belief, block)) + prior, logit(at.minPrior ?? 0), logit(at.maxPrior ?? 1));
  return beforeLooks + tileEvidence(belief, at.tile) - prior;
}

const finite = (logRatio: number): number => (Number.isFinite(logRatio) ? clamp(logRatio, -MAX_SPREAD_LOG_RATIO, MAX_SPREAD_LOG_RATIO) : 0);
const believable = ({ scale }: Belief, logRatio: number): number => clamp(scale * finite(logRatio), -MAX_LOG_RATIO, MAX_LOG_RATIO);

/** A look counts by the probability that it showed no target: it is the spread of empty tiles that is wanted. */
function addToSpread(spread: Spread, look: { readonly logRatio: number; readonly scale: number; readonly priorLogOdds: number }): void {
  const value = finite(look.logRatio);
  const weight = logistic(-look.priorLogOdds - look.scale * value);
  spread.count += weight;
  spread.sum += weight * value;
  spread.squares += weight * value * value;
}

/** Takes in a survey look. */
export function recordSurvey(belief: Belief, grid: TileGrid, seen: readonly { readonly tile: number; readonly logRatio: number }[]): void {
  const scales = scalesOf(grid);
  const shares = sharesOf(belief);
  const softWeight = softWeightOf(surveySeparation(belief));
  const ofBlock = new Map<number, { hits: number; looks: number; expected: number; ratios: number[] }>();
  for (const { tile, logRatio } of seen) {
    const ratio = believable(belief, logRatio);
    const block = blockOf(grid, tile);
    const prior = priorOf(belief, tile);
    const priorLogOdds = Math.log(blockOdds(belief, block, shares)) + prior;
    addToSpread(belief.surveySpread, { logRatio, scale: belief.scale, priorLogOdds });
    belief.survey[tile] = finite(logRatio);
    if (belief.closeLooks[tile] !== 0) continue;
    const soft = ofBlock.get(block) ?? { hits: 0, looks: 0, expected: 0, ratios: [] };
    ofBlock.set(block, soft);
    soft.hits += logistic(priorLogOdds + ratio);
    soft.looks++;
    soft.expected += logistic(logit(belief.prevalence) + prior);
    soft.ratios.push(Math.exp(ratio));
  }
  for (const [block, { hits, looks, expected, ratios }] of ofBlock) {
    creditScales(belief.density, scales, { region: block, priorOdds: shares.odds, ratios, share: 1 });
    record(belief.density, scales, { region: block, hits: softWeight * hits, looks: softWeight * looks, expected: softWeight * expected });
  }
  belief.scale = scaleOf(belief.surveySpread, belief.scale);
}

/** Share of what an inspection tells that a survey look tells: its true less its false positives at a useful threshold. */
function softWeightOf(separation: number): number {
  return SURVEY_DISCOUNT * (normalTail(INFORMATIVE_SCORE - separation) - normalTail(INFORMATIVE_SCORE));
}

/** Takes in an inspect or confirm look at a tile. */
export function recordClose(belief: Belief, grid: TileGrid, seen: { readonly tile: number; readonly logRatio: number }): void {
  const { tile } = seen;
  const ratio = believable(belief, seen.logRatio);
  if (belief.closeLooks[tile] === 0) {
    const block = blockOf(grid, tile);
    const scales = scalesOf(grid);
    addToSpread(belief.inspectSpread, { logRatio: seen.logRatio, scale: belief.scale, priorLogOdds: tileLogOdds(belief, block, { tile }) });
    const prior = priorOf(belief, tile);
    const priorOdds = (belief.prevalence / (1 - belief.prevalence)) * Math.exp(prior + surveyEvidence(belief, tile));
    creditScales(belief.density, scales, { region: block, priorOdds, ratios: [Math.exp(ratio)], share: 1 });
    record(belief.density, scales, { region: block, hits: 0, looks: 1, expected: logistic(logit(belief.prevalence) + prior) });
  }
  belief.close[tile]! += ratio;
  belief.closeLooks[tile]!++;
}

/** Takes in a declared find, or a tile that was left undecided as the share of a find that it probably is. */
export function recordHit(belief: Belief, grid: TileGrid, { tile, probability }: { readonly tile: number; readonly probability: number }): void {
  record(belief.density, scalesOf(grid), { region: blockOf(grid, tile), hits: probability, looks: 0, expected: 0 });
}

/** Separation d' of survey looks. */
export function surveySeparation(belief: Belief): number {
  return separationOf(belief.surveySpread, { prior: SEPARATION.survey, scale: belief.scale });
}

/** Separation d' of inspect looks. */
export function inspectSeparation(belief: Belief): number {
  return separationOf(belief.inspectSpread, { prior: SEPARATION.inspect, scale: belief.scale });
}
