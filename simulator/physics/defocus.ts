/** Standard deviations of the blur along two directions at right angles, on the specimen. */
export interface Blur {
  readonly sigmaUUm: number;
  readonly sigmaVUm: number;
  /** Direction of u in the image, counter-clockwise. */
  readonly angleDeg: number;
}

/**
 * Anisotropic defocus: sigma_u = sqrt(s^2 + (a (dz + A/2))^2), sigma_v = sqrt(s^2 + (a (dz - A/2))^2), so that the streaks
 * of astigmatism turn by 90 degrees through focus.
 *
 * `defocusUm` dz: working distance set minus that of the surface; `astigmatismUm` A: distance of the two line foci;
 * `halfAngleMrad` a: 3 to 10 mrad are usual (default 5); `probeNm` s: probe in focus (default 2).
 * Source: thin-lens geometry; the figures are to be confirmed on hardware.
 */
export function defocusBlur(input: {
  readonly defocusUm: number;
  readonly astigmatismUm: number;
  readonly astigmatismDeg: number;
  readonly halfAngleMrad: number;
  readonly probeNm: number;
}): Blur {
  const a = input.halfAngleMrad * 1e-3;
  const probe = input.probeNm * 1e-3;
  return {
    sigmaUUm: Math.hypot(probe, a * (input.defocusUm + input.astigmatismUm / 2)),
    sigmaVUm: Math.hypot(probe, a * (input.defocusUm - input.astigmatismUm / 2)),
    angleDeg: input.astigmatismDeg,
  };
}
