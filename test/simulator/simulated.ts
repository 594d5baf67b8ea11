import type { z } from 'zod';
import { createVirtualClock, type VirtualClock } from '../../src/lib/clock.ts';
import { createSimulatedMicroscope, type SimulatedMicroscopeOptions } from '../../simulator/device/microscope.ts';
import { Scenario } from '../../simulator/scenario.ts';
import type { SimulatedMicroscope } from '../../simulator/simulated-microscope.ts';

type ScenarioInput = Partial<z.input<typeof Scenario>>;

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

/** A bare substrate with round spots on it, of which tests measure where and how wide they appear. */
export const spots = (...places: readonly (readonly [xUm: number, yUm: number])[]) => ({
  ...PERFECT,
  sample: { substrate: { level: 0.05, contrast: 0 }, discs: places.map(([xUm, yUm]) => ({ xUm, yUm, radiusUm: 1, yield: 0.9 })) },
  detector: { readNoiseElectrons: 0 },
});

/** Centre of gravity and second moments of what is bright in a part of a frame, in px: x to the right, y down. */
export function spotIn(
  { data, widthPx, heightPx }: { readonly data: ArrayLike<number>; readonly widthPx: number; readonly heightPx: number },
  rows: readonly [number, number] = [0, heightPx],
): { xPx: number; yPx: number; xx: number; xy: number; yy: number } {
  let floor = 0;
  for (let x = 0; x < widthPx; x++) floor += (data[x]! + data[(heightPx - 1) * widthPx + x]!) / (2 * widthPx);
  let top = 0;
  for (let index = rows[0] * widthPx; index < rows[1] * widthPx; index++) top = Math.max(top, data[index]!);
  const weightOf = (x: number, y: number): number => {
    const above = data[y * widthPx + x]! - floor;
    return above > 0.15 * (top - floor) ? above : 0;
  };
  const sums = { weight: 0, x: 0, y: 0 };
  for (let y = rows[0]; y < rows[1]; y++) {
    for (let x = 0; x < widthPx; x++) {
      const weight = weightOf(x, y);
      sums.weight += weight;
      sums.x += weight * (x + 0.5);
      sums.y += weight * (y + 0.5);
    }
  }
  const [xPx, yPx] = [sums.x / sums.weight, sums.y / sums.weight];
  const moments = { xx: 0, xy: 0, yy: 0 };
  for (let y = rows[0]; y < rows[1]; y++) {
    for (let x = 0; x < widthPx; x++) {
      const weight = weightOf(x, y) / sums.weight;
      moments.xx += weight * (x + 0.5 - xPx) ** 2;
      moments.xy += weight * (x + 0.5 - xPx) * (y + 0.5 - yPx);
      moments.yy += weight * (y + 0.5 - yPx) ** 2;
    }
  }
  return { xPx, yPx, ...moments };
}
