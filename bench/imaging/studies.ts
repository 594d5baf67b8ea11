import type { GreyImage } from '../../src/contract/frame.ts';
import { nextAutofocus, observeAutofocus, startAutofocus } from '../../src/imaging/autofocus.ts';
import { chargingScore, measureLines } from '../../src/imaging/charging.ts';
import { phaseCorrelation } from '../../src/imaging/drift.ts';
import { gaussianBlur } from '../../src/imaging/gaussian.ts';
import { analyseLevels } from '../../src/imaging/levels.ts';
import { autocorrelationSnr, singleFrameSnr, twoFrameSnr } from '../../src/imaging/noise.ts';
import { createRandom, randomFor } from '../../src/lib/random.ts';
import { auroc } from '../../src/learn/detection.ts';
import { createCharging } from '../../simulator/physics/charging.ts';
import { Scenario } from '../../simulator/scenario-schema.ts';
import { createColumn } from './column.ts';
import { drawnField, exposed, middleOf, shiftedCanvas, varianceOf, withNoise } from './fields.ts';

/** Width of the probe in pixels (standard deviation) in the fields of the SNR and drift studies. */
const PROBE_PX = 0.8;
const FRAME = { widthPx: 384, heightPx: 288 };
const PIXEL_NM = 52;

export interface FocusStudy {
  readonly fields: number;
  readonly withinDepth: number;
  readonly foundWrong: number;
  readonly notFound: number;
  readonly largestErrorInDepths: number;
  readonly medianImages: number;
  readonly mostImages: number;
}

/** Autofocus from a start that is off by up to 90 % of the range, on drawn fields of all ten categories. */
export function studyFocus(fields: number, options = { rangeUm: 50, electronsAtWhite: 300, halfAngleMrad: 5 }): FocusStudy {
  const { rangeUm, electronsAtWhite, halfAngleMrad } = options;
  const random = randomFor(3, 'focus-study');
  const errors: number[] = [];
  const images: number[] = [];
  for (let seed = 0; seed < fields; seed++) {
    const column = createColumn(drawnField(seed), { pixelNm: PIXEL_NM, halfAngleMrad, probeNm: 60, electronsAtWhite, ...FRAME });
    const focusUm = (2 * random.uniform() - 1) * 0.9 * rangeUm;
    let state = startAutofocus({ startMm: 5, rangeUm, resolutionNm: PIXEL_NM, halfAngleMrad });
    let next = nextAutofocus(state);
    for (let image = 0; 'image' in next; image++) {
      state = observeAutofocus(state, column({ defocusUm: (next.image.workingDistanceMm - 5) * 1000 - focusUm }, 1000 * seed + image));
      next = nextAutofocus(state);
    }
    images.push(state.shots.length);
    if (next.found) errors.push(Math.abs((next.workingDistanceMm - 5) * 1000 - focusUm) / (PIXEL_NM / halfAngleMrad));
  }
  const right = errors.filter((error) => error <= 1).length;
  const sorted = images.toSorted((a, b) => a - b);
  return {
    fields,
    withinDepth: right,
    foundWrong: errors.length - right,
    notFound: fields - errors.length,
    largestErrorInDepths: Math.max(0, ...errors),
    medianImages: sorted[sorted.length >> 1]!,
    mostImages: sorted.at(-1)!,
  };
}

export interface DriftStudy {
  readonly pairs: number;
  readonly snrDb: number;
  /** Pairs whose own standard deviation promises 0.1 px (three of them), and of those the share that keeps it. */
  readonly promised: number;
  readonly kept: number;
  readonly largestErrorPx: number;
  /** Of all pairs, whatever they promise. */
  readonly within: number;
  /** Errors along an axis over the standard deviation that was told, root of the mean square over the promised pairs. */
  readonly pull: number;
}

/** Random shifts of up to 20 px each way, both frames with noise of their own. */
export function studyDrift(pairs: number, snrDb: number, textures = 40): DriftStudy {
  const random = randomFor(1, 'drift-study');
  const [errors, sigmas, ratios]: [number[], number[], number[]] = [[], [], []];
  const pulls: number[] = [];
  let canvas = gaussianBlur(drawnField(0), PROBE_PX);
  let shown = 0;
  for (let pair = 0; pair < pairs; pair++) {
    const texture = Math.floor((pair * textures) / pairs);
    if (texture !== shown) [canvas, shown] = [gaussianBlur(drawnField(texture), PROBE_PX), texture];
    const [x, y] = [40 * (random.uniform() - 0.5), 40 * (random.uniform() - 0.5)];
    const first = withNoise(middleOf(canvas, 448, 448), snrDb, 2 * pair);
    const second = withNoise(middleOf(shiftedCanvas(canvas, x, y), 448, 448), snrDb, 2 * pair + 1);
    const { shiftXPx, shiftYPx, sigmaXPx, sigmaYPx, peakRatio } = phaseCorrelation(first, second);
    const off = [shiftXPx - x, shiftYPx - y];
    errors.push(Math.max(Math.abs(off[0]!), Math.abs(off[1]!)));
    sigmas.push(Math.max(sigmaXPx, sigmaYPx));
    ratios.push(peakRatio);
    if (Number.isFinite(sigmaXPx)) pulls.push((off[0]! / sigmaXPx) ** 2, (off[1]! / sigmaYPx) ** 2);
  }
  const promised = errors.filter((_, index) => sigmas[index]! <= 0.1 / 3 && ratios[index]! >= 1.5);
  return {
    pairs,
    snrDb,
    promised: promised.length,
    kept: promised.filter((error) => error <= 0.1).length,
    largestErrorPx: Math.max(0, ...promised),
    within: errors.filter((error) => error <= 0.1).length,
    pull: Math.sqrt(pulls.toSorted((a, b) => a - b)[pulls.length >> 1]! / 0.455),
  };
}

export type SnrStudy = Readonly<Record<'singleFrame' | 'twoFrames' | 'nearest' | 'linear' | 'fit', number>>;

/** Largest absolute error (dB) of each estimator over drawn fields with known white noise. */
export function studySnr(fields: number, snrDb: number): SnrStudy {
  const largest = { singleFrame: 0, twoFrames: 0, nearest: 0, linear: 0, fit: 0 };
  const random = createRandom(5);
  for (let seed = 0; seed < fields; seed++) {
    const canvas = gaussianBlur(drawnField(seed), PROBE_PX);
    const first = withNoise(middleOf(canvas, 384, 288), snrDb, seed);
    const moved = middleOf(shiftedCanvas(canvas, 8 * (random.uniform() - 0.5), 8 * (random.uniform() - 0.5)), 384, 288);
    const measured = {
      singleFrame: singleFrameSnr(first),
      twoFrames: twoFrameSnr(first, withNoise(moved, snrDb, 5000 + seed)),
      nearest: autocorrelationSnr(first, 'nearest'),
      linear: autocorrelationSnr(first, 'linear'),
      fit: autocorrelationSnr(first, 'fit'),
    };
    for (const name of Object.keys(largest) as (keyof typeof largest)[]) largest[name] = Math.max(largest[name], Math.abs(measured[name].snrDb - snrDb));
  }
  return largest;
}

/** How much charged a frame looks, from its levels. */
export function frameChargingScore(image: GreyImage): number {
  const { levels, noiseLevels, rowMeans } = analyseLevels(image);
  const structure = Math.sqrt(Math.max(1e-6, varianceOf(levels[0]!.means) - noiseLevels ** 2 / 4));
  return chargingScore(measureLines(rowMeans, levels[0]!, noiseLevels), structure);
}

export interface ChargingStudy {
  readonly fields: number;
  readonly auroc: number;
}

/** The simulator's charging on drawn fields, against the same fields without it. */
export function studyCharging(fields: number): ChargingStudy {
  const options = Scenario.parse({ name: 'study', summary: 'Charging' }).charging;
  const scores: [number[], number[]] = [[], []];
  for (let seed = 0; seed < fields; seed++) {
    const field = middleOf(gaussianBlur(drawnField(seed), PROBE_PX), 384, 288);
    for (const charged of [0, 1] as const) scores[charged].push(frameChargingScore(exposed(charged === 1 ? chargedUp(field, options, seed) : field, { electronsAtWhite: 300, seed: 2 * seed + charged })));
  }
  return { fields, auroc: auroc({ present: scores[1], absent: scores[0] }) };
}

/** One frame over a specimen that charges everywhere, at 1 to 2 times the dose that charges it to 63 %. */
function chargedUp(field: GreyImage, options: Scenario['charging'], seed: number): GreyImage {
  const data = Float32Array.from(field.data);
  const geometry = { xUm: 0, yUm: 0, angleDeg: 0, pixelUm: PIXEL_NM / 1000, stretch: 1, widthPx: field.widthPx, heightPx: field.heightPx, shiftUm: () => [0, 0] as const };
  const course = createCharging(options, seed).course({
    field: geometry,
    areas: [{ id: 'whole', spans: () => [0, field.widthPx] as const }],
    nowMs: 0,
    lineMs: 0.4,
    doseCPerM2: options.doseCPerM2 * (1 + (seed % 5) / 4),
  });
  for (let row = 0; row < field.heightPx; row++) course?.alter(data, row);
  return { ...field, data };
}
