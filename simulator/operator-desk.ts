import type { StagePosition } from '../src/contract/microscope.ts';
import type { StagePace } from './device/stage.ts';
import type { Scenario } from './scenario-schema.ts';

/** How lines or frames are integrated. */
export type Averaging = Scenario['detector']['averaging'];

/**
 * What a person at the instrument can do, and vendor protocols have commands for: the agent's contract has none of it.
 * The gun is switched on with `setBeam`.
 */
export interface OperatorDesk {
  readonly door: 'open' | 'closed';
  readonly power: 'mains' | 'battery';
  /** Where the beam lands beside the axis, um. */
  beamShiftUm: readonly [number, number];
  averaging: Averaging;
  /** Speed and acceleration of the stage in x and y, from the next move on. */
  stagePace: StagePace;
  /** Air into the chamber: the gun goes off; 'venting', then 'vented'. */
  vent(): void;
  /** 'pumping', then 'ready'. Throws EM_INTERLOCK while the door is open. */
  pump(): void;
  /** Throws EM_INTERLOCK unless the chamber is vented. */
  openDoor(): void;
  closeDoor(): void;
  /** Shuts the gun down: minutes until it is back. The truth counts it, since the agent must never do it. */
  shutDownBeam(): void;
  /** Takes the joystick: moves the stage by so much, whoever else is moving it. Stops at the limits. */
  joystick(by: Partial<Pick<StagePosition, 'xUm' | 'yUm' | 'zUm'>>): void;
  /** Puts another specimen under the beam: the same scenario, drawn from another seed. Throws EM_SCENARIO. */
  swapSpecimen(seed: number): void;
}
