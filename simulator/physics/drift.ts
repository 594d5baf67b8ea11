import { randomFor } from '../../src/lib/random.ts';
import type { Scenario } from '../scenario-schema.ts';

/** Steps of the random walk; between two it is a straight line. */
const STEP_MS = 5000;

/**
 * Random walk with a force that brings it back (Ornstein-Uhlenbeck), per axis in um, 0 at time 0: per step
 * x += -x dt / restore + sigma sqrt(dt) g with sigma = walk per root minute. It spreads to sigma sqrt(restore / 2) and no
 * further. A pure function of time: its steps are kept.
 */
function createWalk(walkNmPerMin: number, restoreS: number, seed: number): (timeMs: number) => readonly [number, number] {
  if (walkNmPerMin === 0) return () => [0, 0];
  const random = randomFor(seed, 'drift/walk');
  const dtS = STEP_MS / 1000;
  // Exact for any step: decay and the spread that belongs to it.
  const keep = Math.exp(-dtS / restoreS);
  const spreadUm = (walkNmPerMin / 1000 / Math.sqrt(60)) * Math.sqrt((restoreS / 2) * (1 - keep * keep));
  const x = [0];
  const y = [0];
  return (timeMs) => {
    const place = Math.max(0, timeMs) / STEP_MS;
    const step = Math.floor(place);
    while (x.length < step + 2) {
      x.push(keep * x.at(-1)! + spreadUm * random.gaussian());
      y.push(keep * y.at(-1)! + spreadUm * random.gaussian());
    }
    const part = place - step;
    return [x[step]! + part * (x[step + 1]! - x[step]!), y[step]! + part * (y[step + 1]! - y[step]!)];
  };
}

/**
 * Thermal drift (um) of the specimen under the beam at a time: per axis two sinusoids of incommensurate periods with
 * random phases (the day's swing), and a random walk with a restoring force. A pure function of time, 0 at time 0.
 * Defaults: 30 nm over 15 minutes, which is at most about 20 nm/min, and 3 nm per root minute with 10 minutes to come
 * back; 1 to 20 nm/min are usual, to be confirmed on hardware. Amplitudes of 0 switch it off.
 */
export function createDrift(
  { amplitudeNm, periodS, walkNmPerMin, restoreS }: Scenario['drift'],
  seed: number,
): (timeMs: number) => readonly [number, number] {
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
  const walk = createWalk(walkNmPerMin, restoreS, seed);
  return (timeMs) => {
    const [x, y] = walk(timeMs);
    return [at(0, timeMs) + at(1, timeMs) + x, at(2, timeMs) + at(3, timeMs) + y];
  };
}
