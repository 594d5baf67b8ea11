import type { GreyImage } from '../contract/frame.ts';
import { phaseCorrelation, type Shift } from './drift.ts';
import { robustLeastSquares, type Equation } from './least-squares.ts';

/** Where the content of a frame of a series lies against that of the first one: right and down. */
export interface SeriesShift {
  readonly shiftXPx: number;
  readonly shiftYPx: number;
  readonly sigmaXPx: number;
  readonly sigmaYPx: number;
}

/** Peaks that stand out less may be chance. */
const LEAST_PEAK_RATIO = 1.5;
/** What interpolation and the specimen's own change leave, beside the noise. */
const FLOOR_PX = 0.01;

type Pair = { readonly from: number; readonly to: number; readonly shift: Shift };

function solveAxis(pairs: readonly Pair[], frames: number, axis: 'X' | 'Y'): { value: number; sigma: number }[] | undefined {
  const equations = pairs.map(({ from, to, shift }): Equation => {
    const terms = Array.from<number>({ length: frames - 1 }).fill(0);
    terms[to - 1] = 1;
    if (from > 0) terms[from - 1] = -1;
    return { terms, value: shift[`shift${axis}Px`], weight: 1 / (shift[`sigma${axis}Px`] ** 2 + FLOOR_PX ** 2) };
  });
  const solution = robustLeastSquares(equations, frames - 1);
  return solution?.values.map((value, index) => ({ value, sigma: Math.sqrt(solution.covariance[index]![index]!) }));
}

/**
 * Drift over a series of frames of one field: every frame is correlated with the `reach` before it, and the redundant shifts
 * are brought together by robust least squares, so that a pair that went wrong is outvoted. One entry for each frame, the first 0.
 * Undefined when too few pairs correlate to tie all frames together.
 */
export function seriesDrift(frames: readonly GreyImage[], reach = 4): SeriesShift[] | undefined {
  const pairs: Pair[] = [];
  for (let to = 1; to < frames.length; to++) {
    for (let from = Math.max(0, to - reach); from < to; from++) {
      const shift = phaseCorrelation(frames[from]!, frames[to]!);
      if (shift.peakRatio >= LEAST_PEAK_RATIO && Number.isFinite(shift.sigmaXPx) && Number.isFinite(shift.sigmaYPx)) pairs.push({ from, to, shift });
    }
  }
  const origin: SeriesShift = { shiftXPx: 0, shiftYPx: 0, sigmaXPx: 0, sigmaYPx: 0 };
  if (frames.length < 2) return frames.map(() => origin);
  const x = solveAxis(pairs, frames.length, 'X');
  const y = solveAxis(pairs, frames.length, 'Y');
  if (x === undefined || y === undefined) return undefined;
  return [origin, ...x.map(({ value, sigma }, index) => ({ shiftXPx: value, sigmaXPx: sigma, shiftYPx: y[index]!.value, sigmaYPx: y[index]!.sigma }))];
}
