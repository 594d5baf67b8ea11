import type { Axis, Range, StagePosition, StageTarget } from '../../src/contract/microscope.ts';
import type { StageAxes } from './codec/commands.ts';
import type { RemconOptions } from './options.ts';

/** Between the stage's millimetres and the project's micrometres: x right and y up on the picture, about a chosen origin. */
export interface Coordinates {
  positionOf(axes: StageAxes): StagePosition;
  /** The axes of a target; what it leaves out, and `m`, stay as they are now. */
  axesOf(target: StageTarget, now: StageAxes): StageAxes;
  /** Limits given in the stage's own mm and deg. */
  rangeOf(axis: Axis, range: Range): Range;
}

/** A picometre: a factor of 1000 must not turn a limit into a value just outside of it. Adding 0 makes -0 a plain 0. */
const umOf = (mm: number): number => Math.round(mm * 1e9) / 1e6 + 0;
const mmOf = (um: number): number => Math.round(um * 1e6) / 1e9 + 0;

export function createCoordinates({ originMm, invertX, invertY }: Pick<RemconOptions, 'originMm' | 'invertX' | 'invertY'>): Coordinates {
  const [xOriginMm, yOriginMm] = originMm;
  const sign = (inverted: boolean): number => (inverted ? -1 : 1);
  const xUm = (mm: number): number => umOf(sign(invertX) * (mm - xOriginMm));
  const yUm = (mm: number): number => umOf(sign(invertY) * (mm - yOriginMm));
  const convert: Readonly<Record<Axis, (own: number) => number>> = { xUm, yUm, zUm: umOf, rotationDeg: (deg) => deg, tiltDeg: (deg) => deg };
  return {
    positionOf: ({ xMm, yMm, zMm, rotationDeg, tiltDeg }) => ({ xUm: xUm(xMm), yUm: yUm(yMm), zUm: umOf(zMm), rotationDeg, tiltDeg }),
    axesOf: (target, now) => ({
      xMm: target.xUm === undefined ? now.xMm : xOriginMm + sign(invertX) * mmOf(target.xUm),
      yMm: target.yUm === undefined ? now.yMm : yOriginMm + sign(invertY) * mmOf(target.yUm),
      zMm: target.zUm === undefined ? now.zMm : mmOf(target.zUm),
      tiltDeg: target.tiltDeg ?? now.tiltDeg,
      rotationDeg: target.rotationDeg ?? now.rotationDeg,
      mMm: now.mMm,
    }),
    rangeOf: (axis, { min, max }) => {
      const ends = [convert[axis](min), convert[axis](max)];
      return { min: Math.min(...ends), max: Math.max(...ends) };
    },
  };
}
