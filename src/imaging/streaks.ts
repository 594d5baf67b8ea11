import type { Level } from './levels.ts';

export interface Streaks {
  /** Rows that stand out from both their neighbours, as a share of all. */
  readonly share: number;
  /** How far rows stand out, root of the mean square beyond noise and structure, grey levels. */
  readonly height: number;
}

/** A row stands out when it does so by this many standard deviations of its mean's noise. */
const LEAST_OVER_NOISE = 6;

/** How far each value lies from the mean of its two neighbours. */
function spikes(values: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: Math.max(0, values.length - 2) }, (_, k) => values[k + 1]! - (values[k]! + values[k + 2]!) / 2);
}

function meanSquare(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value * value, 0) / values.length;
}

function columnMeans({ columns, rows, means }: Level): Float64Array {
  const sums = new Float64Array(columns);
  for (let y = 0; y < rows; y++) for (let x = 0; x < columns; x++) sums[x]! += means[y * columns + x]!;
  return sums.map((sum) => sum / rows);
}

/**
 * Horizontal streaks: the brightness of whole lines jumps to and fro, as with charging. An edge of the specimen that runs
 * along the lines is a step, not a spike, and a grating is wider than one line; what spikes its columns show in the same
 * way is taken off. `boxes` are the means over 2x2 px.
 */
export function measureStreaks(rowMeans: Float64Array, boxes: Level, noiseLevels: number): Streaks {
  const rowSpikes = spikes(rowMeans);
  const noise = (noiseLevels * Math.sqrt(1.5)) / Math.sqrt(2 * boxes.columns);
  const out = rowSpikes.filter((spike) => Math.abs(spike) > LEAST_OVER_NOISE * noise).length;
  const structure = meanSquare(spikes(columnMeans(boxes)));
  return { share: out / rowSpikes.length, height: Math.sqrt(Math.max(0, meanSquare(rowSpikes) - noise ** 2 - structure)) };
}
