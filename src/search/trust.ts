import type { SearchState } from './state.ts';

/** Below this the survey scores are no evidence, and until the second one they stay so. */
const DISTRUST_LOG_RATIO = -1.5;
const RENEWED_TRUST_LOG_RATIO = 0;

/**
 * Logarithm of the Bayes factor of "targets are where the survey scores say" against "the scores say nothing", over the
 * surveyed tiles that were inspected. Either may be wrong about the density by a common factor with an exponential prior,
 * which integrates out: with n finds and X expected ones, a hypothesis has the likelihood prod(p_i) / (1 + X)^(n + 1).
 */
function trustLogRatio({ trust }: SearchState): number {
  const { expected, expectedWithout, finds, logRatio } = trust;
  return logRatio - (finds + 1) * Math.log((1 + expected) / (1 + expectedWithout));
}

/**
 * Scores that have proved useless or inverted are no evidence, until they have proved themselves on the way row by row. True when
 * that has changed.
 */
export function updateTrust(state: SearchState): boolean {
  const { belief } = state;
  const believed = trustLogRatio(state) >= (belief.surveyBelieved ? DISTRUST_LOG_RATIO : RENEWED_TRUST_LOG_RATIO);
  const changed = believed !== belief.surveyBelieved;
  belief.surveyBelieved = believed;
  return changed;
}
