import type { Scenario } from '../scenario-schema.ts';

/** Stage height at which the scenario's working distance of the surface holds. */
export const REFERENCE_Z_UM = 10_000;

/**
 * Working distance (mm) at which the point (x, y) is sharp: WD0 - (z - z0) + tilt_x x + tilt_y y + c (x^2 + y^2), and the
 * rise of each step whose edge lies behind the point. Raising the stage (z towards the column) shortens it; a move in x or
 * y changes it by the tilt. Defaults: a few um of tilt per mm, no curvature, no steps.
 * Source: the form of openUC2 ImSwitch's virtual microscope (focus surface); the steps are terraces of a real specimen.
 */
export function surfaceWorkingDistanceMm(
  surface: Scenario['surface'],
  { xUm, yUm, zUm }: { readonly xUm: number; readonly yUm: number; readonly zUm: number },
): number {
  const x = xUm / 1000;
  const y = yUm / 1000;
  let riseUm = surface.tiltXUmPerMm * x + surface.tiltYUmPerMm * y + surface.curvatureUmPerMm2 * (x * x + y * y);
  for (const step of surface.steps) {
    const normal = (step.normalDeg * Math.PI) / 180;
    if ((xUm - step.xUm) * Math.cos(normal) + (yUm - step.yUm) * Math.sin(normal) > 0) riseUm += step.riseUm;
  }
  return surface.workingDistanceMm + (riseUm - (zUm - REFERENCE_Z_UM)) / 1000;
}
