import type { Clock } from '../src/contract/clock.ts';
import type { AcquireRequest, Frame } from '../src/contract/frame.ts';
import type { Microscope } from '../src/contract/microscope.ts';
import type { FaultName, FaultScript } from './faults.ts';
import type { OperatorDesk } from './operator-desk.ts';
import type { Truth } from './truth.ts';

/** A scan whose pixels are a rectangle of a larger window, which covers the field: of any size, in the time and with the dose of the rectangle. */
export interface ScanRequest extends AcquireRequest {
  readonly within?: { readonly widthPx: number; readonly heightPx: number; readonly leftPx: number; readonly topPx: number };
}

/**
 * The simulated instrument, behind which device, physics and scene stand. The wire servers drive it through the same
 * contract as the in-process driver does; what goes beyond the contract is for the operator's side of the wire.
 */
export interface SimulatedMicroscope extends Microscope {
  /** The time of the physics: virtual, real, or real at another speed. Wire servers pace their protocol with it. */
  readonly clock: Clock;
  /**
   * `acquire` for wires that stream: hands out the scanned lines as the beam gets over them, about every 50 ms of
   * instrument time, each pixel once and in order. Of any size. Throws as `acquire`.
   */
  scan(
    request: ScanRequest,
    onPart: (part: { readonly firstPx: number; readonly data: Uint8Array | Uint16Array }) => void,
    signal?: AbortSignal,
  ): Promise<Frame>;
  /** Whether a fault of the wire strikes now; to be asked once for each occasion at which it could. */
  strikes(fault: FaultName): boolean;
  /** The user's knobs on the column. Throws EM_LIMIT, EM_INTERLOCK. */
  setBeam(target: { readonly accelerationKv?: number; readonly beamCurrentPa?: number }, signal?: AbortSignal): Promise<void>;
  /** Stops everything, blanks and latches: every command but reading is refused with EM_EMERGENCY_STOP until reset. */
  emergencyStop(): Promise<void>;
  resetEmergencyStop(): Promise<void>;
  /** What a person at the instrument can do. For wires whose protocol has commands for it, and for tests. */
  readonly desk: OperatorDesk;
  /** Schedules a fault of simulator/faults.ts. Throws EM_SCENARIO for one that there is not. */
  inject(fault: FaultScript): void;
  /** Faults that have struck so far, and when. For tests only, as the truth. */
  readonly struck: readonly { readonly fault: FaultName; readonly atMs: number }[];
  /** Ground truth and what was done to the specimen. For tests, `emagent score` and benchmarks only; never sent over a wire. */
  truth(): Truth;
}
