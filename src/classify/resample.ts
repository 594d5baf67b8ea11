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

/** One row of the target before its columns are joined. Two or three taps, the usual case, in one pass. */
function joinRows(source: Float32Array, row: Float32Array, { from, weights, at, taps }: { from: number; weights: Float32Array; at: number; taps: number }): void {
  const width = row.length;
  const [a = 0, b = 0, c = 0] = [weights[at], taps > 1 ? weights[at + 1] : 0, taps > 2 ? weights[at + 2] : 0];
  const second = taps > 1 ? from + width : from;
  const third = taps > 2 ? second + width : second;
  for (let x = 0; x < width; x++) row[x] = a * source[from + x]! + b * source[second + x]! + c * source[third + x]!;
  for (let tap = 3; tap < taps; tap++) {
    const weight = weights[at + tap]!;
    const start = from + tap * width;
    if (weight !== 0) for (let x = 0; x < width; x++) row[x]! += weight * source[start + x]!;
  }
}

function joinColumns(row: Float32Array, { taps, first, weights }: AxisPlan, { target, at }: { target: Float32Array; at: number }): void {
  const width = first.length;
  if (taps === 3) {
    for (let x = 0, w = 0; x < width; x++, w += 3) {
      const start = first[x]!;
      target[at + x] = weights[w]! * row[start]! + weights[w + 1]! * row[start + 1]! + weights[w + 2]! * row[start + 2]!;
    }
    return;
  }
  for (let x = 0; x < width; x++) {
    let sum = 0;
    const start = first[x]!;
    for (let tap = 0; tap < taps; tap++) sum += weights[x * taps + tap]! * row[start + tap]!;
    target[at + x] = sum;
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
  for (let y = 0; y < heightPx; y++) {
    joinRows(source, row, { from: rows.first[y]! * part.widthPx, weights: rows.weights, at: y * rows.taps, taps: rows.taps });
    joinColumns(row, columns, { target, at: y * widthPx });
  }
}
