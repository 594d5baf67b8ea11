import type { SearchSummary } from '../contract/strategy.ts';
import { logistic, logit, priorOf, relativeRate, sharesOf, surveyEvidence, surveySeparation } from './belief.ts';
import { blockColumns, tileCentre } from './grid.ts';
import { gammaQuantile } from './quantile.ts';
import { SEEN, type SearchState } from './state.ts';

/** Tiles that do not belong to the area, in a list of posteriors. */
export const EXCLUDED = -1;

/**
 * What survey scores may be worth: the separation d' that they have, as a share of what their curve claims. 1: as it says; 0: they say
 * nothing; -1: they are high where no target is.
 */
const SUPPOSED_SHARES = [1, 0.5, 0, -1] as const;

/**
 * A supposition is left out of the bound when the finds are this many nats less likely under it than under another: a true one is
 * left out in at most one run of fifty or so (Ville's inequality).
 */
const IMPLAUSIBLE = Math.log(50);
/** Expected finds that outweigh the given prevalence: shape of the gamma prior of the density, an exponential one. */
const PREVALENCE_SHAPE = 1;
/** The likelihood curves are estimates: relative standard error of what they say was passed over in inspected tiles. */
const CURVE_ERROR = 0.5;
/** Finds nearer than so many blocks are of one crowd. */
const APART_BLOCKS = 2;
/** Of the 5 % that the bound may fail, suppositions left out take 2 %. */
const QUANTILE = 0.975;

/** Targets in tiles that were inspected, and in the others, were the density what the prevalence says. */
interface Tally {
  inspected: number;
  open: number;
  /** Sum of the log ratios of the finds' surveys: how well it says where they were. */
  logPlaces: number;
}

/**
 * Log ratio of a survey look whose scores have a share of the separation that their curve claims; 0 is a tile without a look. The curve gives
 * l = d' s - d'^2 / 2 of a normal score s, so that with a share a of d' it is a l + (a - a^2) d'^2 / 2.
 */
function supposedLogRatio(logRatio: number, share: number, separation: number): number {
  return logRatio === 0 ? 0 : share * logRatio + ((share - share ** 2) * separation ** 2) / 2;
}

function isInspected({ seen }: SearchState, tile: number): boolean {
  return seen[tile] === SEEN.inspected || seen[tile] === SEEN.settled;
}

/** By the scores alone, wherever finds lie: what is near them was inspected first, so that this does not understate what is left. */
function tallyOf(state: SearchState, share: number, posterior: Float64Array): Tally {
  const { belief } = state;
  const separation = surveySeparation(belief);
  const base = logit(belief.prevalence);
  const tally: Tally = { inspected: 0, open: 0, logPlaces: 0 };
  for (let tile = 0; tile < posterior.length; tile++) {
    if (posterior[tile] === EXCLUDED) continue;
    const p = logistic(base + priorOf(belief, tile) + supposedLogRatio(surveyEvidence(belief, tile), share, separation));
    if (isInspected(state, tile)) tally.inspected += p;
    else tally.open += p;
  }
  for (const { tile } of state.finds) tally.logPlaces += supposedLogRatio(surveyEvidence(belief, tile), share, separation);
  return tally;
}

/** The same by all that is believed: scores and the surroundings of finds, as they were when each tile was inspected. */
function believedTally(state: SearchState, places: Tally, posterior: Float64Array): Tally {
  const { belief, grid } = state;
  const shares = sharesOf(belief);
  const columns = blockColumns(grid);
  const rates = state.surveys.map((_, block) => logit(relativeRate(belief, block, shares)));
  const tally: Tally = { ...places, inspected: state.trust.expected, open: 0 };
  for (let tile = 0; tile < posterior.length; tile++) {
    if (posterior[tile] === EXCLUDED || isInspected(state, tile)) continue;
    const row = Math.floor(tile / grid.columns);
    const block = Math.floor(row / grid.blockTiles) * columns + Math.floor((tile - row * grid.columns) / grid.blockTiles);
    const p = logistic(rates[block]! + priorOf(belief, tile) + surveyEvidence(belief, tile));
    tally.open += p;
  }
  return tally;
}

/** Finds that tell of the density each by itself: those near another tell where targets crowd. */
function independentFinds({ finds, grid }: SearchState): number {
  const apartUm = APART_BLOCKS * grid.blockTiles * Math.max(grid.tileWidthUm, grid.tileHeightUm);
  const waiting = finds.map(({ tile }) => tileCentre(grid, tile));
  let groups = 0;
  for (; waiting.length > 0; groups++) {
    const group = waiting.splice(0, 1);
    for (const { xUm, yUm } of group) {
      for (let at = waiting.length - 1; at >= 0; at--) {
        if (Math.hypot(waiting[at]!.xUm - xUm, waiting[at]!.yUm - yUm) < apartUm) group.push(...waiting.splice(at, 1));
      }
    }
  }
  return groups;
}

interface Passed {
  /** Expected targets in inspected tiles that are no finds, and their variance. */
  readonly expected: number;
  readonly variance: number;
  /** Tiles that were not inspected, and all that hold no find. */
  readonly open: number;
  readonly tiles: number;
}

function passedOver(state: SearchState, posterior: Float64Array): Passed {
  const accounted = new Set([...state.finds.map(({ tile }) => tile), ...state.duplicates]);
  let [expected, variance, open, tiles] = [0, 0, 0, 0];
  for (let tile = 0; tile < posterior.length; tile++) {
    const p = posterior[tile]!;
    if (p === EXCLUDED || accounted.has(tile)) continue;
    tiles++;
    if (isInspected(state, tile)) {
      expected += p;
      variance += p * (1 - p);
    } else open++;
  }
  return { expected, variance: variance + (CURVE_ERROR * expected) ** 2, open, tiles };
}

/** Upper quantile of a gamma distribution of this mean and variance. */
function upperOf(mean: number, variance: number): number {
  return mean <= 0 ? 0 : Math.max(mean, gammaQuantile(QUANTILE, mean ** 2 / variance) * (variance / mean));
}

/**
 * Targets not found: expected ones, and a 95 % upper credible bound. Those passed over are told by the posteriors of the inspected tiles. The
 * density follows from what was found in inspected tiles, by how much was to be expected there (gamma-Poisson), and gives those in
 * all other tiles. Both depend on how the inspected tiles were chosen, so that they are worked out for each supposition about the
 * survey scores; the finds say how likely each is. What is expected is their mean, and the bound is the largest of those that the finds do
 * not rule out: few finds at places that the scores chose rule out little, and the bound is wide. With no hit in n inspected tiles of
 * N it comes to a little more than the "rule of three", 3 (N - n) / n.
 */
export function missed(state: SearchState, posterior: Float64Array): SearchSummary['missed'] {
  const passed = passedOver(state, posterior);
  const hits = state.finds.length + passed.expected;
  const shape = independentFinds(state) + PREVALENCE_SHAPE;
  const tallies = SUPPOSED_SHARES.map((share) => tallyOf(state, share, posterior));
  // Probability of the finds' places: prod(p) / (1 + X)^(n + 1) for n of them and X expected ones, density integrated out.
  const fits = tallies.map(({ inspected, logPlaces }) => logPlaces - (state.finds.length + PREVALENCE_SHAPE) * Math.log(PREVALENCE_SHAPE + inspected));
  const best = Math.max(...fits);
  const estimates = tallies.map((tally, at) => {
    const { inspected, open } = SUPPOSED_SHARES[at] === 1 ? believedTally(state, tally, posterior) : tally;
    const left = Math.min(passed.open, (open * (hits + PREVALENCE_SHAPE)) / (inspected + PREVALENCE_SHAPE));
    const mean = passed.expected + left;
    // Poisson, and on top the uncertainty of the density.
    const upper = Math.min(passed.tiles, upperOf(mean, passed.variance + left + left ** 2 / shape));
    return { mean, upper, weight: Math.exp(fits[at]! - best), ruledOut: fits[at]! < best - IMPLAUSIBLE };
  });
  const expected = estimates.reduce((sum, { mean, weight }) => sum + weight * mean, 0) / estimates.reduce((sum, { weight }) => sum + weight, 0);
  return { expected, upper95: Math.max(expected, ...estimates.filter(({ ruledOut }) => !ruledOut).map(({ upper }) => upper)) };
}
