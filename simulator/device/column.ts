import type { BeamState, VacuumState } from '../../src/contract/microscope.ts';
import type { Scenario } from '../scenario-schema.ts';

/** A change of the condenser; a gun that comes back by itself after a trip or an arc. */
const CURRENT_S = 1;
const RESTART_S = 5;

/** Vacuum, gun and blanker. States that pass by themselves are read off the clock, so that nothing has to tick. */
export interface Column {
  vacuum(nowMs: number): VacuumState;
  beam(nowMs: number): BeamState;
  /** Share of the set beam current that there is, 0 to 1: the ramp of the high tension, a gun that sags. */
  intensity(nowMs: number): number;
  readonly blanked: boolean;
  setBlanked(blanked: boolean): void;
  /** The pressure rises: valves shut, the beam is off and blanked; vacuum and beam come back after a while. */
  tripVacuum(nowMs: number): void;
  /** The emission of the gun breaks down: no beam until the user sets it again. */
  tripBeam(): void;
  /** A discharge in the gun: the high tension goes off and comes back by itself. */
  arc(nowMs: number): void;
  /** The signal fades away until the user sets the beam again, or for a time. */
  sag(nowMs: number, forMs: number): void;
  /** Air into the chamber: gun off, blanked. */
  vent(nowMs: number): void;
  /** Pumps down. The gun stays off until it is switched on. */
  pump(nowMs: number): void;
  /** Shuts the gun down; it is slow to come back. */
  shutDown(): void;
  /** Ramps the gun; returns when it is ready. */
  ramp(change: { readonly kv: number; readonly current: boolean }, nowMs: number): number;
}

export function createColumn(options: Scenario['column']): Column {
  const ms = (seconds: number): number => seconds * 1000;
  /** What comes when, in order. */
  let vacuumPhases: { readonly state: VacuumState; readonly fromMs: number }[] = [{ state: options.vacuum, fromMs: Number.NEGATIVE_INFINITY }];
  let gun: 'on' | 'off' | 'fault' = options.vacuum === 'ready' ? 'on' : 'off';
  let coldGun = false;
  let ramp = { fromMs: Number.NEGATIVE_INFINITY, readyMs: Number.NEGATIVE_INFINITY };
  let sagFromMs = Number.POSITIVE_INFINITY;
  let sagUntilMs = Number.POSITIVE_INFINITY;
  let blanked = true;

  const vacuum = (nowMs: number): VacuumState => vacuumPhases.findLast(({ fromMs }) => fromMs <= nowMs)!.state;
  const beam = (nowMs: number): BeamState => {
    if (gun === 'fault') return 'fault';
    if (gun === 'off' || vacuum(nowMs) !== 'ready') return 'off';
    return nowMs < ramp.readyMs ? 'ramping' : 'on';
  };
  const sagShare = (nowMs: number): number => (nowMs < sagFromMs || nowMs >= sagUntilMs ? 1 : Math.max(0, 1 - (nowMs - sagFromMs) / ms(options.sagS)));
  return {
    vacuum,
    beam,
    intensity: (nowMs) => {
      const state = beam(nowMs);
      if (state === 'on') return sagShare(nowMs);
      return state === 'ramping' ? sagShare(nowMs) * Math.max(0, (nowMs - ramp.fromMs) / (ramp.readyMs - ramp.fromMs)) : 0;
    },
    get blanked() {
      return blanked;
    },
    setBlanked: (value) => {
      blanked = value;
    },
    tripVacuum: (nowMs) => {
      const pumpingFromMs = nowMs + ms(options.tripS);
      const readyMs = pumpingFromMs + ms(options.pumpS);
      vacuumPhases = [
        { state: 'error', fromMs: Number.NEGATIVE_INFINITY },
        { state: 'pumping', fromMs: pumpingFromMs },
        { state: 'ready', fromMs: readyMs },
      ];
      ramp = { fromMs: readyMs, readyMs: readyMs + ms(RESTART_S) };
      blanked = true;
    },
    tripBeam: () => {
      gun = 'fault';
    },
    arc: (nowMs) => {
      ramp = { fromMs: nowMs, readyMs: nowMs + ms(RESTART_S) };
    },
    sag: (nowMs, forMs) => {
      sagFromMs = nowMs;
      sagUntilMs = nowMs + forMs;
    },
    vent: (nowMs) => {
      vacuumPhases = [
        { state: 'venting', fromMs: Number.NEGATIVE_INFINITY },
        { state: 'vented', fromMs: nowMs + ms(options.ventS) },
      ];
      gun = 'off';
      blanked = true;
    },
    pump: (nowMs) => {
      vacuumPhases = [
        { state: 'pumping', fromMs: Number.NEGATIVE_INFINITY },
        { state: 'ready', fromMs: nowMs + ms(options.pumpS) },
      ];
    },
    shutDown: () => {
      gun = 'off';
      coldGun = true;
      blanked = true;
    },
    ramp: ({ kv, current }, nowMs) => {
      const restarts = gun !== 'on';
      const seconds =
        (coldGun ? options.gunRecoveryS : 0) + (kv > 0 || restarts ? options.rampStartS + kv * options.rampSPerKv : 0) + (current ? CURRENT_S : 0);
      gun = 'on';
      coldGun = false;
      sagFromMs = Number.POSITIVE_INFINITY;
      if (seconds > 0 && nowMs + ms(seconds) > ramp.readyMs) ramp = { fromMs: nowMs, readyMs: nowMs + ms(seconds) };
      return Math.max(nowMs, ramp.readyMs);
    },
  };
}
