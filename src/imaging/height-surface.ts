import { residual, robustLeastSquares, type Equation, type Solution } from './least-squares.ts';

/** A place where the focus was found. */
export interface FocusPoint {
  readonly xUm: number;
  readonly yUm: number;
  readonly workingDistanceMm: number;
  /** Standard deviation of the working distance. */
  readonly sigmaUm: number;
}

export interface SurfaceOptions {
  /** How much the specimen may be tilted and curved before anything is known: standard deviations. */
  readonly tiltUmPerMm?: number;
  readonly curvatureUmPerMm2?: number;
  /** Height of the specimen's own relief above and below the surface, standard deviation. */
  readonly reliefUm?: number;
}

/** Working distance in focus over the stage, as plain numbers that can be kept as JSON. */
export interface HeightSurface {
  readonly origin: { readonly xUm: number; readonly yUm: number; readonly workingDistanceMm: number };
  /** Of 1, x, y and, for a quadratic one, x^2, x y, y^2 in mm from the origin; um. */
  readonly coefficients: readonly number[];
  readonly covariance: readonly (readonly number[])[];
  readonly points: number;
  /** Root of the mean square of the residuals over their standard deviations: some 1 when points and options tell the truth. */
  readonly misfit: number;
}

export interface FocusPrediction {
  readonly workingDistanceMm: number;
  readonly sigmaUm: number;
}

/** From so many points on a quadratic surface is fitted, for which there are six unknowns. */
const QUADRATIC_POINTS = 9;
/** Points are only as good as the routine that found them; never taken for better than this. */
const LEAST_SIGMA_UM = 0.1;

function termsAt(surface: Pick<HeightSurface, 'origin'>, { xUm, yUm }: { readonly xUm: number; readonly yUm: number }, unknowns: number): number[] {
  const x = (xUm - surface.origin.xUm) / 1000;
  const y = (yUm - surface.origin.yUm) / 1000;
  return [1, x, y, x * x, x * y, y * y].slice(0, unknowns);
}

/**
 * Height surface by robust weighted least squares (Huber): an offset and a tilt, with `QUADRATIC_POINTS` points or more also the
 * curvature. What is known beforehand of tilt and curvature enters as equations of its own, so that one point makes a
 * surface already, whose uncertainty grows with the distance. Undefined without points.
 */
export function fitHeightSurface(points: readonly FocusPoint[], options: SurfaceOptions = {}): HeightSurface | undefined {
  const { tiltUmPerMm = 20, curvatureUmPerMm2 = 10, reliefUm = 0.5 } = options;
  const [first] = points;
  if (first === undefined) return undefined;
  const mean = (value: (point: FocusPoint) => number): number => points.reduce((sum, point) => sum + value(point), 0) / points.length;
  const origin = { xUm: mean(({ xUm }) => xUm), yUm: mean(({ yUm }) => yUm), workingDistanceMm: first.workingDistanceMm };
  const unknowns = points.length >= QUADRATIC_POINTS ? 6 : 3;
  const measured = points.map(
    (point): Equation => ({
      terms: termsAt({ origin }, point, unknowns),
      value: (point.workingDistanceMm - origin.workingDistanceMm) * 1000,
      weight: 1 / (Math.max(point.sigmaUm, LEAST_SIGMA_UM) ** 2 + reliefUm ** 2),
    }),
  );
  const known = [tiltUmPerMm, tiltUmPerMm, curvatureUmPerMm2, curvatureUmPerMm2, curvatureUmPerMm2].slice(0, unknowns - 1).map(
    (sigma, index): Equation => ({ terms: Array.from({ length: unknowns }, (_, k) => (k === index + 1 ? 1 : 0)), value: 0, weight: 1 / sigma ** 2 }),
  );
  const solution = robustLeastSquares([...measured, ...known], unknowns) as Solution;
  const squares = measured.map((equation) => residual(equation, solution.values) ** 2 * equation.weight).toSorted((a, b) => a - b);
  // From the median, which outliers do not move: half of a squared normal deviate lies below 0.455.
  const misfit = points.length <= unknowns ? 1 : Math.sqrt(squares[Math.floor(squares.length / 2)]! / 0.455);
  const inflate = Math.max(1, misfit) ** 2;
  return { origin, coefficients: solution.values, covariance: solution.covariance.map((row) => row.map((value) => value * inflate)), points: points.length, misfit };
}

/**
 * Working distance in focus at a place. The uncertainty holds that of the fit, the relief, and for a plane the curvature that it
 * leaves out.
 */
export function predictFocus(surface: HeightSurface, at: { readonly xUm: number; readonly yUm: number }, options: SurfaceOptions = {}): FocusPrediction {
  const { curvatureUmPerMm2 = 10, reliefUm = 0.5 } = options;
  const { origin, coefficients, covariance } = surface;
  const terms = termsAt(surface, at, coefficients.length);
  const riseUm = terms.reduce((sum, term, index) => sum + term * coefficients[index]!, 0);
  let variance = reliefUm ** 2;
  for (const [i, row] of covariance.entries()) for (const [j, value] of row.entries()) variance += terms[i]! * value * terms[j]!;
  if (coefficients.length === 3) {
    const [x, y] = [(at.xUm - origin.xUm) / 1000, (at.yUm - origin.yUm) / 1000];
    variance += curvatureUmPerMm2 ** 2 * (x ** 4 + x * x * y * y + y ** 4);
  }
  return { workingDistanceMm: origin.workingDistanceMm + riseUm / 1000, sigmaUm: Math.sqrt(variance) };
}

/** Whether a field must be focused anew: the surface is not sure of it to within the depth of focus (two standard deviations). */
export function needsFocus(surface: HeightSurface | undefined, at: { readonly xUm: number; readonly yUm: number }, options: SurfaceOptions & { readonly depthOfFocusUm: number }): boolean {
  return surface === undefined || 2 * predictFocus(surface, at, options).sigmaUm > options.depthOfFocusUm;
}
