import { EmagentError } from '../contract/errors.ts';
import type { AcquireRequest } from '../contract/frame.ts';
import type { Axis, Capability, MicroscopeInfo, OpticsTarget, Range, StagePosition, StageTarget } from '../contract/microscope.ts';

// What every driver checks before it sends anything, against what its instrument said of itself.

function requireInside(name: string, value: number | undefined, range: Range): void {
  if (value === undefined) return;
  if (!(value >= range.min && value <= range.max)) {
    throw new EmagentError('EM_LIMIT', `${name} ${value} lies outside ${range.min} to ${range.max}; nothing was sent to the microscope.`);
  }
}

export function requireCapability(info: MicroscopeInfo, capability: Capability): void {
  if (!info.capabilities.includes(capability)) throw new EmagentError('EM_UNSUPPORTED', `${info.model} offers no ${capability}.`);
}

/** Throws EM_LIMIT. */
export function checkTarget(info: MicroscopeInfo, target: StageTarget): void {
  for (const axis of Object.keys(target) as Axis[]) requireInside(axis, target[axis], info.axes[axis]);
}

/** Throws EM_LIMIT. */
export function checkOptics(info: MicroscopeInfo, target: OpticsTarget): void {
  requireInside('fieldWidthUm', target.fieldWidthUm, info.fieldWidthUm);
  requireInside('workingDistanceMm', target.workingDistanceMm, info.workingDistanceMm);
  requireInside('stigmatorX', target.stigmatorX, { min: -1, max: 1 });
  requireInside('stigmatorY', target.stigmatorY, { min: -1, max: 1 });
  requireInside('scanRotationDeg', target.scanRotationDeg, { min: -360, max: 360 });
}

/** A frame that takes longer, s, is refused: it could not be stopped by anything but an abort. */
export const MAX_FRAME_S = 600;

/** Throws EM_LIMIT. */
export function checkRequest(info: MicroscopeInfo, request: AcquireRequest): void {
  const { widthPx, heightPx, dwellUs, detector } = request;
  if (!info.frameSizesPx.some(([width, height]) => width === widthPx && height === heightPx)) {
    const offered = info.frameSizesPx.map(([width, height]) => `${width} x ${height}`).join(', ');
    throw new EmagentError('EM_LIMIT', `A frame of ${widthPx} x ${heightPx} px is not on offer; there are ${offered}.`);
  }
  requireInside('dwellUs', dwellUs, info.dwellUs);
  if (info.dwellUs.list?.includes(dwellUs) === false) {
    throw new EmagentError('EM_LIMIT', `A dwell time of ${dwellUs} us is not on offer; there are ${info.dwellUs.list.join(', ')}.`);
  }
  if (detector !== undefined && !info.detectors.includes(detector)) {
    throw new EmagentError('EM_LIMIT', `There is no detector "${detector}"; there are ${info.detectors.join(', ')}.`);
  }
  const seconds = (widthPx * heightPx * dwellUs) / 1e6;
  if (seconds > MAX_FRAME_S) {
    throw new EmagentError('EM_LIMIT', `The frame would take ${Math.round(seconds)} s; more than ${MAX_FRAME_S} s is refused.`);
  }
}

const ROTATION_SPEED_DEG_PER_S = 5;

/** Time that a move may be expected to take, ms. */
export function estimateMoveMs(info: MicroscopeInfo, from: StagePosition, target: StageTarget): number {
  const { stageSpeedUmPerS, stageSettleMs } = info.timing;
  const seconds = (Object.keys(target) as Axis[]).map((axis) => {
    const distance = Math.abs((target[axis] ?? from[axis]) - from[axis]);
    return distance / (axis.endsWith('Deg') ? ROTATION_SPEED_DEG_PER_S : stageSpeedUmPerS);
  });
  return Math.max(0, ...seconds) * 1000 + stageSettleMs;
}

/** Largest error over the axes of the target, each in units of its own tolerance. */
export function relativeError(position: StagePosition, target: StageTarget, tolerance: { readonly um: number; readonly deg: number }): number {
  const errors = (Object.keys(target) as Axis[]).map((axis) => {
    const error = Math.abs(position[axis] - (target[axis] ?? position[axis]));
    return error / (axis.endsWith('Deg') ? tolerance.deg : tolerance.um);
  });
  return Math.max(0, ...errors);
}
