import { leastSquares, residual, type Equation } from './least-squares.ts';
import { relativeBlur, type SpectralFingerprint } from './relative-blur.ts';

/** One image of a focus series. */
export interface FocusShot {
  readonly offsetUm: number;
  readonly fingerprint: SpectralFingerprint;
}

/** Focus and astigmatism of a series of images. */
export interface FocusFit {
  /** Working distance in focus, from the zero of the offsets, and its standard deviation. */
  readonly focusUm: number;
  readonly sigmaUm: number;
  readonly halfAngleMrad: number;
  /** Curvature of the parabola over its standard deviation. */
  readonly curvatureOverSigma: number;
  /** Distance of the line foci, as a vector of twice the direction's angle (x right, y down), um, and its standard deviation. */
  readonly astigmatismUm: { readonly cos2: number; readonly sin2: number; readonly sigma: number };
}

/**
 * The blur of a shot at distance w is C = s^2 + a^2 ((w - w0) + A/2)^2 along the direction of the first line focus and with - A/2
 * across it. Differences between shots are linear in K = a^2, K w0, K A cos 2t and K A sin 2t:
 *   (xx + yy) / 2 = K (w1^2 - w2^2) - 2 K w0 (w1 - w2),  (xx - yy) / 2 = K A cos 2t (w1 - w2),  xy = K A sin 2t (w1 - w2).
 * So that three images give the focus, the half-angle and the astigmatism at once, whatever the specimen is. This is the
 * three-image parabola of Rudnaya et al. (Ultramicroscopy 2012) with the blur's variance itself, of which it is one
 * exactly, in place of a sharpness. `resolutionNm` is the edge of a pixel. Undefined when too few shots have frequencies in common.
 */
export function focusFit(shots: readonly FocusShot[], resolutionNm: number): FocusFit | undefined {
  const equations: Equation[] = [];
  for (const [index, first] of shots.entries()) {
    for (const second of shots.slice(index + 1)) {
      const blur = relativeBlur(first.fingerprint, second.fingerprint);
      const [w1, w2] = [second.offsetUm, first.offsetUm];
      if (blur === undefined || w1 === w2) continue;
      const { xx, xy, yy, covariance } = blur;
      const share = (xx + yy) / 2;
      // A large relative blur is known to some per cent only: the edges of the field and the tails of the probe.
      const model = (0.1 * share) ** 2;
      const even = (covariance[0]![0]! + covariance[2]![2]! + 2 * covariance[0]![2]!) / 4 + model;
      const odd = (covariance[0]![0]! + covariance[2]![2]! - 2 * covariance[0]![2]!) / 4 + model;
      const cross = covariance[1]![1]! + model;
      // Pairs share their images: of n shots only n - 1 differences are independent of n (n - 1) / 2.
      const independent = 2 / shots.length;
      equations.push(
        { terms: [w1 * w1 - w2 * w2, -2 * (w1 - w2), 0, 0], value: share, weight: independent / even },
        { terms: [0, 0, w1 - w2, 0], value: (xx - yy) / 2, weight: independent / odd },
        { terms: [0, 0, 0, w1 - w2], value: xy, weight: independent / cross },
      );
    }
  }
  const solution = leastSquares(equations, 4);
  if (solution === undefined) return undefined;
  const [k, kw, kc, ks] = solution.values as [number, number, number, number];
  if (!(k > 0)) return undefined;
  const focusUm = kw / k;
  const c = solution.covariance;
  const variance = (c[1]![1]! - 2 * focusUm * c[0]![1]! + focusUm ** 2 * c[0]![0]!) / k ** 2;
  return {
    focusUm,
    sigmaUm: Math.sqrt(Math.max(0, variance)),
    halfAngleMrad: Math.sqrt(k) * resolutionNm,
    curvatureOverSigma: k / Math.sqrt(c[0]![0]!),
    astigmatismUm: { cos2: kc / k, sin2: ks / k, sigma: Math.sqrt((c[2]![2]! + c[3]![3]!) / 2) / k },
  };
}

/** Scores below this share of the best one lie where the parabola no longer holds. */
const NEAR_THE_TOP = 0.45;

/**
 * Vertex of the parabola through the inverse of the sharpness, which is nearly quadratic in the defocus after an artificial
 * blur: for structure too sparse for its spectrum. The standard deviation follows from how well the parabola fits.
 * Undefined with fewer than four images near the top or a parabola that does not open upwards beyond doubt.
 */
export function parabolaThroughScores(scores: readonly { readonly offsetUm: number; readonly score: number }[]): { readonly focusUm: number; readonly sigmaUm: number } | undefined {
  const top = Math.max(...scores.map(({ score }) => score));
  const near = scores.filter(({ score }) => score > NEAR_THE_TOP * top);
  if (new Set(near.map(({ offsetUm }) => offsetUm)).size < 4) return undefined;
  const reach = Math.max(...near.map(({ offsetUm }) => Math.abs(offsetUm)));
  const equations = near.map(({ offsetUm, score }): Equation => {
    const w = offsetUm / reach;
    return { terms: [1, w, w * w], value: top / score, weight: 1 };
  });
  const solution = leastSquares(equations, 3);
  if (solution === undefined) return undefined;
  const [, b, a] = solution.values as [number, number, number];
  const scatter = equations.reduce((sum, equation) => sum + residual(equation, solution.values) ** 2, 0) / (near.length - 3);
  const c = solution.covariance;
  if (!(a > 3 * Math.sqrt(scatter * c[2]![2]!))) return undefined;
  const vertex = -b / (2 * a);
  // Of b / 2a, to first order.
  const variance = (scatter * (c[1]![1]! + 4 * vertex * c[1]![2]! + 4 * vertex ** 2 * c[2]![2]!)) / (4 * a * a);
  return { focusUm: vertex * reach, sigmaUm: Math.sqrt(variance) * reach };
}
