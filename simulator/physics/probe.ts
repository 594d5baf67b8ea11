/** Beam current at which `probeNm` of the scenario holds. */
export const PROBE_REFERENCE_PA = 100;

/**
 * Standard deviation of the probe in focus (nm) at a beam current: s = s0 (I / 100 pA)^e. Default e = 3/8, the growth that
 * spherical aberration leaves at the best aperture (Goldstein et al., Scanning Electron Microscopy and X-Ray
 * Microanalysis: I_max ~ d^(8/3)); to be confirmed on hardware. 0 switches it off.
 */
export function probeSizeNm({ probeNm, probeCurrentExponent }: { readonly probeNm: number; readonly probeCurrentExponent: number }, beamCurrentPa: number): number {
  return probeNm * (beamCurrentPa / PROBE_REFERENCE_PA) ** probeCurrentExponent;
}
