import type { Microscope } from '../src/contract/microscope.ts';
import type { FaultScript } from './faults.ts';
import type { Truth } from './truth.ts';

/**
 * The simulated instrument, behind which device, physics and scene stand. The wire servers drive it through the same
 * contract as the in-process driver does; what goes beyond the contract is for the operator's side of the wire.
 */
export interface SimulatedMicroscope extends Microscope {
  /** The user's knobs on the column. Throws EM_LIMIT, EM_INTERLOCK. */
  setBeam(target: { readonly accelerationKv?: number; readonly beamCurrentPa?: number }, signal?: AbortSignal): Promise<void>;
  /** Stops everything, blanks and latches: every command but reading is refused with EM_EMERGENCY_STOP until reset. */
  emergencyStop(): Promise<void>;
  resetEmergencyStop(): Promise<void>;
  /** Schedules a fault of simulator/faults.ts. Throws EM_SCENARIO for one that this layer does not have. */
  inject(fault: FaultScript): void;
  /** Ground truth and what was done to the specimen. For tests, `emagent score` and benchmarks only; never sent over a wire. */
  truth(): Truth;
}
