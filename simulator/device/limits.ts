import { EmagentError } from '../../src/contract/errors.ts';
import type { Range } from '../../src/contract/microscope.ts';

export const OPTICS_LIMITS = {
  fieldWidthUm: { min: 1, max: 2000 },
  workingDistanceMm: { min: 2, max: 20 },
  stigmatorX: { min: -1, max: 1 },
  stigmatorY: { min: -1, max: 1 },
  scanRotationDeg: { min: -360, max: 360 },
} as const satisfies Record<string, Range>;

export const BEAM_LIMITS = {
  accelerationKv: { min: 0.2, max: 30 },
  beamCurrentPa: { min: 1, max: 100_000 },
} as const satisfies Record<string, Range>;

export const DWELL_US: Range = { min: 0.05, max: 100 };

export const FRAME_SIZES_PX = [
  [128, 96],
  [256, 192],
  [512, 384],
  [1024, 768],
  [2048, 1536],
] as const;

/** Throws EM_LIMIT for the first value outside its range, or unknown. Nothing has happened yet. */
export function requireWithin(values: Readonly<Record<string, number | undefined>>, limits: Readonly<Record<string, Range>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const range = limits[name];
    if (range === undefined) throw new EmagentError('EM_LIMIT', `There is no setting "${name}" on this instrument.`);
    if (!(value >= range.min && value <= range.max)) {
      throw new EmagentError('EM_LIMIT', `${name} = ${value} lies outside the range of the instrument, ${range.min} to ${range.max}.`, {
        context: { axis: name, value, min: range.min, max: range.max },
      });
    }
  }
}
