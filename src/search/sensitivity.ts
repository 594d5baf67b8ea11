import type { Observation, SearchOptions } from '../contract/strategy.ts';
import { suspicionLogOdds } from './confirmation.ts';

/**
 * How many targets the looks of a run let pass, by the model's own likelihoods. With L the log ratio of a look,
 * p(L | target) = exp(L) p(L | none), so that the share of targets whose look stays below t is the mean of exp(L) [L < t] over
 * looks at places without one. Nearly all looks of a search are: those that led to a find are left out, the others counted.
 */
export interface SensitivityMeter {
  observe(observation: Observation): void;
  /** The tile was declared a find: its look was at a target. */
  found(tile: number): void;
  read(band: 'survey' | 'inspect'): { readonly sensitivity: number | undefined; readonly looks: number };
}

/** Fewer looks than this tell nothing about a share. */
const LEAST_LOOKS = 20;

const logit = (p: number): number => Math.log(p / (1 - p));

/**
 * Thresholds: an inspect look has detected when it alone raises the prevalence to suspicion, and a survey look when it makes its
 * tile more probable than before.
 */
export function createSensitivityMeter(options: SearchOptions): SensitivityMeter {
  const threshold = { survey: 0, inspect: suspicionLogOdds(options) - logit(options.prevalence) };
  const sums = { survey: { looks: 0, missed: 0 }, inspect: { looks: 0, missed: 0 } };
  let last: { readonly tile: number; readonly logRatio: number } | undefined;
  const count = (band: 'survey' | 'inspect', logRatio: number, sign: 1 | -1): void => {
    if (!Number.isFinite(logRatio)) return;
    sums[band].looks += sign;
    if (logRatio < threshold[band]) sums[band].missed += sign * Math.exp(logRatio);
  };
  return {
    observe: ({ action, outcome, tiles }) => {
      if (outcome !== 'seen') return;
      if (action.kind === 'survey') for (const { logRatio } of tiles) count('survey', logRatio, 1);
      else if (action.kind === 'inspect' && tiles[0] !== undefined) {
        [last] = tiles;
        count('inspect', tiles[0].logRatio, 1);
      }
    },
    found: (tile) => {
      if (last?.tile === tile) count('inspect', last.logRatio, -1);
      last = undefined;
    },
    read: (band) => {
      const { looks, missed } = sums[band];
      // More than all: the looks were led to where targets are, and are no sample of places without.
      const tells = looks >= LEAST_LOOKS && missed < looks;
      return { looks, sensitivity: tells ? 1 - missed / looks : undefined };
    },
  };
}
