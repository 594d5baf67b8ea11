import type { WireDialect } from './wire-recording.ts';
import type { z } from 'zod';
import type { Clock } from './clock.ts';
import type { ErrorCode } from './errors.ts';
import type { AcquireRequest, Frame } from './frame.ts';

/**
 * Stage axes. x points right and y points up as seen on the image at scan rotation 0; z towards the column.
 * A driver converts its instrument's frame to this one.
 */
export interface StagePosition {
  readonly xUm: number;
  readonly yUm: number;
  readonly zUm: number;
  readonly rotationDeg: number;
  readonly tiltDeg: number;
}
/** Axes left out stay where they are. */
export type StageTarget = Partial<StagePosition>;
export type Axis = keyof StagePosition;

export interface OpticsState {
  /** Width of the field of view on the specimen. Its height follows from the aspect ratio of the frame. */
  readonly fieldWidthUm: number;
  readonly workingDistanceMm: number;
  readonly accelerationKv: number;
  readonly beamCurrentPa: number;
  /** Stigmator settings, dimensionless, -1 to 1. */
  readonly stigmatorX: number;
  readonly stigmatorY: number;
  readonly scanRotationDeg: number;
}
/** Acceleration voltage and beam current are the user's: the agent never sets them. */
export type OpticsTarget = Partial<
  Pick<OpticsState, 'fieldWidthUm' | 'workingDistanceMm' | 'stigmatorX' | 'stigmatorY' | 'scanRotationDeg'>
>;

export type BeamState = 'off' | 'ramping' | 'on' | 'fault';
export type VacuumState = 'ready' | 'pumping' | 'venting' | 'vented' | 'error';

export interface MicroscopeState {
  readonly stage: StagePosition;
  readonly stageMoving: boolean;
  readonly optics: OpticsState;
  /** `on` also where there is no beam to speak of: a microscope with a stage and a camera only. The same for `vacuum`: `ready`. */
  readonly beam: BeamState;
  /** Kept off the specimen. False also where there is no blanker to do it (capability `blanker`). */
  readonly blanked: boolean;
  readonly vacuum: VacuumState;
  readonly scanning: boolean;
  readonly detector: string;
  /** Latched: only a person resets it. */
  readonly emergencyStopped: boolean;
}

/** Where `min` equals `max` the value is fixed. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

export type Capability = 'stage' | 'image' | 'blanker' | 'autofocus' | 'stigmator' | 'vacuum' | 'limits' | 'watchdog' | 'emergency-stop';

export interface MicroscopeInfo {
  /** Id of the driver, e.g. `scope`. */
  readonly driver: string;
  /** Where it was found, without secrets. */
  readonly url: string;
  readonly model: string;
  readonly serialNumber: string;
  readonly axes: Readonly<Record<Axis, Range>>;
  /** Width and height of the scans on offer, px. */
  readonly frameSizesPx: readonly (readonly [number, number])[];
  /** `list` when only certain dwell times can be set. */
  readonly dwellUs: Range & { readonly list?: readonly number[] };
  readonly fieldWidthUm: Range;
  readonly workingDistanceMm: Range;
  readonly detectors: readonly string[];
  readonly capabilities: readonly Capability[];
  /** What a planner needs to price an action, as far as the instrument tells; conservative figures of the driver otherwise. */
  readonly timing: {
    readonly stageSpeedUmPerS: number;
    readonly stageSettleMs: number;
    /** Change of the field width until the image is steady. */
    readonly opticsSettleMs: number;
    readonly frameOverheadMs: number;
  };
}

export interface AutofocusRequest {
  /** Search range to each side of the present working distance. */
  readonly rangeUm: number;
}
export interface AutofocusResult {
  /** Read back after it was set. */
  readonly workingDistanceMm: number;
  /** Sharpness at the optimum in the instrument's own unit; only for comparison with itself. */
  readonly score: number;
}

/** Something that happened to the instrument unasked. */
export interface MicroscopeFault {
  readonly code: ErrorCode;
  readonly message: string;
}

/**
 * A microscope. The driver serialises its own commands; `halt` alone jumps the queue. After an abort a promise
 * settles only when the hardware is idle. Every rejection is an EmagentError.
 */
export interface Microscope {
  readonly info: MicroscopeInfo;
  readState(signal?: AbortSignal): Promise<MicroscopeState>;
  /**
   * Resolves with the position read back, once settled.
   * Throws EM_LIMIT before anything moves, EM_TARGET_NOT_REACHED, EM_STAGE_FAULT, EM_TIMEOUT.
   */
  moveStage(target: StageTarget, signal?: AbortSignal): Promise<StagePosition>;
  /** Resolves with the optics read back, once settled. Throws EM_LIMIT. */
  setOptics(target: OpticsTarget, signal?: AbortSignal): Promise<OpticsState>;
  /** Does not touch the blanker: a frame taken blanked is black. Throws EM_FRAME_INCOMPLETE, EM_LIMIT, EM_INTERLOCK. */
  acquire(request: AcquireRequest, signal?: AbortSignal): Promise<Frame>;
  /** The instrument's own routine. Leaves the working distance at the optimum. Throws EM_UNSUPPORTED, EM_FOCUS_FAILED. */
  autofocus(request: AutofocusRequest, signal?: AbortSignal): Promise<AutofocusResult>;
  /** Throws EM_UNSUPPORTED where there is no blanker. */
  setBlanker(blanked: boolean, signal?: AbortSignal): Promise<void>;
  /** Stops motion and blanks. Idempotent, works while another command hangs. Resolves when both were read back. */
  halt(reason: string): Promise<void>;
  /** Vacuum, beam, stage, link, lease. Returns the function that unsubscribes. */
  onFault(listener: (fault: MicroscopeFault) => void): () => void;
  /** Gives the instrument back (lease, ports). Does not halt by itself. Idempotent. */
  close(): Promise<void>;
}

export interface ConnectContext {
  readonly url: URL;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** Shown to whoever else looks at the instrument. */
  readonly clientName: string;
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string, context?: Record<string, unknown>): void;
}

/** One microscope protocol: a folder in drivers/ and a line in drivers/registry.ts. */
export interface DriverModule<Options = unknown> {
  readonly id: string;
  /** One line for `emagent list drivers`. */
  readonly summary: string;
  /** A URL that a user can copy and change. */
  readonly example: string;
  /** What the URL's query may say; strict, so that a typo is found. */
  readonly options: z.ZodType<Options>;
  /** How a replay of its wire tells its messages apart. Without it, a recording is replayed in lockstep. */
  readonly wire?: WireDialect;
  connect(options: Options, context: ConnectContext): Promise<Microscope>;
}

/** Keeps the options type between the schema and `connect`. */
export function defineDriver<Options>(module: DriverModule<Options>): DriverModule<Options> {
  return module;
}
