import type { SearchState } from './state.ts';

/**
 * The safety net. Below this the survey scores are no evidence and the way is row by row, until enough speaks for them
 * again: with scores that say nothing the two take turns, and ever less of the time goes by the scores. Lower values cost more with misleading
 * scores and less with honest ones in a field that is emptier than thought (docs/search-strategy.md).
 */
const DISTRUST_LOG_RATIO = -2;
/** More is asked for each time that trust was lost: the turns row by row grow longer, and a find by the scores outweighs many. */
const RENEWAL_STEP = 0.3;
/** How many expected finds the given prevalence is worth: shape of the gamma prior of the density under either hypothesis. */
const PREVALENCE_SHAPE = 3;

/**
 * Logarithm of the Bayes factor of "targets are where the survey scores say" against "the scores say nothing", over all inspected
 * tiles: those that were chosen without a survey tell how dense targets are, which else could explain missing finds as well. Under
 * either hypothesis the density is the prevalence times a gamma variable of mean 1, which integrates out: with n finds and X
 * expected ones the likelihood is prod(p_i) / (shape + X)^(n + shape), up to what both share.
 */
function trustLogRatio({ trust }: SearchState): number {
  const { expected, expectedWithout, finds, logRatio } = trust;
  return logRatio - (finds + PREVALENCE_SHAPE) * Math.log((PREVALENCE_SHAPE + expected) / (PREVALENCE_SHAPE + expectedWithout));
}

/** Scores that have proved useless or inverted are no evidence, until they have proved themselves on the way row by row. */
export function updateTrust(state: SearchState): void {
  const { belief, trust } = state;
  const asked = belief.surveyBelieved ? DISTRUST_LOG_RATIO : Math.min(0, DISTRUST_LOG_RATIO + RENEWAL_STEP * trust.lapses);
  const believed = trustLogRatio(state) >= asked;
  if (belief.surveyBelieved && !believed) trust.lapses++;
  belief.surveyBelieved = believed;
}
