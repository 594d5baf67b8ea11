import type { Scenario } from '../scenario-schema.ts';

/** Charge of the electron, C. */
export const ELEMENTARY_CHARGE_C = 1.602176634e-19;

/** Quantiles of the standard normal at (i + 1/2) / 65536: one look-up per pixel instead of logarithm and root. */
const NORMAL = (() => {
  const size = 65536;
  const table = new Float32Array(size);
  // Numerical inversion of the distribution function by stepping through its density.
  const steps = 400_000;
  const reach = 4.6;
  const dx = (2 * reach) / steps;
  let cumulative = 0.5 * 0.0000042;
  let next = 0;
  for (let index = 0; index < steps && next < size; index++) {
    const x = -reach + (index + 0.5) * dx;
    cumulative += (Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI)) * dx;
    while (next < size && cumulative >= (next + 0.5) / size) table[next++] = x;
  }
  while (next < size) table[next++] = reach;
  return table;
})();

/** Electrons that reach a pixel: N = I dwell / e. 100 pA for 1 us are 624. */
export function electronsPerPixel(beamCurrentPa: number, dwellUs: number): number {
  return (beamCurrentPa * 1e-12 * dwellUs * 1e-6) / ELEMENTARY_CHARGE_C;
}

export interface Exposure {
  readonly beamCurrentPa: number;
  /** Current at which the gain gives yield 1 as white. */
  readonly referenceCurrentPa: number;
  readonly dwellUs: number;
  readonly depth: 8 | 16;
  /** No beam on the specimen: black level and amplifier noise only. */
  readonly dark: boolean;
}

/**
 * Turns yields into grey values. Detected electrons = Poisson(N yield DQE), N = I dwell / e (a rounded normal above a mean
 * of 20); the integrating amplifier adds normal noise that grows with the root of the dwell time; grey = black + gain *
 * detected / (N_ref DQE) with N_ref at the reference current; clipped to 8 or 16 bit. So that the signal-to-noise ratio
 * grows with the root of the dwell: 9.4 at yield 0.3, 100 pA, 1 us, DQE 0.5.
 * Defaults: DQE 0.5, amplifier 2 electrons per root microsecond, gain 1, black 0.02; to be confirmed on hardware.
 */
export function createDetector(options: Scenario['detector'], exposure: Exposure, seed: number): (yields: Float32Array, out: Uint8Array | Uint16Array, range: readonly [number, number]) => void {
  const { dqe, gain, blackLevel, readNoiseElectrons } = options;
  const top = exposure.depth === 8 ? 255 : 65535;
  const primary = exposure.dark ? 0 : electronsPerPixel(exposure.beamCurrentPa, exposure.dwellUs) * dqe;
  const reference = electronsPerPixel(exposure.referenceCurrentPa, exposure.dwellUs) * dqe;
  const scale = (gain * top) / reference;
  const black = blackLevel * top + 0.5;
  const amplifierVariance = readNoiseElectrons * readNoiseElectrons * exposure.dwellUs;
  let state = seed >>> 0;
  const bits = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  const smallPoisson = (mean: number): number => {
    const limit = Math.exp(-mean);
    let product = bits() / 4294967296;
    let count = 0;
    while (product > limit) {
      product *= bits() / 4294967296;
      count++;
    }
    return count;
  };
  return (yields, out, [from, to]) => {
    for (let index = from; index < to; index++) {
      const value = yields[index]!;
      const mean = value > 0 ? primary * value : 0;
      let electrons: number;
      if (mean > 20) {
        // Shot and amplifier noise are both normal here: one draw for the two.
        electrons = mean + Math.sqrt(mean + amplifierVariance) * NORMAL[bits() & 65535]!;
      } else {
        electrons = (mean > 0 ? smallPoisson(mean) : 0) + Math.sqrt(amplifierVariance) * NORMAL[bits() & 65535]!;
      }
      const grey = black + scale * electrons;
      out[index] = grey < 0 ? 0 : grey > top ? top : grey;
    }
  };
}
