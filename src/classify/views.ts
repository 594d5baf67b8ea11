import type { GreyImage } from '../contract/frame.ts';
import type { ModelManifest } from '../contract/model-manifest.ts';
import { clamp } from '../lib/guards.ts';
import { resamplePart, type Part } from './resample.ts';

/** What the model wants to see: the manifest's `input`, without the tensor's name. */
export type ViewSettings = Omit<ModelManifest['input'], 'name'>;

/** Numbers of views that lie symmetrically in a picture. */
export const VIEW_COUNTS = [1, 3, 5, 7, 9, 14] as const;

/**
 * Where the views after the first lie, from left to right and from top to bottom, each 0 to 1: opposite ones follow each other,
 * corners first.
 */
const PLACES = [[0, 0], [1, 1], [1, 0], [0, 1], [0, 0.5], [1, 0.5], [0.5, 0], [0.5, 1]] as const;
/** Where still smaller ones lie, `share` of `share`: what a category of one's own is told by is often small in the picture. */
const FINE_PLACES = [[0, 0], [1, 1], [1, 0], [0, 1], [0.5, 0.5]] as const;

/** A standard deviation below this is taken for it: a flat view must not become noise of full contrast. */
const LEAST_STANDARD_DEVIATION = 1;

/**
 * The parts of a picture that are looked at, in the shape of the model's input (squares for a square one): the largest one that
 * fits, centred; then smaller ones, `share` of it, in the corners and at the middles of the edges; then still smaller ones,
 * `share` of those, in the corners and the middle.
 */
export function viewParts(picture: { widthPx: number; heightPx: number }, settings: ViewSettings, count: number = settings.views.count): Part[] {
  const fit = Math.min(picture.widthPx / settings.widthPx, picture.heightPx / settings.heightPx);
  const part = (share: number, [right, down]: readonly [number, number]): Part => {
    const widthPx = clamp(Math.round(share * fit * settings.widthPx), 1, picture.widthPx);
    const heightPx = clamp(Math.round(share * fit * settings.heightPx), 1, picture.heightPx);
    return { leftPx: Math.floor((picture.widthPx - widthPx) * right), topPx: Math.floor((picture.heightPx - heightPx) * down), widthPx, heightPx };
  };
  const { share } = settings.views;
  return [
    part(1, [0.5, 0.5]),
    ...PLACES.slice(0, count - 1).map((place) => part(share, place)),
    ...FINE_PLACES.slice(0, Math.max(0, count - 1 - PLACES.length)).map((place) => part(share * share, place)),
  ];
}

const AS_IT_IS = { gain: 1, shift: 0 };

/** Gain and shift that bring values to the given mean and standard deviation. */
function equaliser(values: Float32Array, { mean, standardDeviation }: { mean: number; standardDeviation: number }): { gain: number; shift: number } {
  let sum = 0;
  let squares = 0;
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!;
    sum += value;
    squares += value * value;
  }
  const middle = sum / values.length;
  const spread = Math.sqrt(Math.max(0, squares / values.length - middle * middle));
  const gain = standardDeviation / Math.max(LEAST_STANDARD_DEVIATION, spread);
  return { gain, shift: mean - middle * gain };
}

/** (clip(gain v + shift) - offset) / scale in one pass; clipped to 0 ... 255. */
function normalise(values: Float32Array, { gain, shift }: { gain: number; shift: number }, { offset, scale }: ViewSettings): void {
  const factor = 1 / scale;
  for (let at = 0; at < values.length; at++) {
    const value = values[at]! * gain + shift;
    values[at] = ((value < 0 ? 0 : value > 255 ? 255 : value) - offset) * factor;
  }
}

/**
 * What the model gets to see of a picture: `count` views, each [channels, height, width], resampled, equalised if the
 * manifest says so, and normalised as (v - offset) / scale. Training and inference use this same function.
 * Throws RangeError for a number of views that is not among VIEW_COUNTS.
 */
export function viewsOf(image: GreyImage, settings: ViewSettings, count: number = settings.views.count): Float32Array[] {
  if (!(VIEW_COUNTS as readonly number[]).includes(count)) throw new RangeError(`${count} views: there can be ${VIEW_COUNTS.join(', ')}`);
  const { widthPx, heightPx, channels } = settings;
  const plane = widthPx * heightPx;
  return viewParts(image, settings, count).map((part) => {
    const view = new Float32Array(channels * plane);
    const target = view.subarray(0, plane);
    resamplePart(image, part, { target, widthPx });
    normalise(target, settings.equalise === undefined ? AS_IT_IS : equaliser(target, settings.equalise), settings);
    for (let channel = 1; channel < channels; channel++) view.copyWithin(channel * plane, 0, plane);
    return view;
  });
}
