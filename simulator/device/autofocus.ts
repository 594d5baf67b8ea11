import { EmagentError } from '../../src/contract/errors.ts';
import type { AcquireRequest } from '../../src/contract/frame.ts';
import type { AutofocusRequest, AutofocusResult } from '../../src/contract/microscope.ts';
import { clamp } from '../../src/lib/guards.ts';
import { hang } from './hanging.ts';
import { expose } from './exposing.ts';
import { requireBeam } from './imaging.ts';
import type { Instrument } from './instrument.ts';
import { OPTICS_LIMITS, requireWithin } from './limits.ts';

const FRAME: AcquireRequest = { widthPx: 384, heightPx: 288, dwellUs: 1, depth: 16 };
/** Reduced raster: in a wider field its pixels would be larger than the blur. */
const MAX_FIELD_UM = 40;
/** Steps to each side of the coarse sweep over the whole range, and of the fine one between two coarse steps. */
const COARSE_STEPS = 4;
const FINE_STEPS = 3;
/**
 * The best sharpness must lie above the least by this share. Chance alone makes some 2 % between sixteen frames: the
 * score is a mean of 55 000 squares.
 */
const SIGNIFICANCE = 0.05;

/**
 * Sharpness: mean squared difference of pixels two apart, both ways, over 2 x 2 binned pixels, divided by the squared mean.
 * What noise adds is the same at every focus.
 */
function sharpness(data: Uint8Array | Uint16Array, widthPx: number, heightPx: number): number {
  const width = widthPx >> 1;
  const height = heightPx >> 1;
  const binned = new Float32Array(width * height);
  let mean = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 2 * y * widthPx + 2 * x;
      const value = data[at]! + data[at + 1]! + data[at + widthPx]! + data[at + widthPx + 1]!;
      binned[y * width + x] = value;
      mean += value / binned.length;
    }
  }
  let sum = 0;
  for (let y = 0; y < height - 1; y++) {
    for (let x = 0; x < width - 1; x++) {
      const at = y * width + x;
      sum += (binned[at + 1]! - binned[at]!) ** 2 + (binned[at + width]! - binned[at]!) ** 2;
    }
  }
  return mean === 0 ? 0 : sum / (binned.length * mean * mean);
}

/** Place of the maximum of the parabola through three equally spaced values, in steps from the middle one. */
function vertex(left: number, middle: number, right: number): number {
  const curvature = left - 2 * middle + right;
  return curvature >= 0 ? 0 : clamp((left - right) / (2 * curvature), -1, 1);
}

interface Sample {
  readonly workingDistanceMm: number;
  readonly score: number;
}

function best(samples: readonly Sample[]): number {
  let index = 0;
  for (let next = 1; next < samples.length; next++) if (samples[next]!.score > samples[index]!.score) index = next;
  return index;
}

/**
 * The instrument's own routine: short frames over the range around the present working distance, then finer around the
 * best, and the top of a parabola through the three best. Costs the time and the dose of its frames.
 * Throws EM_INTERLOCK while blanked, EM_FOCUS_FAILED on a field without structure; the working distance is then as before.
 */
export async function autofocus(instrument: Instrument, { rangeUm }: AutofocusRequest, signal: AbortSignal): Promise<AutofocusResult> {
  const { clock, faults, scenario } = instrument;
  requireWithin({ rangeUm }, { rangeUm: { min: 0.1, max: 5000 } });
  requireBeam(instrument);
  if (!instrument.onSpecimen()) throw new EmagentError('EM_INTERLOCK', 'No focusing: the beam is blanked or off.');
  if (faults.strikes('hang', clock.nowMs())) await hang(signal);

  const before = instrument.optics;
  const setTo = (workingDistanceMm: number): void => {
    instrument.optics = { ...instrument.optics, workingDistanceMm };
  };
  const look = async (workingDistanceMm: number): Promise<Sample> => {
    const distance = clamp(workingDistanceMm, OPTICS_LIMITS.workingDistanceMm.min, OPTICS_LIMITS.workingDistanceMm.max);
    setTo(distance);
    const data = await expose(instrument, { request: FRAME, fieldWidthUm: Math.min(before.fieldWidthUm, MAX_FIELD_UM), workingDistanceMm: distance, signal });
    return { workingDistanceMm: distance, score: sharpness(data, FRAME.widthPx, FRAME.heightPx) };
  };
  const sweep = async (centreMm: number, stepMm: number, steps: number): Promise<Sample[]> => {
    const samples: Sample[] = [];
    for (let index = -steps; index <= steps; index++) samples.push(await look(centreMm + index * stepMm));
    return samples;
  };
  try {
    const coarseStepMm = rangeUm / 1000 / COARSE_STEPS;
    const coarse = await sweep(before.workingDistanceMm, coarseStepMm, COARSE_STEPS);
    const fineStepMm = coarseStepMm / FINE_STEPS;
    const fine = await sweep(coarse[best(coarse)]!.workingDistanceMm, fineStepMm, FINE_STEPS);
    const top = fine[best(fine)]!;
    const least = Math.min(...[...coarse, ...fine].map(({ score }) => score));
    if (top.score <= (1 + SIGNIFICANCE) * least) {
      throw new EmagentError('EM_FOCUS_FAILED', 'No working distance within the range was sharper than the others: the field has no structure to focus on.');
    }
    const at = Math.min(fine.length - 2, Math.max(1, best(fine)));
    const offset = vertex(fine[at - 1]!.score, fine[at]!.score, fine[at + 1]!.score);
    setTo(Number((fine[at]!.workingDistanceMm + offset * fineStepMm).toFixed(5)));
    await instrument.waitUntil(clock.nowMs() + scenario.optics.settleMs, signal);
    return { workingDistanceMm: instrument.optics.workingDistanceMm, score: top.score };
  } catch (thrown) {
    setTo(before.workingDistanceMm);
    throw thrown;
  }
}
