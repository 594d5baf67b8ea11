import { BEAM, BLANKER, UPS, VACUUM } from '../../drivers/sharksem/codec/functions.ts';
import type { BeamState, OpticsTarget, VacuumState } from '../../src/contract/microscope.ts';
import { clamp } from '../../src/lib/guards.ts';
import type { SimulatedMicroscope } from '../simulated-microscope.ts';

/** Time of a call that sets a lens, ms of instrument time; what it changes settles after that. */
const SETTER_MS = 5;
const AUTO_SIGNAL_MS = 2000;
/** Of the automatic focus when the client gives no range. */
const DEFAULT_FOCUS_RANGE_UM = 100;
/** Reach of the image shift, mm. */
const MAX_SHIFT_MM = 0.05;
/** On its battery for so long, the supply says that it is nearly empty. */
const BATTERY_LOW_MS = 20_000;

const VACUUM_NUMBER: Record<VacuumState, number> = {
  ready: VACUUM.ready,
  pumping: VACUUM.pumping,
  venting: VACUUM.venting,
  vented: VACUUM.open,
  error: VACUUM.error,
};
const BEAM_NUMBER: Record<BeamState, number> = { fault: BEAM.fault, off: BEAM.off, on: BEAM.on, ramping: BEAM.changing };

/** Gun, vacuum, blanker and lenses as SharkSEM shows them. Everything that is set is clamped, or ignored in silence. */
export interface SharksemColumn {
  beam(): Promise<number>;
  vacuum(): Promise<number>;
  ups(): number;
  beamOn(): Promise<void>;
  beamOff(): void;
  /** Ramps the gun; resolves when it is steady. */
  setBeam(target: { readonly accelerationKv?: number; readonly beamCurrentPa?: number }): Promise<void>;
  stopRamp(): void;
  blanker(): Promise<number>;
  setBlanker(mode: number): Promise<void>;
  /** Runs a scan; in the blanker's automatic mode the beam is on for as long. */
  withBeam(scan: () => Promise<void>): Promise<void>;
  setOptics(target: OpticsTarget): Promise<void>;
  /** Begins the automatic focus over min..max mm, or about the present working distance. */
  autofocus(range?: { readonly min: number; readonly max: number }): Promise<void>;
  autoSignal(): void;
  stopAutomatic(): void;
  /** Raises wait flag C for so long. */
  delay(ms: number): void;
  vent(): void;
  pump(): void;
  /** mm */
  shift(): readonly [number, number];
  setShift(x: number, y: number): void;
  readonly opticsBusy: boolean;
  readonly automaticBusy: boolean;
}

export function createColumn(microscope: SimulatedMicroscope, log: (message: string) => void): SharksemColumn {
  const { clock } = microscope;
  const { desk } = microscope;
  let filamentBlown = false;
  let onBatterySinceMs: number | undefined;
  // As its user leaves it: the beam reaches the specimen while something is scanned.
  let mode: number = BLANKER.automatic;
  let settling = 0;
  let opticsUntilMs = Number.NEGATIVE_INFINITY;
  let automaticUntilMs = Number.NEGATIVE_INFINITY;
  let automatic: AbortController | undefined;
  let ramp: AbortController | undefined;

  const quietly = (name: string, work: Promise<unknown>): Promise<void> => work.then(() => undefined, (error: Error) => log(`${name}: ${error.message}`));
  const settle = (name: string, work: Promise<unknown>): Promise<void> => {
    settling++;
    return quietly(name, work).finally(() => settling--);
  };
  const applyBlanker = (): Promise<void> => quietly('ScSetBlanker', microscope.setBlanker(mode !== BLANKER.open));

  return {
    beam: async () => {
      filamentBlown ||= microscope.strikes('filament-blown');
      const { beam } = await microscope.readState();
      return filamentBlown ? BEAM.fault : BEAM_NUMBER[beam];
    },
    vacuum: async () => VACUUM_NUMBER[(await microscope.readState()).vacuum],
    ups: () => {
      if (desk.power === 'mains') {
        onBatterySinceMs = undefined;
        return UPS.mains;
      }
      onBatterySinceMs ??= clock.nowMs();
      return clock.nowMs() - onBatterySinceMs < BATTERY_LOW_MS ? UPS.onBattery : UPS.stopAtOnce;
    },
    beamOn: async () => {
      if ((await microscope.readState()).vacuum !== 'ready') return;
      filamentBlown = false;
      void settle('HVBeamOn', microscope.setBeam({}));
    },
    beamOff: () => desk.shutDownBeam(),
    setBeam: (target) => {
      ramp = new AbortController();
      return settle('HVSetVoltage', microscope.setBeam(target, ramp.signal));
    },
    stopRamp: () => ramp?.abort(new Error('HVStopAsyncProc')),
    blanker: async () => {
      if (mode === BLANKER.automatic) return mode;
      return (await microscope.readState()).blanked ? BLANKER.closed : BLANKER.open;
    },
    setBlanker: async (next) => {
      if (next !== BLANKER.open && next !== BLANKER.closed && next !== BLANKER.automatic) return;
      mode = next;
      // A scan in progress has the instrument: the call does not wait for its end.
      await Promise.race([applyBlanker(), clock.sleep(SETTER_MS)]);
    },
    withBeam: async (scan) => {
      if (mode !== BLANKER.automatic) return scan();
      await microscope.setBlanker(false);
      try {
        return await scan();
      } finally {
        await applyBlanker();
      }
    },
    setOptics: async (target) => {
      const { fieldWidthUm, workingDistanceMm } = microscope.info;
      void settle(
        'optics',
        microscope.setOptics({
          ...target,
          ...(target.fieldWidthUm !== undefined && { fieldWidthUm: clamp(target.fieldWidthUm, fieldWidthUm.min, fieldWidthUm.max) }),
          ...(target.workingDistanceMm !== undefined && { workingDistanceMm: clamp(target.workingDistanceMm, workingDistanceMm.min, workingDistanceMm.max) }),
        }),
      );
      await clock.sleep(SETTER_MS);
    },
    autofocus: async (range) => {
      if (automatic !== undefined) return;
      const controller = new AbortController();
      automatic = controller;
      const { workingDistanceMm } = (await microscope.readState()).optics;
      const rangeUm = range === undefined ? DEFAULT_FOCUS_RANGE_UM : Math.max(0.1, 1000 * Math.max(range.max - workingDistanceMm, workingDistanceMm - range.min));
      void quietly('AutoWD', microscope.autofocus({ rangeUm }, controller.signal)).finally(() => {
        if (automatic === controller) automatic = undefined;
      });
    },
    autoSignal: () => {
      automaticUntilMs = clock.nowMs() + AUTO_SIGNAL_MS;
    },
    stopAutomatic: () => {
      automatic?.abort(new Error('ScStopScan'));
    },
    delay: (ms) => {
      opticsUntilMs = Math.max(opticsUntilMs, clock.nowMs() + ms);
    },
    vent: () => desk.vent(),
    pump: () => {
      if (desk.door === 'closed') desk.pump();
    },
    shift: () => {
      const [x, y] = desk.beamShiftUm;
      return [x / 1000, y / 1000];
    },
    setShift: (x, y) => {
      desk.beamShiftUm = [1000 * clamp(x, -MAX_SHIFT_MM, MAX_SHIFT_MM), 1000 * clamp(y, -MAX_SHIFT_MM, MAX_SHIFT_MM)];
    },
    get opticsBusy() {
      return settling > 0 || clock.nowMs() < opticsUntilMs;
    },
    get automaticBusy() {
      return automatic !== undefined || clock.nowMs() < automaticUntilMs;
    },
  };
}
