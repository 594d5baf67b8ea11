import { createVirtualClock, type VirtualClock } from '../../src/lib/clock.ts';
import { createSimulatedMicroscope, type SimulatedMicroscopeOptions } from '../../simulator/device/microscope.ts';
import { Scenario } from '../../simulator/scenario.ts';
import type { SimulatedMicroscope } from '../../simulator/simulated-microscope.ts';

type ScenarioInput = Parameters<typeof Scenario.parse>[0] & object;

/** A stage without play, error, ringing, creep and drift, in line with its image: what is commanded is what happens. */
export const PERFECT = {
  stage: { backlashUm: 0, repeatabilityUm: 0, ringAmplitudeUm: 0, relaxationUm: 0, image: { rotationDeg: 0, scale: 1 } },
  drift: { amplitudeNm: 0, walkNmPerMin: 0 },
  vibration: { amplitudeNm: 0 },
  contamination: { strength: 0 },
  surface: { workingDistanceMm: 5, tiltXUmPerMm: 0, tiltYUmPerMm: 0 },
};

export const scenarioOf = (input: Omit<ScenarioInput, 'name' | 'summary'> = {}): Scenario => Scenario.parse({ name: 'test', summary: 'made by a test', ...input });

/** An instrument on a virtual clock of its own. */
export async function simulated(
  input: Omit<ScenarioInput, 'name' | 'summary'> = {},
  options: Partial<SimulatedMicroscopeOptions> = {},
): Promise<{ microscope: SimulatedMicroscope; clock: VirtualClock }> {
  const clock = createVirtualClock();
  const microscope = await createSimulatedMicroscope({
    scenario: scenarioOf(input),
    seed: 1,
    clock,
    log: () => undefined,
    url: 'sim:',
    ...options,
  });
  return { microscope, clock };
}

export const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: { code?: string }) => error.code ?? String(error),
  );

export function meanOf(data: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < data.length; index++) sum += data[index]!;
  return sum / data.length;
}

export function deviationOf(data: ArrayLike<number>): number {
  const mean = meanOf(data);
  let sum = 0;
  for (let index = 0; index < data.length; index++) sum += (data[index]! - mean) ** 2;
  return Math.sqrt(sum / data.length);
}
