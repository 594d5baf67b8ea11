import type { Axis, StagePosition } from '../../src/contract/microscope.ts';

/** Order of the axes in every function of the stage. */
export const AXES: readonly Axis[] = ['xUm', 'yUm', 'zUm', 'rotationDeg', 'tiltDeg'];

/** Letters of the axes that run the other way than the contract's. */
export type Flip = string;

export const signOf = (axis: Axis, flip: Flip): 1 | -1 => (axis.endsWith('Um') && flip.includes(axis[0] as string) ? -1 : 1);
/** Of ours in one unit of the wire: mm, or degrees. */
export const wireFactorOf = (axis: Axis): number => (axis.endsWith('Um') ? 1000 : 1);

// Rounded to a picometre and to 1e-9 deg: a factor of 1000 must not turn a limit into a value just outside of it.
const PRECISION = { um: 1e6, deg: 1e9 } as const;
export const umOfMm = (mm: number): number => Math.round(mm * 1000 * PRECISION.um) / PRECISION.um;
export const mmOfUm = (um: number): number => Math.round(um * PRECISION.um) / (1000 * PRECISION.um);

export function positionOf(values: readonly number[], flip: Flip): StagePosition {
  const entries = AXES.map((axis, index) => {
    const value = (values[index] ?? 0) * signOf(axis, flip);
    return [axis, (axis.endsWith('Um') ? umOfMm(value) : Math.round(value * PRECISION.deg) / PRECISION.deg) + 0];
  });
  return Object.fromEntries(entries) as unknown as StagePosition;
}

/** One value of the wire: mm or degrees. */
export const wireValueOf = (axis: Axis, value: number, flip: Flip): number => (axis.endsWith('Um') ? mmOfUm(value) : value) * signOf(axis, flip);
