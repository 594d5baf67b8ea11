import type { GreyImage } from '../contract/frame.ts';
import { analyseLevels, type Level } from './levels.ts';

export interface StructurePlace {
  /** Centre of what stands out from the substrate, pixels from the left and from the top. */
  readonly xPx: number;
  readonly yPx: number;
  /** Share of the field that it covers, 0 to 1. */
  readonly share: number;
}

/** Boxes of 8 px: wide enough to hold texture, narrow enough to place it. */
const BOX_LEVEL = 2;
const LEAST_OVER_NOISE = 5;
/** Fewer boxes than this are dust. */
const LEAST_BOXES = 3;
/** Structure over most of the field has no centre of its own that would be worth a move. */
const WHOLE_FIELD = 0.6;

/** Root of the mean square of the fine differences in and around each coarse box, beyond the noise. */
function activity(fine: Level, coarse: Level, noiseLevels: number): Float32Array {
  const factor = coarse.binPx / fine.binPx;
  // A difference of two boxes of 2 px has twice the variance of one, which is a quarter of a pixel's.
  const noise = noiseLevels ** 2 / 2;
  const map = new Float32Array(coarse.columns * coarse.rows);
  for (let y = 0; y < coarse.rows; y++) {
    for (let x = 0; x < coarse.columns; x++) {
      let squares = 0;
      let count = 0;
      for (let v = y * factor; v < Math.min((y + 1) * factor, fine.rows - 1); v++) {
        for (let u = x * factor; u < Math.min((x + 1) * factor, fine.columns - 1); u++) {
          const at = v * fine.columns + u;
          squares += (fine.means[at + 1]! - fine.means[at]!) ** 2 + (fine.means[at + fine.columns]! - fine.means[at]!) ** 2;
          count += 2;
        }
      }
      map[y * coarse.columns + x] = count === 0 ? 0 : Math.sqrt(Math.max(0, squares / count - noise));
    }
  }
  return map;
}

/** A box counts only with an active neighbour: single ones are noise. */
function supported(active: Uint8Array, columns: number, index: number): boolean {
  const x = index % columns;
  return (
    (x > 0 && active[index - 1] === 1) ||
    (x < columns - 1 && active[index + 1] === 1) ||
    active[index - columns] === 1 ||
    active[index + columns] === 1
  );
}

/**
 * Where the textured structure of a field lies: the boxes whose fine contrast stands out from noise and from the field's
 * own substrate, weighted by that contrast, then once more without what lies far from the rest. Undefined when nothing
 * stands out. Works on sharp and on moderately blurred frames.
 */
export function locateStructure(image: GreyImage): StructurePlace | undefined {
  const { levels, noiseLevels } = analyseLevels(image);
  const [fine, coarse] = [levels[0], levels[BOX_LEVEL]];
  if (fine === undefined || coarse === undefined) return undefined;
  const map = activity(fine, coarse, noiseLevels);
  // The substrate is the quieter half of the field, as long as it is quieter at all.
  const sorted = map.toSorted();
  const substrate = sorted[Math.floor(sorted.length / 4)]!;
  const top = sorted[Math.floor(sorted.length * 0.995)]!;
  // Noise of the mean square over some 32 differences is a quarter of it.
  const floor = LEAST_OVER_NOISE * noiseLevels * Math.SQRT1_2 * 0.25;
  const threshold = Math.max(floor, Math.min(2 * substrate + floor, (substrate + top) / 2));
  const active = Uint8Array.from(map, (value) => (value > threshold ? 1 : 0));
  const boxes = [...active.keys()].filter((index) => active[index] === 1 && supported(active, coarse.columns, index));
  if (boxes.length < LEAST_BOXES) return undefined;
  const share = boxes.length / map.length;
  if (share > WHOLE_FIELD) return { xPx: image.widthPx / 2, yPx: image.heightPx / 2, share };
  const weigh = (chosen: readonly number[]): { x: number; y: number; spread: number } => {
    let [weight, x, y] = [0, 0, 0];
    for (const index of chosen) {
      weight += map[index]!;
      x += map[index]! * (index % coarse.columns);
      y += map[index]! * Math.floor(index / coarse.columns);
    }
    [x, y] = [x / weight, y / weight];
    const squares = chosen.reduce((sum, index) => sum + map[index]! * distance2(index, { x, y }), 0);
    return { x, y, spread: Math.sqrt(squares / weight) };
  };
  const distance2 = (index: number, from: { x: number; y: number }): number =>
    ((index % coarse.columns) - from.x) ** 2 + (Math.floor(index / coarse.columns) - from.y) ** 2;
  const all = weigh(boxes);
  const near = boxes.filter((index) => distance2(index, all) <= (2 * all.spread + 1) ** 2);
  const { x, y } = near.length === 0 ? all : weigh(near);
  return { xPx: (x + 0.5) * coarse.binPx, yPx: (y + 0.5) * coarse.binPx, share };
}
