import type { GreyImage } from '../contract/frame.ts';
import { leastSquares } from './least-squares.ts';
import { relativeBlur, spectralFingerprint, type SpectralFingerprint } from './relative-blur.ts';

export interface StigmationOptions {
  /** In focus, as the autofocus found it. */
  readonly workingDistanceMm: number;
  /** Distance of the over- and the under-focused image from it: some five depths of focus. */
  readonly defocusUm: number;
  /** Present setting of the stigmators, -1 to 1, and how far they are tried out. */
  readonly stigmatorX: number;
  readonly stigmatorY: number;
  readonly trial: number;
}

/**
 * Astigmatism as the difference of the blurs of an over- and an under-focused image, whose isotropic parts cancel:
 * (xx - yy) / 2 and xy in square pixels. It grows with the distance of the line foci times that of the two images.
 */
export interface Astigmatism {
  readonly even: number;
  readonly cross: number;
  readonly sigma: number;
}

interface Setting {
  readonly stigmatorX: number;
  readonly stigmatorY: number;
}

interface Pair extends Setting {
  readonly astigmatism: Astigmatism;
}

/** Plain JSON. */
export interface StigmationState {
  readonly options: StigmationOptions;
  readonly pairs: readonly Pair[];
  readonly setting: Setting;
  /** The under-focused image's spectrum, while the over-focused one is awaited. */
  readonly under?: SpectralFingerprint;
  readonly outcome?: StigmationOutcome;
}

export type StigmationOutcome =
  | ({ readonly found: true; readonly before: Astigmatism; readonly after: Astigmatism } & Setting)
  | { readonly found: false; readonly reason: 'no-structure' | 'no-response' | 'out-of-range'; readonly message: string };

/** Corrections after the three trial pairs; each is checked by a pair of its own. */
const MOST_PAIRS = 6;
/** The remaining astigmatism is called none when within so many standard deviations. */
const NOTHING_LEFT = 2.5;

/** From an under- and an over-focused image of one field. Undefined when noise leaves too few frequencies. */
export function astigmatismBetween(under: SpectralFingerprint, over: SpectralFingerprint): Astigmatism | undefined {
  const blur = relativeBlur(under, over);
  if (blur === undefined) return undefined;
  const { xx, xy, yy, covariance: c } = blur;
  return { even: (xx - yy) / 2, cross: xy, sigma: Math.sqrt(Math.max((c[0]![0]! + c[2]![2]! - 2 * c[0]![2]!) / 4, c[1]![1]!)) };
}

export function startStigmation(options: StigmationOptions): StigmationState {
  return { options, pairs: [], setting: { stigmatorX: options.stigmatorX, stigmatorY: options.stigmatorY } };
}

/** Stigmators and working distance of the next image, or the outcome. */
export function nextStigmation({ options, setting, under, outcome }: StigmationState): { readonly image: Setting & { readonly workingDistanceMm: number } } | StigmationOutcome {
  if (outcome !== undefined) return outcome;
  return { image: { ...setting, workingDistanceMm: options.workingDistanceMm + ((under === undefined ? -1 : 1) * options.defocusUm) / 1000 } };
}

export function observeStigmation(state: StigmationState, image: GreyImage): StigmationState {
  const fingerprint = spectralFingerprint(image);
  const { under, ...rest } = state;
  if (under === undefined) return { ...rest, under: fingerprint };
  const astigmatism = astigmatismBetween(under, fingerprint);
  if (astigmatism === undefined) {
    return fail(rest, 'no-structure', 'The under- and over-focused images have too few frequencies in common: the field has no structure to stigmate on.');
  }
  return decide({ ...rest, pairs: [...state.pairs, { ...state.setting, astigmatism }] });
}

function decide(state: StigmationState): StigmationState {
  const { pairs, options } = state;
  const last = pairs.at(-1)!;
  // Trials away from the middle of the range, so that they stay inside.
  const trial = (value: number): number => (value > 0 ? -options.trial : options.trial);
  if (pairs.length === 1) return { ...state, setting: { ...state.setting, stigmatorX: options.stigmatorX + trial(options.stigmatorX) } };
  if (pairs.length === 2) return { ...state, setting: { stigmatorX: options.stigmatorX, stigmatorY: options.stigmatorY + trial(options.stigmatorY) } };
  const best = pairs.reduce((least, pair) => (size(pair.astigmatism) < size(least.astigmatism) ? pair : least));
  const settled = pairs.length > 3 && size(last.astigmatism) <= NOTHING_LEFT * last.astigmatism.sigma;
  if (settled || pairs.length >= MOST_PAIRS) {
    const { stigmatorX, stigmatorY, astigmatism } = settled ? last : best;
    return { ...state, outcome: { found: true, stigmatorX, stigmatorY, before: pairs[0]!.astigmatism, after: astigmatism } };
  }
  const zero = settingWithout(pairs, options);
  if (zero === undefined) return fail(state, 'no-response', 'The stigmators did not change the shape of the blur measurably.');
  if (Math.abs(zero.stigmatorX) > 1 || Math.abs(zero.stigmatorY) > 1) {
    return fail(state, 'out-of-range', `The astigmatism would need stigmators at ${zero.stigmatorX.toFixed(2)}, ${zero.stigmatorY.toFixed(2)}, outside -1 to 1.`);
  }
  return { ...state, setting: zero };
}

function size({ even, cross }: Astigmatism): number {
  return Math.hypot(even, cross);
}

/** Both components are linear in both stigmators; their common zero. */
function settingWithout(pairs: readonly Pair[], { stigmatorX: x0, stigmatorY: y0 }: StigmationOptions): Setting | undefined {
  const fits = (['even', 'cross'] as const).map((component) =>
    leastSquares(pairs.map(({ stigmatorX, stigmatorY, astigmatism }) => ({ terms: [1, stigmatorX - x0, stigmatorY - y0], value: astigmatism[component], weight: 1 / astigmatism.sigma ** 2 })), 3),
  );
  const [even, cross] = fits;
  if (even === undefined || cross === undefined) return undefined;
  const [e, ex, ey] = even.values as [number, number, number];
  const [c, cx, cy] = cross.values as [number, number, number];
  const determinant = ex * cy - ey * cx;
  const noise = Math.sqrt(even.covariance[1]![1]! * cross.covariance[2]![2]!);
  if (Math.abs(determinant) < 4 * noise) return undefined;
  return { stigmatorX: x0 - (cy * e - ey * c) / determinant, stigmatorY: y0 - (ex * c - cx * e) / determinant };
}

function fail(state: StigmationState, reason: 'no-structure' | 'no-response' | 'out-of-range', message: string): StigmationState {
  return { ...state, outcome: { found: false, reason, message } };
}
