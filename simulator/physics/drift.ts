import { randomFor } from '../../src/lib/random.ts';
import type { Scenario } from '../scenario-schema.ts';

/**
 * Thermal drift (um) of the specimen under the beam at a time: per axis two sinusoids of incommensurate periods with
 * random phases, so that it is bounded and a pure function of time.
 * Defaults: 30 nm over 15 minutes, which is at most about 20 nm/min; 1 to 20 nm/min are usual, to be confirmed on hardware.
 */
export function createDrift({ amplitudeNm, periodS }: Scenario['drift'], seed: number): (timeMs: number) => readonly [number, number] {
  const random = randomFor(seed, 'drift');
  const waves = Array.from({ length: 4 }, (_, index) => ({
    perMs: (2 * Math.PI * (index % 2 === 0 ? 1 : 2.618)) / (periodS * 1000),
    phase: 2 * Math.PI * random.uniform(),
    um: (amplitudeNm / 1000) * (index % 2 === 0 ? 0.8 : 0.3),
  }));
  const at = (index: number, timeMs: number): number => {
    const { perMs, phase, um } = waves[index]!;
    return um * (Math.sin(perMs * timeMs + phase) - Math.sin(phase));
  };
  return (timeMs) => [at(0, timeMs) + at(1, timeMs), at(2, timeMs) + at(3, timeMs)];
}
