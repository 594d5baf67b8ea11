import type { Verdict } from '../contract/events.ts';
import type { Frame, GreyImage } from '../contract/frame.ts';
import { chargingScore, measureLines } from './charging.ts';
import { measureEmptiness } from './emptiness.ts';
import { analyseLevels, curvature, neighbourVariance, type Level } from './levels.ts';
import { measureSharpness } from './sharpness.ts';
import { findTear, isSameTear } from './tear.ts';

export interface JudgeContext {
  /** The frame before this one, whatever field it shows. */
  readonly previous?: Frame;
  /** Row at which an earlier frame of the same field seemed to be torn. */
  readonly tornAtPx?: number;
  /** `edgeShare` of a frame of the same magnification right after it was focused. */
  readonly reference?: { readonly edgeShare: number };
}

export interface Judgement {
  readonly verdict: Verdict;
  /** What it rests on: shares 0 to 1, `…Levels` in grey levels, the rest ratios. Only what was needed is measured. */
  readonly measures: Record<string, number>;
}

/** All thresholds in one place; They were set on real micrographs, blurred and exposed anew. Levels are shares of full scale. */
export const QUALITY = {
  /** Blanked or beam off: black level and read noise only. */
  darkBrightest: 0.06,
  saturatedShare: 0.5,
  /** `chargingScore` above this: three of 564 real micrographs, half of the frames of a specimen that charges everywhere. */
  charging: 0.12,
  /** Structure over noise in the band where there is most of it: below the first it may be empty. */
  emptyStructure: 4,
  emptyEdges: 3,
  /** Local variance over that of the noise in the liveliest part of the field, 32 px wide: chance alone makes some 1.5. */
  emptyUnevenness: 4,
  /** Sum of structure over noise per pixel. */
  noisySnr: 0.1,
  /** What a noisy frame is taken again for, and how much longer at most. */
  wantedSnr: 0.4,
  mostDwellFactor: 16,
  blurredEdgeShare: 0.5,
  blurredEdges: 24,
  /** Far out of focus no edge is left: much structure in boxes of 32 px, none beyond noise in those of 2 px, no sharp edge. */
  farStructure: 4 / 255,
  farFine: 1.35,
  farEdgeShare: 0.6,
  /** Below this the noise would hide fine structure, and its lack says nothing. */
  farSnr: 1,
  /** With a reference, a frame is blurred only when clearly less sharp than that one was. */
  blurredOfReference: 0.8,
  leastEdgeHeight: 8 / 255,
} as const;

function uniformRow({ widthPx, data }: GreyImage, row: number): boolean {
  const first = data[row * widthPx]!;
  for (let x = 1; x < widthPx; x++) if (data[row * widthPx + x] !== first) return false;
  return true;
}

/** A background that is clipped to black fades out; where lines are missing, the picture stops. */
const LEAST_OTHER_SHARE = 0.2;

/** Rows from `from` on that hold one value each, as where lines were not scanned or not received. */
function missingRows(image: GreyImage, from: number, step: 1 | -1): number {
  let rows = 0;
  while (rows < image.heightPx && uniformRow(image, from + step * rows)) rows++;
  if (rows === 0 || rows === image.heightPx) return rows;
  const value = image.data[from * image.widthPx]!;
  const next = (from + step * rows) * image.widthPx;
  let other = 0;
  for (let x = 0; x < image.widthPx; x++) if (image.data[next + x] !== value) other++;
  return other >= LEAST_OTHER_SHARE * image.widthPx ? rows : 0;
}

/** Byte for byte the same: two exposures never are, not even of the same field. */
function identical(frame: Frame, previous: Frame | undefined): boolean {
  if (previous === undefined || previous.id === frame.id || previous.data.byteLength !== frame.data.byteLength) return false;
  const bytes = (data: Frame['data']): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return bytes(frame.data).equals(bytes(previous.data));
}

interface Brightness {
  readonly mean: number;
  /** Level that all but 0.5 % of the pixels lie below. */
  readonly brightest: number;
  readonly saturatedShare: number;
}

/** As shares of full scale, from every third pixel. */
function brightness(data: Frame['data']): Brightness {
  const shift = data instanceof Uint8Array ? 0 : 8;
  const histogram = new Uint32Array(256);
  let sum = 0;
  let count = 0;
  for (let index = 0; index < data.length; index += 3) {
    const level = data[index]! >> shift;
    histogram[level]!++;
    sum += level;
    count++;
  }
  let above = histogram[255]!;
  let brightest = 255;
  while (above <= 0.005 * count) above += histogram[--brightest]!;
  return { mean: sum / count / 255, brightest: brightest / 255, saturatedShare: (histogram[254]! + histogram[255]!) / count };
}

/** Structure over noise in the box size where there is most of it, 1 for noise alone: of those without shading, and of 2 px; and of all. */
function structureOverNoise(levels: readonly Level[], noiseLevels: number): { octaves: number[]; fine: number; finest: number } {
  const octaves = levels.map((level) => (neighbourVariance(level) * level.binPx ** 2) / noiseLevels ** 2);
  const fine = octaves.filter((_, index) => levels[index]!.binPx <= 16);
  return { octaves, fine: Math.max(0, ...fine), finest: octaves[0] ?? 0 };
}

/**
 * How many times longer to dwell so that a signal-to-noise ratio of variances becomes the wanted one: it goes with the
 * dwell, the ratio of amplitudes with its root.
 */
export function dwellFactorFor(snr: number, wantedSnr: number = QUALITY.wantedSnr): number {
  return Math.min(QUALITY.mostDwellFactor, Math.max(1, wantedSnr / Math.max(snr, 1e-6)));
}

function variance(values: ArrayLike<number>): number {
  let sum = 0;
  let squares = 0;
  for (let index = 0; index < values.length; index++) {
    sum += values[index]!;
    squares += values[index]! ** 2;
  }
  return Math.max(0, squares / values.length - (sum / values.length) ** 2);
}

/**
 * Tells whether a picture can be trusted, before the network sees it. Conservative: what cannot be told is `good`. A
 * picture without edges is never `blurred`, and lines of the specimen itself are no `charging`.
 */
export function judge(frame: Frame, context: JudgeContext = {}): Judgement {
  const fullScale = frame.data instanceof Uint8Array ? 255 : 65535;
  const { mean, brightest, saturatedShare } = brightness(frame.data);
  const measures: Record<string, number> = { mean, saturatedShare };
  const conclude = (verdict: Verdict, more: Record<string, number> = {}): Judgement => ({ verdict, measures: { ...measures, ...more } });
  if (brightest < QUALITY.darkBrightest) return conclude('dark', { brightest });
  if (identical(frame, context.previous)) return conclude('frozen');
  const lines = missingRows(frame, 0, 1) + missingRows(frame, frame.heightPx - 1, -1);
  if (lines > 0 && saturatedShare < QUALITY.saturatedShare) return conclude('incomplete', { missingRows: lines });
  if (saturatedShare > QUALITY.saturatedShare) return conclude('saturated');

  const { levels, noiseLevels, rowMeans } = analyseLevels(frame);
  const noise = Math.max(noiseLevels, fullScale / 255 / 4);
  const structure = structureOverNoise(levels, noise);
  const sharpness = measureSharpness(levels, noise, QUALITY.leastEdgeHeight * fullScale);
  // Boxes of 2 px hold a quarter of the noise and nearly all of the structure.
  const signalVariance = Math.max(0, variance(levels[0]!.means) - noise ** 2 / 4);
  const snr = signalVariance / noise ** 2;
  const lineMeasures = measureLines(rowMeans, levels[0]!, noise);
  const emptiness = measureEmptiness(levels, noise, structure.octaves);
  const charging = chargingScore(lineMeasures, Math.sqrt(signalVariance));
  Object.assign(measures, { noiseLevels, snrDb: 10 * Math.log10(Math.max(snr, 1e-6)), structure: emptiness.whiteness, ...sharpness, streakShare: lineMeasures.streakShare, chargingScore: charging });

  if (charging > QUALITY.charging) return conclude('charging', { streakHeight: lineMeasures.streakHeight, jumpShare: lineMeasures.jumpShare });
  const bare = emptiness.whiteness < QUALITY.emptyStructure && emptiness.unevenness < QUALITY.emptyUnevenness;
  if (bare && sharpness.edges < QUALITY.emptyEdges) return conclude('empty', { unevenness: emptiness.unevenness });
  if (snr < QUALITY.noisySnr && structure.fine >= QUALITY.emptyStructure && sharpness.edges < QUALITY.emptyEdges) {
    return conclude('noisy', { dwellFactor: dwellFactorFor(snr) });
  }
  const limit = Math.min(QUALITY.blurredEdgeShare, (context.reference?.edgeShare ?? Infinity) * QUALITY.blurredOfReference);
  if (sharpness.edges >= QUALITY.blurredEdges && sharpness.edgeShare < limit) return conclude('blurred');
  const soft = snr >= QUALITY.farSnr && (sharpness.edges < QUALITY.blurredEdges || sharpness.edgeShare < QUALITY.farEdgeShare);
  const wide = levels.find(({ binPx }) => binPx === 32);
  if (context.reference === undefined && soft && wide !== undefined && structure.finest < QUALITY.farFine && curvature(wide) > QUALITY.farStructure * fullScale) {
    return conclude('blurred', { curvature: curvature(wide), finest: structure.finest });
  }
  const tear = findTear(levels[0]!, noise);
  if (tear === undefined) return conclude('good');
  const verdict = isSameTear(tear.rowPx, context.tornAtPx) ? 'good' : 'torn';
  return conclude(verdict, { tearRowPx: tear.rowPx, tearMargin: tear.margin });
}
