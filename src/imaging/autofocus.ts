import type { GreyImage } from '../contract/frame.ts';
import { derivativeAfterBlur } from './focus.ts';
import { focusFit, parabolaThroughScores, type FocusFit, type FocusShot } from './focus-fit.ts';
import { spectralFingerprint } from './relative-blur.ts';

export interface AutofocusOptions {
  /** Where the search begins, and how far it may go to either side. */
  readonly startMm: number;
  readonly rangeUm: number;
  /** Larger of the pixel's edge and the probe's diameter. */
  readonly resolutionNm: number;
  /** Half-angle of the probe as far as it is known: it sets the first step; the fit measures it. */
  readonly halfAngleMrad: number;
}

interface Shot extends FocusShot {
  /** Rudnaya's sharpness, over the squared mean. */
  readonly score: number;
}

/** Plain JSON: it may be kept and taken up again. */
export interface AutofocusState {
  readonly options: AutofocusOptions;
  readonly shots: readonly Shot[];
  /** Offsets from the start that are still to be imaged, um. */
  readonly wanted: readonly number[];
  readonly centreUm: number;
  readonly stepUm: number;
  readonly stage: 'three-images' | 'sweep' | 'closer' | 'check' | 'done';
  readonly rounds: number;
  readonly outcome?: AutofocusOutcome;
}

export type AutofocusOutcome =
  | {
      readonly found: true;
      readonly workingDistanceMm: number;
      /** Standard deviation of it, and the depth of focus that it is to be held against. */
      readonly sigmaUm: number;
      readonly depthOfFocusUm: number;
      /** Chance that the specimen is within one depth of focus, from sigma. */
      readonly confidence: number;
      /** What the spectra say beside the focus; absent when it was found from the sharpness alone. */
      readonly fit?: FocusFit;
      readonly images: number;
    }
  | { readonly found: false; readonly reason: 'no-structure' | 'outside-range' | 'unclear'; readonly message: string };

/** Blur, in units of the resolution, that the first step makes: enough to be measured, not so much that nothing is left. */
const FIRST_STEP_BLUR = 5;
const SWEEP_STEPS = 4;
/** The sharpest image of a sweep must exceed the least sharp one by this share. */
const SIGNIFICANCE = 0.05;
/** Standard deviation of the result, in depths of focus, from which on it is good enough. */
const WANTED_SIGMA = 0.3;
/** The vertex may move by this many depths of focus when it is checked by an image of its own. */
const CHECKED = 0.5;
const MOST_ROUNDS = 4;
/** Artificial blur under which the sharpness of a sweep is taken. */
const SWEEP_BLUR_PX = 2;
/** Shots beyond this many steps from the centre no longer look like a parabola. */
const FIT_REACH = 2.6;

/** Depth of focus (um): the length over which the cone of half-angle a widens by the resolution d, d / a. */
export function depthOfFocusUm({ resolutionNm, halfAngleMrad }: Pick<AutofocusOptions, 'resolutionNm' | 'halfAngleMrad'>): number {
  return resolutionNm / halfAngleMrad;
}

export function startAutofocus(options: AutofocusOptions): AutofocusState {
  const stepUm = Math.min(options.rangeUm / 2, FIRST_STEP_BLUR * depthOfFocusUm(options));
  return { options, shots: [], wanted: [0, -stepUm, stepUm], centreUm: 0, stepUm, stage: 'three-images', rounds: 0 };
}

/** The working distance to image next, or the outcome. */
export function nextAutofocus({ options, wanted, outcome }: AutofocusState): { readonly image: { readonly workingDistanceMm: number } } | AutofocusOutcome {
  if (outcome !== undefined) return outcome;
  return { image: { workingDistanceMm: options.startMm + wanted[0]! / 1000 } };
}

/** Takes the image of the working distance that was asked for. All images must show the same field under the same exposure. */
export function observeAutofocus(state: AutofocusState, image: GreyImage): AutofocusState {
  let sum = 0;
  for (const value of image.data) sum += value;
  const mean = sum / image.data.length;
  const score = derivativeAfterBlur(image, SWEEP_BLUR_PX) / Math.max(mean * mean, 1e-12);
  const shot: Shot = { offsetUm: state.wanted[0]!, fingerprint: spectralFingerprint(image), score };
  const next = { ...state, shots: [...state.shots, shot], wanted: state.wanted.slice(1) };
  return next.wanted.length > 0 ? next : decide(next);
}

function decide(state: AutofocusState): AutofocusState {
  const near = state.shots.filter(({ offsetUm }) => Math.abs(offsetUm - state.centreUm) <= FIT_REACH * state.stepUm);
  const fit = focusFit(near, state.options.resolutionNm);
  if (fit === undefined || !plausible(fit, state)) return withoutFit(state);
  const depth = depthOfFocusUm({ ...state.options, halfAngleMrad: fit.halfAngleMrad });
  if (fit.sigmaUm > WANTED_SIGMA * depth) return state.rounds >= MOST_ROUNDS ? withoutFit(state) : closer(state, fit.focusUm);
  const checked = state.stage === 'check' && Math.abs(fit.focusUm - state.centreUm) <= CHECKED * depth;
  if (checked) {
    return found(state, fit, { depth, fit });
  }
  if (state.rounds >= MOST_ROUNDS) return withoutFit(state);
  return { ...state, stage: 'check', wanted: [fit.focusUm], centreUm: fit.focusUm, rounds: state.rounds + 1 };
}

function found(state: AutofocusState, { focusUm, sigmaUm }: { focusUm: number; sigmaUm: number }, { depth, fit }: { depth: number; fit?: FocusFit }): AutofocusState {
  return finish(state, {
    found: true,
    workingDistanceMm: state.options.startMm + focusUm / 1000,
    sigmaUm,
    depthOfFocusUm: depth,
    confidence: within(depth / sigmaUm),
    ...(fit !== undefined && { fit }),
    images: state.shots.length,
  });
}

/** A parabola that opens upwards beyond doubt, with its vertex where it was looked for. */
function plausible(fit: FocusFit, { options, centreUm, stepUm }: AutofocusState): boolean {
  const inside = Math.abs(fit.focusUm) <= options.rangeUm && Math.abs(fit.focusUm - centreUm) <= 2 * stepUm;
  const angle = fit.halfAngleMrad / options.halfAngleMrad;
  return inside && fit.curvatureOverSigma > 5 && angle > 0.2 && angle < 5;
}

/** Those of the offsets that no image was taken at: one at a tenth of a step beside it does as well. */
function notYet({ shots, stepUm }: AutofocusState, offsets: readonly number[]): number[] {
  return offsets.filter((offset) => !shots.some(({ offsetUm }) => Math.abs(offsetUm - offset) < stepUm / 10));
}

/** Three images around what is the best guess by now, half as far apart. */
function closer(state: AutofocusState, centreUm: number): AutofocusState {
  const depth = depthOfFocusUm(state.options);
  const stepUm = Math.max(1.5 * depth, state.stepUm / 2);
  const { rangeUm } = state.options;
  const around = [centreUm - stepUm, centreUm, centreUm + stepUm].map((offset) => Math.max(-rangeUm, Math.min(rangeUm, offset)));
  const wanted = notYet(state, around);
  if (wanted.length === 0) return withoutFit({ ...state, stepUm, centreUm, rounds: state.rounds + 1 });
  return { ...state, stage: 'closer', wanted, centreUm, stepUm, rounds: state.rounds + 1 };
}

/** One step on from the sharpest image, if it lies at the end of those there are and the range goes on. */
function walk(state: AutofocusState, bestUm: number): AutofocusState | undefined {
  const offsets = state.shots.map(({ offsetUm }) => offsetUm);
  const wanted = [bestUm - state.stepUm, bestUm + state.stepUm].filter(
    (offset) => Math.abs(offset) <= state.options.rangeUm * 1.001 && !offsets.some((known) => Math.abs(known - offset) < state.stepUm / 2),
  );
  return wanted.length === 0 || offsets.length + wanted.length > 2 * SWEEP_STEPS ? undefined : { ...state, centreUm: bestUm, wanted };
}

function withoutFit(state: AutofocusState): AutofocusState {
  const { rangeUm } = state.options;
  const scores = state.shots.map(({ score }) => score);
  const best = scores.indexOf(Math.max(...scores));
  const significant = scores[best]! > (1 + SIGNIFICANCE) * Math.min(...scores);
  if (state.stage === 'three-images') {
    const further = significant ? walk(state, state.shots[best]!.offsetUm) : undefined;
    if (further !== undefined) return further;
    const stepUm = rangeUm / SWEEP_STEPS;
    return { ...state, stage: 'sweep', stepUm, wanted: notYet(state, Array.from({ length: 2 * SWEEP_STEPS + 1 }, (_, index) => (index - SWEEP_STEPS) * stepUm)) };
  }
  if (!significant) {
    return finish(state, { found: false, reason: 'no-structure', message: 'No working distance within the range was sharper than the others: the field has no structure to focus on.' });
  }
  const parabola = parabolaThroughScores(state.shots);
  const depth = depthOfFocusUm(state.options);
  if (parabola !== undefined && parabola.sigmaUm <= WANTED_SIGMA * depth && Math.abs(parabola.focusUm) <= rangeUm) return found(state, parabola, { depth });
  const centreUm = state.shots[best]!.offsetUm;
  if (state.rounds < MOST_ROUNDS) return closer(state, centreUm);
  if (Math.abs(centreUm) >= rangeUm * 0.999) {
    return finish(state, { found: false, reason: 'outside-range', message: `The image was sharpest at the end of the range of ${rangeUm} um: the focus lies outside of it.` });
  }
  return finish(state, { found: false, reason: 'unclear', message: `The focus was not found after ${state.shots.length} images: their spectra do not fit a defocus.` });
}

function finish(state: AutofocusState, outcome: AutofocusOutcome): AutofocusState {
  return { ...state, stage: 'done', wanted: [], outcome };
}

/** Probability that a normal deviate lies within `z` standard deviations: erf(z / sqrt 2) after Abramowitz and Stegun 7.1.26. */
function within(z: number): number {
  const x = z / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  return 1 - ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * Math.exp(-x * x);
}
