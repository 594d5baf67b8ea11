import type { StageAxes } from '../../drivers/remcon/codec/commands.ts';
import { REFUSAL, type RefusalNumber } from '../../drivers/remcon/codec/refusals.ts';
import { DWELL_US, HFW_AT_MAG_1_M } from '../../drivers/remcon/codec/scales.ts';
import type { AcquireRequest, Frame } from '../../src/contract/frame.ts';
import { toEmagentError } from '../../src/contract/errors.ts';
import type { MicroscopeState, OpticsTarget, StagePosition } from '../../src/contract/microscope.ts';
import { BEAM_LIMITS } from '../device/limits.ts';
import type { SimulatedMicroscope } from '../simulated-microscope.ts';
import { encodeZeissTiff, fileNameOf, firstPhotoNumber, saveZeissTiff } from './remcon-picture.ts';

/** A command that is refused with `*` and this number. */
export class Refusal extends Error {
  readonly number: RefusalNumber;
  constructor(number: RefusalNumber) {
    super(`refused with ${number}`);
    this.number = number;
  }
}

/** The stage's zero lies in a corner, the instrument's in the middle: 20 mm, as simulators of others begin at. */
const CENTRE_MM = 20;
/** The flag that the stage moves comes late: so the maker's advice to wait for a second. */
const LATE_FLAG_MS = 1000;
/** High tension on its way up: time constant, and what a gun takes that was shut down. */
const RAMP_MS = 1500;
const GUN_START_MS = 120_000;
/** Pressure in mbar for each state of the vacuum. */
const VACUUM_MBAR = { ready: 5.9e-7, pumping: 2e-3, venting: 10, vented: 1013, error: 4e-2 } as const;

export interface RemconInstrumentOptions {
  readonly microscope: SimulatedMicroscope;
  readonly imagesDir: string | undefined;
  /** A stage that was not initialised since the instrument was switched on. */
  readonly stageInitialised: boolean;
  readonly storeSizePx: readonly [number, number];
  log(message: string): void;
}

/** The simulated instrument as SmartSEM shows it: what goes on in the background, and settings without a physics behind them. */
export interface RemconInstrument {
  readonly microscope: SimulatedMicroscope;
  /** Settings that are only kept: `APER`, `AALN`, `GALN`, `BEAM`, `BRGT`, `CRST` ... */
  readonly kept: Map<string, readonly number[]>;
  specimenCurrentMonitor: boolean;
  scanRate: number;
  scanRotationDeg: number;
  scanRotationOn: boolean;
  detector: string;
  readonly photoNumber: number;
  readonly stageInitialised: boolean;
  readonly integrating: boolean;
  state(): Promise<MicroscopeState>;
  axes(): Promise<StageAxes & { readonly moving: boolean }>;
  magnification(): Promise<number>;
  vacuumMbar(): Promise<number>;
  /** Actual value, kV: 0 while it is off. */
  highTensionKv(): Promise<number>;
  /** 0 gun off, 1 gun on, 2 running up. */
  gun(): number;
  /** 0 shuts the gun down, 1 switches the high tension on, 2 off. */
  setBeamMonitor(mode: number): Promise<void>;
  setHighTension(kv: number): Promise<void>;
  setProbeCurrent(amperes: number): Promise<void>;
  setBlanked(blanked: boolean): Promise<void>;
  isBlanked(): Promise<boolean>;
  setOptics(target: OpticsTarget): Promise<void>;
  /** Begins a move to an absolute position. */
  move(axes: StageAxes): Promise<void>;
  integrate(count: number): Promise<void>;
  /** Stops stage and scan where they are. */
  abort(): void;
  record(): Promise<void>;
}

const fullTurn = (deg: number): number => ((deg % 360) + 360) % 360;
const halfTurn = (deg: number): number => (fullTurn(deg) > 180 ? fullTurn(deg) - 360 : fullTurn(deg));

export async function createRemconInstrument(options: RemconInstrumentOptions): Promise<RemconInstrument> {
  const { microscope, imagesDir, log, storeSizePx } = options;
  const { clock, info } = microscope;
  let photoNumber = await clock.during(firstPhotoNumber(imagesDir));
  let motion: { readonly stop: AbortController; readonly startedAtMs: number; readonly target: StagePosition } | undefined;
  let stuck = false;
  let scan: AbortController | undefined;
  let shown: Frame | undefined;
  let tension: 'on' | 'off' = 'on';
  let gunReadyAtMs = Number.NEGATIVE_INFINITY;
  let gunOff = false;
  let rampFrom = { kv: 0, atMs: Number.NEGATIVE_INFINITY };

  /** What the device refuses, in the numbers of RemCon32. */
  const refused = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (thrown) {
      const { code } = toEmagentError(thrown);
      throw new Refusal(code === 'EM_LIMIT' ? REFUSAL.outOfRange : code === 'EM_UNSUPPORTED' ? REFUSAL.notFitted : REFUSAL.notNow);
    }
  };
  const axesOf = (stage: StagePosition): StageAxes => ({
    xMm: stage.xUm / 1000 + CENTRE_MM,
    yMm: stage.yUm / 1000 + CENTRE_MM,
    zMm: stage.zUm / 1000,
    tiltDeg: stage.tiltDeg,
    rotationDeg: fullTurn(stage.rotationDeg),
    mMm: 0,
  });
  const positionOf = ({ xMm, yMm, zMm, tiltDeg, rotationDeg }: StageAxes): StagePosition => ({
    xUm: Math.round((xMm - CENTRE_MM) * 1e6) / 1000,
    yUm: Math.round((yMm - CENTRE_MM) * 1e6) / 1000,
    zUm: Math.round(zMm * 1e6) / 1000,
    rotationDeg: halfTurn(rotationDeg),
    tiltDeg,
  });
  const requireFree = async (): Promise<void> => {
    if ((await microscope.readState()).emergencyStopped) throw new Refusal(REFUSAL.notNow);
  };
  const request = (count: number): AcquireRequest => {
    const [widthPx, heightPx] = storeSizePx;
    return { widthPx, heightPx, dwellUs: (DWELL_US[instrument.scanRate] ?? 1) * count, depth: 8, detector: instrument.detector };
  };

  const begin = async (target: StagePosition): Promise<void> => {
    motion?.stop.abort(new Error('another target'));
    const mine = { stop: new AbortController(), startedAtMs: clock.nowMs(), target };
    motion = mine;
    try {
      await microscope.moveStage(target, mine.stop.signal);
    } catch (thrown) {
      // RemCon32 tells nobody: the position does.
      log(`The move ended early: ${toEmagentError(thrown).message}`);
    } finally {
      if (motion === mine) motion = undefined;
    }
  };

  const instrument: RemconInstrument = {
    microscope,
    kept: new Map(),
    specimenCurrentMonitor: false,
    scanRate: 4,
    scanRotationDeg: 0,
    scanRotationOn: false,
    detector: info.detectors[0] ?? 'SE2',
    stageInitialised: options.stageInitialised,
    get photoNumber() {
      return photoNumber;
    },
    get integrating() {
      return scan !== undefined;
    },
    state: () => microscope.readState(),
    axes: async () => {
      const { stage, stageMoving } = await microscope.readState();
      const told = motion === undefined || clock.nowMs() - motion.startedAtMs >= LATE_FLAG_MS;
      return { ...axesOf(stage), moving: stuck || (stageMoving && told) };
    },
    magnification: async () => (HFW_AT_MAG_1_M * 1e6) / (await microscope.readState()).optics.fieldWidthUm,
    vacuumMbar: async () => VACUUM_MBAR[(await microscope.readState()).vacuum],
    highTensionKv: async () => {
      const { beam, optics } = await microscope.readState();
      if (tension === 'off' || gunOff || clock.nowMs() < gunReadyAtMs || beam === 'off' || beam === 'fault') return 0;
      const share = 1 - Math.exp(-(clock.nowMs() - rampFrom.atMs) / RAMP_MS);
      const kv = rampFrom.kv + (optics.accelerationKv - rampFrom.kv) * share;
      return Math.abs(kv - optics.accelerationKv) < 0.01 ? optics.accelerationKv : kv;
    },
    gun: () => (gunOff ? 0 : clock.nowMs() < gunReadyAtMs ? 2 : 1),
    setBeamMonitor: async (mode) => {
      if (mode === 1) {
        if (gunOff) gunReadyAtMs = clock.nowMs() + GUN_START_MS;
        if (tension === 'off' || gunOff) rampFrom = { kv: 0, atMs: Math.max(clock.nowMs(), gunReadyAtMs) };
        gunOff = false;
        tension = 'on';
        return;
      }
      tension = 'off';
      if (mode === 0) {
        gunOff = true;
        log('THE GUN WAS SHUT DOWN (BMON 0): on a real instrument it takes minutes to hours to come back.');
      }
      // Without high tension nothing reaches the specimen, blanked or not.
      await refused(microscope.setBlanker(true));
    },
    setHighTension: async (kv) => {
      const from = await instrument.highTensionKv();
      const { optics, vacuum } = await microscope.readState();
      if (vacuum !== 'ready') throw new Refusal(REFUSAL.notNow);
      const { min, max } = BEAM_LIMITS.accelerationKv;
      if (kv < min || kv > max) throw new Refusal(REFUSAL.outOfRange);
      // It runs for seconds; nobody waits for it.
      microscope.setBeam({ accelerationKv: kv }).catch((error: Error) => log(`The high tension was not set: ${error.message}`));
      rampFrom = { kv: tension === 'off' ? 0 : from, atMs: optics.accelerationKv === kv ? rampFrom.atMs : clock.nowMs() };
    },
    setProbeCurrent: (amperes) => refused(microscope.setBeam({ beamCurrentPa: amperes * 1e12 })),
    isBlanked: async () => (await microscope.readState()).blanked,
    setBlanked: async (blanked) => {
      if (!blanked && (tension === 'off' || gunOff)) return;
      if (blanked && (motion !== undefined || scan !== undefined)) {
        // The device has one command at a time, the blanker of a microscope waits for nobody: what runs is ended for it.
        const target = motion?.target;
        instrument.abort();
        await microscope.halt('The beam was blanked.');
        if (target !== undefined) void begin(target);
        return;
      }
      await refused(microscope.setBlanker(blanked));
    },
    setOptics: async (target) => {
      await requireFree();
      await refused(microscope.setOptics(target));
    },
    move: async (axes) => {
      const target = positionOf(axes);
      for (const [axis, value] of Object.entries(target)) {
        const { min, max } = info.axes[axis as keyof StagePosition];
        if (value < min || value > max) throw new Refusal(REFUSAL.outOfRange);
      }
      await requireFree();
      if (!options.stageInitialised) throw new Refusal(REFUSAL.notNow);
      if (microscope.strikes('busy-forever')) stuck = true;
      void begin(target);
    },
    integrate: async (count) => {
      await requireFree();
      const { vacuum, beam } = await microscope.readState();
      if (vacuum !== 'ready' || beam === 'fault' || beam === 'ramping') throw new Refusal(REFUSAL.notNow);
      const wanted = request(count);
      if (wanted.dwellUs > info.dwellUs.max) throw new Refusal(REFUSAL.outOfRange);
      scan?.abort(new Error('another scan'));
      const mine = new AbortController();
      scan = mine;
      shown = undefined;
      void microscope
        .acquire(wanted, mine.signal)
        .then(
          (frame) => {
            if (scan === mine) shown = frame;
            return undefined;
          },
          (thrown: unknown) => log(`The integration ended early: ${toEmagentError(thrown).message}`),
        )
        .finally(() => {
          if (scan === mine) scan = undefined;
        });
    },
    abort: () => {
      stuck = false;
      motion?.stop.abort(new Error('ABO'));
      motion = undefined;
      scan?.abort(new Error('ABO'));
    },
    record: async () => {
      if (imagesDir === undefined || scan !== undefined) throw new Refusal(REFUSAL.notNow);
      const frame = shown ?? (await refused(microscope.acquire(request(1))));
      const { blanked } = await microscope.readState();
      const name = fileNameOf(photoNumber);
      const low = axesOf({ xUm: info.axes.xUm.min, yUm: info.axes.yUm.min, zUm: info.axes.zUm.min, rotationDeg: 0, tiltDeg: 0 });
      const high = axesOf({ xUm: info.axes.xUm.max, yUm: info.axes.yUm.max, zUm: info.axes.zUm.max, rotationDeg: 0, tiltDeg: 0 });
      const bytes = encodeZeissTiff(frame, {
        photoNumber,
        fileName: name,
        axes: axesOf(frame.stage),
        lowMm: [low.xMm, low.yMm, low.zMm],
        highMm: [high.xMm, high.yMm, high.zMm],
        magnification: (HFW_AT_MAG_1_M * 1e6) / frame.optics.fieldWidthUm,
        scanRate: instrument.scanRate,
        detector: instrument.detector,
        vacuumMbar: await instrument.vacuumMbar(),
        blanked,
        serialNumber: info.serialNumber,
        timestamp: clock.timestamp(),
      });
      photoNumber++;
      // Completed before the file is there: the disk is another matter.
      saveZeissTiff(microscope, bytes, { folder: imagesDir, name, clock }).catch((error: Error) => log(`${name} could not be saved: ${error.message}`));
    },
  };
  return instrument;
}
