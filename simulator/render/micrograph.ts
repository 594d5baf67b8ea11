import { EmagentError } from '../../src/contract/errors.ts';
import type { GreyImage } from '../../src/contract/frame.ts';
import { unknownNameMessage } from '../../src/lib/nearest-name.ts';
import { randomFor } from '../../src/lib/random.ts';
import { detect } from './detector.ts';
import { createGrid } from './raster.ts';
import { RENDERED_CATEGORIES, RENDERERS, type RenderedCategory } from './registry.ts';

export interface RenderOptions {
  /** One of the ten categories or `Background`. */
  readonly category: string;
  readonly seed: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Smallest edge that still shows a structure, and the largest that fits in memory with ease. */
const EDGE_PX = { min: 16, max: 8192 } as const;

/** The category's name in the registry. Throws EM_UNKNOWN_NAME with the nearest name. */
export function renderedCategory(name: string): RenderedCategory {
  const found = RENDERED_CATEGORIES.find((category) => category === name);
  if (found === undefined) throw new EmagentError('EM_UNKNOWN_NAME', unknownNameMessage('category', name, RENDERED_CATEGORIES));
  return found;
}

export function requireEdge(name: string, value: number): void {
  if (!Number.isInteger(value) || value < EDGE_PX.min || value > EDGE_PX.max) {
    throw new EmagentError('EM_USAGE', `${name} must be a whole number of pixels from ${EDGE_PX.min} to ${EDGE_PX.max}, not ${value}.`);
  }
}

/**
 * Secondary-electron yield of a drawn specimen, Float32 in 0..1, without noise and without the blur of an instrument.
 * The same seed shows the same structure at any size: lengths are fractions of the width.
 * Throws EM_UNKNOWN_NAME and EM_USAGE.
 */
export function renderYield(options: RenderOptions): GreyImage & { readonly data: Float32Array } {
  const { seed, widthPx, heightPx } = options;
  const category = renderedCategory(options.category);
  requireEdge('The width', widthPx);
  requireEdge('The height', heightPx);
  const data = RENDERERS[category](createGrid(widthPx, heightPx), randomFor(seed, `render/${category}`));
  for (let index = 0; index < data.length; index++) data[index] = Math.min(1, Math.max(0, data[index]!));
  return { widthPx, heightPx, data };
}

export interface MicrographOptions extends RenderOptions {
  /** Time on each pixel; drawn from the seed when absent. */
  readonly dwellUs?: number;
  readonly beamCurrentPa?: number;
}

/** A drawn specimen as a detector shows it: 8 bit, with blur, shot noise, gain and offset spread by the seed. */
export function renderMicrograph(options: MicrographOptions): GreyImage & { readonly data: Uint8Array } {
  const picture = renderYield(options);
  return { widthPx: picture.widthPx, heightPx: picture.heightPx, data: detect(picture, options) };
}
