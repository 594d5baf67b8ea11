import type { BeamState, MicroscopeState, OpticsState, StagePosition, VacuumState } from '../../src/contract/microscope.ts';
import { BEAM, BLANKER, VACUUM } from './codec/functions.ts';
import { WAIT } from './codec/message.ts';
import type { CallOptions } from './control.ts';
import type { Parts } from './parts.ts';
import { positionOf, umOfMm } from './units.ts';

/** How long the lenses may take to settle. */
const OPTICS_LIMIT_MS = 10_000;

const VACUUM_STATE: Readonly<Record<number, VacuumState>> = {
  [VACUUM.ready]: 'ready',
  [VACUUM.pumping]: 'pumping',
  [VACUUM.venting]: 'venting',
  [VACUUM.off]: 'vented',
  [VACUUM.open]: 'vented',
};
const BEAM_STATE: Readonly<Record<number, BeamState>> = { [BEAM.off]: 'off', [BEAM.on]: 'on', [BEAM.changing]: 'ramping' };

export interface Health {
  readonly vacuum: VacuumState;
  readonly beam: BeamState;
}

/** Vacuum and gun; what has no name is an error. `jump`: past everything that the server holds. */
export async function readHealth({ session, watch }: Parts, jump = false): Promise<Health> {
  const [[vacuum], [beam]] = await Promise.all([session.call('VacGetStatus', [], { jump }), session.call('HVGetBeam', [], { jump })]);
  const health = { vacuum: VACUUM_STATE[vacuum] ?? 'error', beam: BEAM_STATE[beam] ?? 'fault' } as const;
  watch.sees(health);
  return health;
}

export async function readPosition({ session, options }: Parts): Promise<StagePosition> {
  return positionOf(await session.call('StgGetPosition'), options.flip);
}

/** `settled`: only when the lenses have come to rest. */
export async function readOptics({ session, instrument, options }: Parts, settled = false): Promise<OpticsState> {
  const first: CallOptions = settled ? { waits: WAIT.optics, timeoutMs: OPTICS_LIMIT_MS } : {};
  const [[fieldMm], [workingDistanceMm], [volts], current, rotation] = await Promise.all([
    session.call('GetViewField', [], first),
    session.call('GetWD', [], settled ? { timeoutMs: OPTICS_LIMIT_MS } : {}),
    session.call('HVGetVoltage', [], settled ? { timeoutMs: OPTICS_LIMIT_MS } : {}),
    instrument.has('GetBeamCurrent') ? session.call('GetBeamCurrent', [], settled ? { timeoutMs: OPTICS_LIMIT_MS } : {}) : undefined,
    instrument.has('GetImageRot') ? session.call('GetImageRot', [], settled ? { timeoutMs: OPTICS_LIMIT_MS } : {}) : undefined,
  ]);
  return {
    fieldWidthUm: umOfMm(fieldMm),
    workingDistanceMm,
    accelerationKv: volts / 1000,
    beamCurrentPa: current?.[0] ?? options.beamCurrentPa ?? 0,
    // No function tells them.
    stigmatorX: 0,
    stigmatorY: 0,
    scanRotationDeg: rotation?.[0] ?? 0,
  };
}

export async function isScanning({ session, instrument, scan }: Parts): Promise<boolean> {
  if (!instrument.has('IsBusy')) return scan.isRunning;
  return (await session.call('IsBusy', [WAIT.scan]))[0] !== 0;
}

/** In the automatic mode the beam is blanked between two scans. */
export const isBlankedIn = (mode: number, scanning: boolean): boolean => mode === BLANKER.closed || (mode === BLANKER.automatic && !scanning);

/** Calls of all of it go out together: one way to the instrument and back. */
export async function readState(parts: Parts): Promise<MicroscopeState> {
  const { session, scan } = parts;
  const [stage, [moving], optics, health, [mode], scanning] = await Promise.all([
    readPosition(parts),
    session.call('StgIsBusy'),
    readOptics(parts),
    readHealth(parts),
    session.call('ScGetBlanker', blankerArguments(parts)),
    isScanning(parts),
  ]);
  return {
    stage,
    stageMoving: moving !== 0,
    optics,
    ...health,
    blanked: isBlankedIn(mode, scanning),
    scanning,
    detector: scan.detector,
    emergencyStopped: false,
  };
}

/** Old servers know one blanker and take no index. */
export function blankerArguments({ instrument, options }: Pick<Parts, 'instrument' | 'options'>, mode?: number): number[] {
  const index = instrument.hasBlankerIndex ? [options.blanker] : [];
  return mode === undefined ? index : [...index, mode];
}
