import { randomFor } from '../../src/lib/random.ts';
import type { Scenario } from '../scenario-schema.ts';

/**
 * Vibration (um) of the specimen against the column at a time: one sinusoid per axis, A sin(2 pi f t + phase), with random
 * phases. Lines see it one after the other, so that upright edges become saw-teeth with f x line time teeth per line.
 * Defaults: 1 nm at 50 Hz (mains fields and pumps do the same to the beam); to be confirmed on hardware. 0 nm: none.
 */
export function createVibration({ amplitudeNm, frequencyHz }: Scenario['vibration'], seed: number): (timeMs: number) => readonly [number, number] {
  if (amplitudeNm === 0) return () => [0, 0];
  const random = randomFor(seed, 'vibration');
  const [phaseX, phaseY] = [2 * Math.PI * random.uniform(), 2 * Math.PI * random.uniform()];
  const perMs = (2 * Math.PI * frequencyHz) / 1000;
  const um = amplitudeNm / 1000;
  return (timeMs) => [um * Math.sin(perMs * timeMs + phaseX), um * Math.sin(perMs * timeMs + phaseY)];
}
