import { EmagentError } from '../../src/contract/errors.ts';
import type { FieldGeometry, LineRenderer } from '../scene/field-renderer.ts';
import type { Scenario } from '../scenario-schema.ts';
import { blurCovariance, blurPasses, blurReachPx, type BlurPx, type Plane } from './blur.ts';
import type { Blur } from './defocus.ts';
import { createDetector, type Exposure } from './detector.ts';

/** Pixels worked on before others get a turn: some 10 ms. */
const BLOCK_PX = 64 * 1024;
/** A blur wider than this many pixels is made on a grid 2, 4, ... times as coarse: what lies below it is gone anyway. */
const COARSE_SIGMA_PX = 2;

/** Lets the rest of the program run; takes no time on any clock. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Buffers that are used again from frame to frame: fresh ones of megabytes cost more than what is done in them. */
export interface ScratchPlanes {
  /** Zeroed or not: whoever takes it writes all of it. A slot is one plane in use at a time. */
  take(slot: number, length: number): Float32Array;
}

export function createScratchPlanes(): ScratchPlanes {
  const slots: Float32Array[] = [];
  return {
    take: (slot, length) => {
      if ((slots[slot]?.length ?? 0) < length) slots[slot] = new Float32Array(length);
      return slots[slot]!.subarray(0, length);
    },
  };
}

export interface ImageRequest {
  readonly field: FieldGeometry;
  readonly blur: Blur;
  readonly exposure: Exposure;
  readonly detector: Scenario['detector'];
  readonly noiseSeed: number;
  /** Gives the specimen under a field; a field may be larger or coarser than the frame. */
  readonly look: (field: FieldGeometry) => Promise<LineRenderer>;
  /** What else happens to the yields of a line before the detector: beam that fades, charging, contamination. */
  readonly alter?: ((yields: Float32Array, row: number) => void) | undefined;
  /** One frame at a time. */
  readonly scratch: ScratchPlanes;
  readonly signal?: AbortSignal;
}

async function byBlocks(plane: { widthPx: number; heightPx: number }, signal: AbortSignal | undefined, work: (from: number, to: number) => void): Promise<void> {
  const rows = Math.max(1, Math.floor(BLOCK_PX / plane.widthPx));
  for (let from = 0; from < plane.heightPx; from += rows) {
    if (signal?.aborted === true) throw (signal.reason as Error | undefined) ?? new EmagentError('EM_STOPPED', 'Stopped.');
    work(from, Math.min(plane.heightPx, from + rows));
    await turn();
  }
}

/** The field with `margin` pixels more on each side, its pixels `factor` times as large. */
function enlarge(field: FieldGeometry, margin: number, factor: number): FieldGeometry {
  return {
    ...field,
    pixelUm: field.pixelUm * factor,
    widthPx: Math.ceil(field.widthPx / factor) + 2 * margin,
    heightPx: Math.ceil(field.heightPx / factor) + 2 * margin,
    shiftUm: (row) => field.shiftUm(Math.min(field.heightPx - 1, Math.max(0, (row - margin) * factor))),
  };
}

/** The middle of a plane with margins, enlarged by bilinear interpolation. */
function cut(plane: Plane, field: FieldGeometry, factor: number): (out: Float32Array, from: number, to: number) => void {
  const { data, widthPx, heightPx } = plane;
  if (factor === 1) {
    const marginX = (widthPx - field.widthPx) / 2;
    const marginY = (heightPx - field.heightPx) / 2;
    return (out, from, to) => {
      for (let row = from; row < to; row++) {
        const start = (row + marginY) * widthPx + marginX;
        out.set(data.subarray(start, start + field.widthPx), row * field.widthPx);
      }
    };
  }
  return (out, from, to) => {
    for (let row = from; row < to; row++) {
      const y = (row + 0.5 - field.heightPx / 2) / factor + heightPx / 2 - 0.5;
      const top = Math.min(heightPx - 2, Math.max(0, Math.floor(y)));
      const fy = Math.min(1, Math.max(0, y - top));
      for (let column = 0; column < field.widthPx; column++) {
        const x = (column + 0.5 - field.widthPx / 2) / factor + widthPx / 2 - 0.5;
        const left = Math.min(widthPx - 2, Math.max(0, Math.floor(x)));
        const fx = Math.min(1, Math.max(0, x - left));
        const at = top * widthPx + left;
        const above = data[at]! + (data[at + 1]! - data[at]!) * fx;
        const below = data[at + widthPx]! + (data[at + widthPx + 1]! - data[at + widthPx]!) * fx;
        out[row * field.widthPx + column] = above + (below - above) * fy;
      }
    }
  };
}

/** In coarse pixels, less the variance that they bring themselves: a box of theirs, f^2/12, and the way back, f^2/6. */
function onCoarseGrid({ xx, xy, yy }: BlurPx, factor: number): BlurPx {
  if (factor === 1) return { xx, xy, yy };
  const square = factor * factor;
  return { xx: xx / square - 0.25, xy: xy / square, yy: yy / square - 0.25 };
}

/** Yields of the field as the probe sees them, before the detector. */
async function blurredYields({ field, blur, look, scratch, signal }: ImageRequest): Promise<Float32Array> {
  const covariance = blurCovariance(blur.sigmaUUm / field.pixelUm, blur.sigmaVUm / field.pixelUm, blur.angleDeg);
  const smallest = Math.min(blur.sigmaUUm, blur.sigmaVUm) / field.pixelUm;
  const factor = smallest < COARSE_SIGMA_PX ? 1 : 2 ** Math.floor(Math.log2(smallest));
  const coarse = onCoarseGrid(covariance, factor);
  const margin = Math.min(blurReachPx(coarse), 256);
  const large = margin === 0 && factor === 1 ? field : enlarge(field, margin + (factor > 1 ? 1 : 0), factor);
  const { widthPx, heightPx } = large;
  let slot = 0;
  let data = scratch.take(slot, widthPx * heightPx);
  const renderLines = await look(large);
  await byBlocks(large, signal, (from, to) => renderLines(data, from, to));
  for (const pass of blurPasses(coarse)) {
    const apply = pass({ data, widthPx, heightPx });
    slot = 1 - slot;
    const next = scratch.take(slot, data.length);
    await byBlocks(large, signal, (from, to) => apply(next, from, to));
    data = next;
  }
  if (large === field) return data;
  const out = scratch.take(2, field.widthPx * field.heightPx);
  const middle = cut({ data, widthPx, heightPx }, field, factor);
  await byBlocks(field, signal, (from, to) => middle(out, from, to));
  return out;
}

/**
 * Scene, probe and detector: the pixels of one frame. Costs no instrument time; others get a turn between blocks of lines.
 * Rejects with the signal's reason when aborted. Throws EM_PICTURE.
 */
export async function formImage(request: ImageRequest): Promise<Uint8Array | Uint16Array> {
  const { field, exposure, detector, noiseSeed, alter, signal } = request;
  const length = field.widthPx * field.heightPx;
  const yields = exposure.dark ? request.scratch.take(0, length).fill(0) : await blurredYields(request);
  const data = exposure.depth === 8 ? new Uint8Array(length) : new Uint16Array(length);
  const detect = createDetector(detector, exposure, noiseSeed);
  await byBlocks(field, signal, (from, to) => {
    if (alter !== undefined) for (let row = from; row < to; row++) alter(yields, row);
    detect(yields, data, [from * field.widthPx, to * field.widthPx]);
  });
  return data;
}
