import type { Level } from './levels.ts';

/** What charging does to the lines of a frame. */
export interface LineMeasures {
  /** Rows that stand out from both their neighbours, as a share of all. */
  readonly streakShare: number;
  /** How far rows stand out, root of the mean square beyond noise and structure, grey levels. */
  readonly streakHeight: number;
  /** Share of the rows whose mean jumps from the row before by more than three standard deviations (from the median jump). */
  readonly jumpShare: number;
  /** Variance of the row means' differences over that of the column means': 1 for a specimen without a direction. */
  readonly rowColumnRatio: number;
}

/** A row stands out when it does so by this many standard deviations of its mean's noise. */
const LEAST_OVER_NOISE = 6;
const JUMP_Z = 3;
/** From the median absolute deviation of a normal distribution to its standard deviation. */
const MAD_TO_SIGMA = 1.4826;

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

/** Share of the steps from value to value that lie beyond `JUMP_Z` deviations, these taken from their median size. */
function shareOfJumps(values: Float64Array, leastSigma: number): number {
  const jumps = Float64Array.from({ length: values.length - 1 }, (_, k) => Math.abs(values[k + 1]! - values[k]!));
  const median = jumps.toSorted()[jumps.length >> 1] ?? 0;
  const limit = JUMP_Z * Math.max(leastSigma, MAD_TO_SIGMA * median);
  return jumps.filter((jump) => jump > limit).length / Math.max(1, jumps.length);
}

/**
 * Horizontal streaks: the brightness of whole lines jumps to and fro, as with charging. An edge of the specimen that runs
 * along the lines is a step, not a spike, and a grating is wider than one line; what spikes its columns show in the same
 * way is taken off. `boxes` are the means over 2x2 px.
 */
export function measureLines(rowMeans: Float64Array, boxes: Level, noiseLevels: number): LineMeasures {
  const rowSpikes = spikes(rowMeans);
  const noise = (noiseLevels * Math.sqrt(1.5)) / Math.sqrt(2 * boxes.columns);
  const out = rowSpikes.filter((spike) => Math.abs(spike) > LEAST_OVER_NOISE * noise).length;
  const columns = spikes(columnMeans(boxes));
  // Rows in pairs, as the columns are.
  const paired = Float64Array.from({ length: rowMeans.length >> 1 }, (_, k) => (rowMeans[2 * k]! + rowMeans[2 * k + 1]!) / 2);
  const floor = noiseLevels ** 2 / boxes.columns;
  return {
    streakShare: out / Math.max(1, rowSpikes.length),
    streakHeight: Math.sqrt(Math.max(0, meanSquare(rowSpikes) - noise ** 2 - meanSquare(columns))),
    jumpShare: shareOfJumps(rowMeans, noise),
    rowColumnRatio: (meanSquare(spikes(paired)) + floor) / (meanSquare(columns) + floor),
  };
}

/**
 * How much a frame looks charged, a number that grows with it: how far lines stand out in units of the structure's own standard
 * deviation, times how many do.
 */
export function chargingScore({ streakShare, streakHeight }: LineMeasures, structureLevels: number): number {
  return (streakHeight / Math.max(structureLevels, 1e-9)) * Math.sqrt(streakShare);
}

/**
 * Drift of the brightness between exposures of one field: the difference of the means, in standard deviations of the
 * difference that their shot noise makes. Charging builds up; the specimen does not.
 */
export function brightnessDrift(first: { readonly mean: number; readonly noiseLevels: number; readonly pixels: number }, second: { readonly mean: number; readonly noiseLevels: number; readonly pixels: number }): number {
  return (second.mean - first.mean) / Math.sqrt(first.noiseLevels ** 2 / first.pixels + second.noiseLevels ** 2 / second.pixels);
}
