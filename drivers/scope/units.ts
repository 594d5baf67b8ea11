import type { Axis, BeamState, MicroscopeState, OpticsState, StagePosition, StageTarget, VacuumState } from '../../src/contract/microscope.ts';
import type { WireOptics, WirePosition, WireStatus, WireTarget } from './codec.ts';

// Rounded to a picometre and to 1e-9 deg: a factor of 1e6 must not turn a limit into a value just outside of it.
export const umOf = (metres: number): number => Math.round(metres * 1e12) / 1e6;
export const mmOf = (metres: number): number => Math.round(metres * 1e12) / 1e9;
export const degOf = (radians: number): number => Math.round(((radians * 180) / Math.PI) * 1e9) / 1e9;
export const radOf = (degrees: number): number => (degrees * Math.PI) / 180;
export const metresOfUm = (um: number): number => um / 1e6;
export const metresOfMm = (mm: number): number => mm / 1e3;
export const usOf = (seconds: number): number => Math.round(seconds * 1e12) / 1e6;
const paOf = (amperes: number): number => Math.round(amperes * 1e18) / 1e6;

export function positionOf(pos: WirePosition): StagePosition {
  return { xUm: umOf(pos.x), yUm: umOf(pos.y), zUm: umOf(pos.z), rotationDeg: degOf(pos.r), tiltDeg: degOf(pos.t) };
}

export function opticsOf(optics: WireOptics): OpticsState {
  return {
    fieldWidthUm: umOf(optics.fov),
    workingDistanceMm: mmOf(optics.wd),
    accelerationKv: optics.hv / 1000,
    beamCurrentPa: paOf(optics.current),
    stigmatorX: optics.stig[0],
    stigmatorY: optics.stig[1],
    scanRotationDeg: degOf(optics.scanRotation),
  };
}

const VACUUM: Record<WireStatus['vacuum'], VacuumState> = { ready: 'ready', pumping: 'pumping', venting: 'venting', open: 'vented', error: 'error' };
/** `blanked` says that the beam is there, behind the blanker. */
const BEAM: Record<WireStatus['beam'], BeamState> = { on: 'on', blanked: 'on', off: 'off', ramping: 'ramping', fault: 'fault' };

export function stateOf(status: WireStatus): MicroscopeState {
  return {
    stage: positionOf(status.pos),
    stageMoving: status.moving,
    optics: opticsOf(status),
    beam: BEAM[status.beam],
    blanked: status.blanked,
    vacuum: VACUUM[status.vacuum],
    scanning: status.scan === 'busy',
    detector: status.detector,
    emergencyStopped: status.estop,
  };
}

const WIRE_AXIS = { xUm: 'x', yUm: 'y', zUm: 'z', rotationDeg: 'r', tiltDeg: 't' } as const satisfies Record<Axis, keyof WirePosition>;

export function wireTargetOf(target: StageTarget): WireTarget {
  const wire: WireTarget = {};
  for (const [axis, value] of Object.entries(target) as [Axis, number | undefined][]) {
    if (value !== undefined) wire[WIRE_AXIS[axis]] = axis.endsWith('Deg') ? radOf(value) : metresOfUm(value);
  }
  return wire;
}
