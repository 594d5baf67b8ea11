import type { GreyImage } from '../contract/frame.ts';

/** A part of a picture in whole pixels from its top left corner. */
export interface Part {
  readonly leftPx: number;
  readonly topPx: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** For each target pixel of one axis: its first source pixel, and `taps` weights that sum to 1. */
interface AxisPlan {
  readonly taps: number;
  readonly first: Int32Array;
  readonly weights: Float32Array;
}

/**
 * Shrinking: the share of each source pixel under the target pixel (area average). Enlarging: linear between the centres of
 * the two nearest source pixels.
 */
function planAxis(source: number, target: number): AxisPlan {
  const ratio = source / target;
  const taps = Math.min(source, ratio <= 1 ? 2 : Math.ceil(ratio) + 1);
  const first = new Int32Array(target);
  const weights = new Float32Array(target * taps);
  for (let index = 0; index < target; index++) {
    if (ratio <= 1) {
      const centre = Math.min(source - 1, Math.max(0, (index + 0.5) * ratio - 0.5));
      const start = Math.max(0, Math.min(Math.floor(centre), source - taps));
      first[index] = start;
      if (taps === 1) weights[index] = 1;
      else {
        weights[index * 2] = 1 - (centre - start);
        weights[index * 2 + 1] = centre - start;
      }
      continue;
    }
    const from = index * ratio;
    const to = Math.min(source, from + ratio);
    const start = Math.min(Math.floor(from), source - taps);
    first[index] = start;
    for (let tap = 0; tap < taps; tap++) {
      const covered = Math.min(to, start + tap + 1) - Math.max(from, start + tap);
      weights[index * taps + tap] = Math.max(0, covered) / (to - from);
    }
  }
  return { taps, first, weights };
}

const plans = new Map<string, AxisPlan>();
const KEPT_PLANS = 64;

function axisPlan(source: number, target: number): AxisPlan {
  const key = `${source}>${target}`;
  let plan = plans.get(key);
  if (plan === undefined) {
    if (plans.size >= KEPT_PLANS) plans.clear();
    plan = planAxis(source, target);
    plans.set(key, plan);
  }
  return plan;
}

/** The part as floats from 0 to 255, so that the loops below always see one kind of array. */
function floatsOf({ data, widthPx: rowPx }: GreyImage, { leftPx, topPx, widthPx, heightPx }: Part): Float32Array {
  const floats = new Float32Array(widthPx * heightPx);
  for (let row = 0; row < heightPx; row++) {
    const from = (topPx + row) * rowPx + leftPx;
    floats.set(data.subarray(from, from + widthPx), row * widthPx);
  }
  if (data instanceof Uint16Array) for (let at = 0; at < floats.length; at++) floats[at]! *= 255 / 65535;
  return floats;
}

function combineRows(source: Float32Array, from: number, { row, weights }: { row: Float32Array; weights: Float32Array }): void {
  const width = row.length;
  const taps = weights.length;
  const first = weights[0]!;
  for (let x = 0; x < width; x++) row[x] = first * source[from + x]!;
  for (let tap = 1; tap < taps; tap++) {
    const weight = weights[tap]!;
    if (weight === 0) continue;
    const start = from + tap * width;
    for (let x = 0; x < width; x++) row[x]! += weight * source[start + x]!;
  }
}

/**
 * Brings a part of a picture to the size of `target` (row by row from the top left, `widthPx` wide): area average when it
 * becomes smaller, bilinear when it becomes larger. 8-bit values stay, 16-bit ones are brought to 0 ... 255.
 */
export function resamplePart(image: GreyImage, part: Part, { target, widthPx }: { target: Float32Array; widthPx: number }): void {
  const heightPx = target.length / widthPx;
  const source = floatsOf(image, part);
  const columns = axisPlan(part.widthPx, widthPx);
  const rows = axisPlan(part.heightPx, heightPx);
  const row = new Float32Array(part.widthPx);
  const { first, taps, weights } = columns;
  for (let y = 0; y < heightPx; y++) {
    combineRows(source, rows.first[y]! * part.widthPx, { row, weights: rows.weights.subarray(y * rows.taps, (y + 1) * rows.taps) });
    for (let x = 0; x < widthPx; x++) {
      let sum = 0;
      const start = first[x]!;
      const at = x * taps;
      for (let tap = 0; tap < taps; tap++) sum += weights[at + tap]! * row[start + tap]!;
      target[y * widthPx + x] = sum;
    }
  }
}
