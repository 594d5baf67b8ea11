import type { BeamState, VacuumState } from '../../src/contract/microscope.ts';

/** How the vacuum comes back by itself after a trip, and the beam after it. */
const RECOVERY_MS = { error: 20_000, pumping: 60_000, ramping: 5000 } as const;
/** High tension: start, and per kV. */
const RAMP_MS = { base: 2000, perKv: 1000, current: 1000 } as const;

/** Vacuum, gun and blanker. States that pass by themselves are read off the clock, so that nothing has to tick. */
export interface Column {
  vacuum(nowMs: number): VacuumState;
  beam(nowMs: number): BeamState;
  readonly blanked: boolean;
  setBlanked(blanked: boolean): void;
  /** The pressure rises: valves shut, the beam is off and blanked; vacuum and beam come back after a while. */
  tripVacuum(nowMs: number): void;
  /** The gun fails: no beam until the user sets it again. */
  tripBeam(): void;
  /** Ramps the gun; returns when it is ready. */
  ramp(change: { readonly kv: number; readonly current: boolean }, nowMs: number): number;
}

export function createColumn(): Column {
  let vacuumTrippedAtMs = Number.NEGATIVE_INFINITY;
  let gunFailed = false;
  let beamReadyAtMs = Number.NEGATIVE_INFINITY;
  let blanked = true;

  const vacuum = (nowMs: number): VacuumState => {
    const since = nowMs - vacuumTrippedAtMs;
    if (since < RECOVERY_MS.error) return 'error';
    return since < RECOVERY_MS.error + RECOVERY_MS.pumping ? 'pumping' : 'ready';
  };
  return {
    vacuum,
    beam: (nowMs) => {
      if (gunFailed) return 'fault';
      if (vacuum(nowMs) !== 'ready') return 'off';
      return nowMs < beamReadyAtMs ? 'ramping' : 'on';
    },
    get blanked() {
      return blanked;
    },
    setBlanked: (value) => {
      blanked = value;
    },
    tripVacuum: (nowMs) => {
      vacuumTrippedAtMs = nowMs;
      beamReadyAtMs = nowMs + RECOVERY_MS.error + RECOVERY_MS.pumping + RECOVERY_MS.ramping;
      blanked = true;
    },
    tripBeam: () => {
      gunFailed = true;
    },
    ramp: ({ kv, current }, nowMs) => {
      const restart = gunFailed;
      gunFailed = false;
      const ms = (kv > 0 || restart ? RAMP_MS.base + kv * RAMP_MS.perKv : 0) + (current ? RAMP_MS.current : 0);
      beamReadyAtMs = Math.max(beamReadyAtMs, nowMs + ms);
      return beamReadyAtMs;
    },
  };
}
