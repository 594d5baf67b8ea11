import type { WireFrameMetadata, WireHello, WireOptics, WirePosition, WireStatus, WireTarget } from '../../drivers/scope/codec.ts';
import { PROTOCOL } from '../../drivers/scope/codec.ts';
import type { Frame } from '../../src/contract/frame.ts';
import type { Axis, Capability, MicroscopeInfo, MicroscopeState, OpticsState, StagePosition } from '../../src/contract/microscope.ts';
import { packageVersion } from '../../src/lib/package-root.ts';

// Rounded to a picometre: a factor of 1e6 must not turn a limit into a value just outside of it.
export const umOf = (metres: number): number => Math.round(metres * 1e12) / 1e6;
export const mmOf = (metres: number): number => Math.round(metres * 1e12) / 1e9;
export const degOf = (radians: number): number => Math.round(((radians * 180) / Math.PI) * 1e9) / 1e9;
export const usOf = (seconds: number): number => Math.round(seconds * 1e12) / 1e6;
const rad = (degrees: number): number => (degrees * Math.PI) / 180;

export const HEARTBEAT_MS = 2000;

const CAPS: Record<Capability, string> = {
  stage: 'stage',
  image: 'image',
  blanker: 'blanker',
  autofocus: 'autofocus',
  stigmator: 'stig',
  vacuum: 'vacuum',
  limits: 'limits',
  watchdog: 'watchdog',
  'emergency-stop': 'estop',
};

export function helloOf(info: MicroscopeInfo): WireHello {
  const metres = (axis: Axis): WireHello['axes']['x'] => ({ min: info.axes[axis].min / 1e6, max: info.axes[axis].max / 1e6, unit: 'm' });
  const radians = (axis: Axis): WireHello['axes']['x'] => ({ min: rad(info.axes[axis].min), max: rad(info.axes[axis].max), unit: 'rad' });
  const { dwellUs, fieldWidthUm, workingDistanceMm, timing } = info;
  return {
    protocol: PROTOCOL,
    server: `emagent ${packageVersion}`,
    model: info.model,
    serial: info.serialNumber,
    axes: { x: metres('xUm'), y: metres('yUm'), z: metres('zUm'), r: radians('rotationDeg'), t: radians('tiltDeg') },
    resolutions: info.frameSizesPx.map(([width, height]) => [width, height]),
    dwell: { min: dwellUs.min / 1e6, max: dwellUs.max / 1e6, ...(dwellUs.list === undefined ? {} : { list: dwellUs.list.map((us) => us / 1e6) }) },
    fov: { min: fieldWidthUm.min / 1e6, max: fieldWidthUm.max / 1e6 },
    wd: { min: workingDistanceMm.min / 1e3, max: workingDistanceMm.max / 1e3 },
    detectors: [...info.detectors],
    // The lease is the watchdog, whatever stands behind this server.
    caps: [...new Set([...info.capabilities.map((capability) => CAPS[capability]), 'hv', 'wd', 'watchdog'])],
    heartbeatMs: HEARTBEAT_MS,
    timing: {
      stageSpeed: timing.stageSpeedUmPerS / 1e6,
      stageSettle: timing.stageSettleMs / 1e3,
      opticsSettle: timing.opticsSettleMs / 1e3,
      frameOverhead: timing.frameOverheadMs / 1e3,
    },
  };
}

export function wirePositionOf(stage: StagePosition): WirePosition {
  return { x: stage.xUm / 1e6, y: stage.yUm / 1e6, z: stage.zUm / 1e6, r: rad(stage.rotationDeg), t: rad(stage.tiltDeg) };
}

export function wireOpticsOf(optics: OpticsState): WireOptics {
  return {
    fov: optics.fieldWidthUm / 1e6,
    wd: optics.workingDistanceMm / 1e3,
    stig: [optics.stigmatorX, optics.stigmatorY],
    scanRotation: rad(optics.scanRotationDeg),
    hv: optics.accelerationKv * 1000,
    current: optics.beamCurrentPa / 1e12,
  };
}

export function wireStatusOf(state: MicroscopeState, nowMs: number): WireStatus {
  return {
    ...wireOpticsOf(state.optics),
    pos: wirePositionOf(state.stage),
    moving: state.stageMoving,
    beam: state.beam === 'on' && state.blanked ? 'blanked' : state.beam,
    blanked: state.blanked,
    vacuum: state.vacuum === 'vented' ? 'open' : state.vacuum,
    detector: state.detector,
    scan: state.scanning ? 'busy' : 'idle',
    estop: state.emergencyStopped,
    ts: nowMs / 1000,
  };
}

export function metadataOf(frame: Frame, detector: string): WireFrameMetadata {
  return {
    pos: wirePositionOf(frame.stage),
    optics: wireOpticsOf(frame.optics),
    dwell: frame.request.dwellUs / 1e6,
    detector,
    dose: frame.doseCPerM2,
  };
}

export function stageTargetOf(to: WireTarget): Partial<StagePosition> {
  return {
    ...(to.x === undefined ? {} : { xUm: umOf(to.x) }),
    ...(to.y === undefined ? {} : { yUm: umOf(to.y) }),
    ...(to.z === undefined ? {} : { zUm: umOf(to.z) }),
    ...(to.r === undefined ? {} : { rotationDeg: degOf(to.r) }),
    ...(to.t === undefined ? {} : { tiltDeg: degOf(to.t) }),
  };
}
