import type { Axis, Range, StagePosition, StageTarget } from '../../src/contract/microscope.ts';
import { clamp } from '../../src/lib/guards.ts';
import { randomFor } from '../../src/lib/random.ts';
import { REFERENCE_Z_UM } from '../physics/surface.ts';
import type { Scenario } from '../scenario-schema.ts';
import { creepAfter, NO_CREEP, type Creep } from './creep.ts';
import { braking, resting, trapezoid, type Motion } from './motion.ts';

export const STAGE_LIMITS: Readonly<Record<Axis, Range>> = {
  xUm: { min: -20_000, max: 20_000 },
  yUm: { min: -20_000, max: 20_000 },
  zUm: { min: 0, max: 30_000 },
  rotationDeg: { min: -180, max: 180 },
  tiltDeg: { min: -5, max: 60 },
};
export const AXES = Object.keys(STAGE_LIMITS) as Axis[];

const START: StagePosition = { xUm: 0, yUm: 0, zUm: REFERENCE_Z_UM, rotationDeg: 0, tiltDeg: 0 };
/** z relative to x and y: slower, with more play (the usual proportion; to be confirmed on hardware). */
const Z_SPEED = 0.25;
const Z_BACKLASH = 2.5;
/** Rotation and tilt: 10 deg/s as in the RemCon simulator of odemis. */
const ANGLE = { speed: 10, acceleration: 20 } as const;
/** How much harder than a move ends an emergency brakes (to be confirmed on hardware). */
const EMERGENCY_BRAKING = 10;

interface AxisState {
  motion: Motion;
  /** Where the specimen was on this axis when the motion began: behind the motor by the play. */
  trueFrom: number;
  /** Error of positioning, before and after the motion. */
  errorFrom: number;
  errorTo: number;
  direction: number;
  creep: Creep;
}

/**
 * Motorised stage. The motors follow trapezoids; the specimen hangs behind them by the play of the gear (dead zone with
 * hysteresis), lands with a normal error of each move (repeatability), rings for a moment after it (damped oscillation)
 * and creeps on (relaxation). The position read back is the motors', in steps of the encoder: it knows nothing of those
 * four, and while the stage moves it may be renewed only now and then (2 Hz on some instruments).
 */
export interface Stage {
  /** As read back. */
  readBack(nowMs: number): StagePosition;
  /** What really lies under the beam. Truth. */
  truePosition(nowMs: number): StagePosition;
  /** Starts the motors; returns when they have arrived and the stage has settled. */
  start(target: StageTarget, nowMs: number): { readonly arrivesAtMs: number; readonly stillAtMs: number };
  /** Brakes; returns when it is still and settled. In an emergency it brakes hard, and "still" does not wait for the settling. */
  stop(nowMs: number, urgency?: 'emergency'): number;
  /** Not still, or not yet settled. Truth. */
  moving(nowMs: number): boolean;
  /** What the instrument says of it: the flag comes late after the start, and may fail. */
  saysMoving(nowMs: number): boolean;
  /** The flag fails: the stage is called still until then. */
  sayStillUntil(untilMs: number): void;
  /** Of x and y, from the next move on. */
  pace: StagePace;
}

export interface StagePace {
  readonly speedUmPerS: number;
  readonly accelerationUmPerS2: number;
}

export function createStage(options: Scenario['stage'], seed: number): Stage {
  const random = randomFor(seed, 'stage');
  const axes = Object.fromEntries(
    AXES.map((axis) => [axis, { motion: resting(START[axis]), trueFrom: START[axis], errorFrom: 0, errorTo: 0, direction: 0, creep: NO_CREEP }]),
  ) as Record<Axis, AxisState>;
  let startedAtMs = 0;
  let arrivesAtMs = Number.NEGATIVE_INFINITY;
  let stillAtMs = Number.NEGATIVE_INFINITY;
  let hardUntilMs = Number.NEGATIVE_INFINITY;
  let flagFailsUntilMs = Number.NEGATIVE_INFINITY;
  let pace: StagePace = { speedUmPerS: options.speedUmPerS, accelerationUmPerS2: options.accelerationUmPerS2 };

  const isLinear = (axis: Axis): boolean => axis === 'xUm' || axis === 'yUm' || axis === 'zUm';
  const limitsOf = (axis: Axis): { speed: number; acceleration: number } => {
    if (!isLinear(axis)) return ANGLE;
    const share = axis === 'zUm' ? Z_SPEED : 1;
    return { speed: pace.speedUmPerS * share, acceleration: pace.accelerationUmPerS2 * share };
  };
  const backlashOf = (axis: Axis): number => (isLinear(axis) ? options.backlashUm * (axis === 'zUm' ? Z_BACKLASH : 1) : 0);
  const motorAt = (axis: Axis, nowMs: number): { position: number; velocityPerS: number } => axes[axis].motion.at(nowMs - startedAtMs);
  /** The specimen on its axis, carried along by the motor through the play; without error and ringing. */
  const carriedAt = (axis: Axis, nowMs: number): number => {
    const motor = motorAt(axis, nowMs).position;
    const half = backlashOf(axis) / 2;
    return clamp(axes[axis].trueFrom, motor - half, motor + half);
  };
  const errorAt = (axis: Axis, nowMs: number): number => {
    const { motion, errorFrom, errorTo } = axes[axis];
    const share = motion.durationMs === 0 ? 1 : clamp((nowMs - startedAtMs) / motion.durationMs, 0, 1);
    return errorFrom + (errorTo - errorFrom) * share;
  };
  const ringAt = (axis: Axis, nowMs: number): number => {
    const since = nowMs - arrivesAtMs;
    if (since < 0 || since > 20 * options.ringDecayMs || (axis !== 'xUm' && axis !== 'yUm')) return 0;
    return (
      axes[axis].direction * options.ringAmplitudeUm * Math.exp(-since / options.ringDecayMs) * Math.cos((2 * Math.PI * options.ringHz * since) / 1000)
    );
  };
  const begin = (motions: Record<Axis, Motion>, nowMs: number, newError: boolean): void => {
    for (const axis of AXES) {
      const state = axes[axis];
      const before = motorAt(axis, nowMs);
      const carried = carriedAt(axis, nowMs);
      const error = errorAt(axis, nowMs);
      const end = motions[axis].at(motions[axis].durationMs).position;
      const moves = motions[axis].durationMs > 0;
      state.trueFrom = carried;
      state.errorFrom = error;
      state.errorTo = error;
      state.direction = 0;
      if (!moves) continue;
      // The way takes up what the move before had left.
      if (isLinear(axis)) state.errorFrom += state.creep.at(nowMs);
      state.errorTo = newError && isLinear(axis) ? options.repeatabilityUm * random.gaussian() : state.errorFrom;
      state.direction = Math.sign(end - before.position);
    }
    for (const axis of AXES) axes[axis].motion = motions[axis];
    startedAtMs = nowMs;
    const durationMs = Math.max(...AXES.map((axis) => motions[axis].durationMs));
    arrivesAtMs = nowMs + durationMs;
    stillAtMs = durationMs > 0 ? arrivesAtMs + options.settleMs : nowMs;
    for (const axis of AXES) {
      if (motions[axis].durationMs === 0 || !isLinear(axis)) continue;
      const wayUm = motions[axis].at(motions[axis].durationMs).position - motions[axis].at(0).position;
      axes[axis].creep = creepAfter({ wayUm, arrivesAtMs }, options);
    }
  };
  const each = <T>(value: (axis: Axis) => T): Record<Axis, T> => Object.fromEntries(AXES.map((axis) => [axis, value(axis)])) as Record<Axis, T>;
  const quantised = (value: number): number => (options.quantumUm === 0 ? value : Math.round(value / options.quantumUm) * options.quantumUm);

  /** The moment whose position is read back. */
  const renewedAtMs = (nowMs: number): number => {
    if (options.readBackHz === 0 || nowMs >= arrivesAtMs) return nowMs;
    const periodMs = 1000 / options.readBackHz;
    return startedAtMs + Math.floor((nowMs - startedAtMs) / periodMs) * periodMs;
  };

  return {
    readBack: (nowMs) => each((axis) => Number(quantised(motorAt(axis, renewedAtMs(nowMs)).position).toFixed(6))),
    truePosition: (nowMs) => each((axis) => carriedAt(axis, nowMs) + errorAt(axis, nowMs) + ringAt(axis, nowMs) + axes[axis].creep.at(nowMs)),
    moving: (nowMs) => nowMs < stillAtMs,
    saysMoving: (nowMs) => nowMs < stillAtMs && nowMs >= startedAtMs + options.flagLatencyMs && nowMs >= flagFailsUntilMs,
    sayStillUntil: (untilMs) => {
      flagFailsUntilMs = untilMs;
    },
    get pace() {
      return pace;
    },
    set pace(value) {
      pace = value;
    },
    start: (target, nowMs) => {
      begin(
        each((axis) => {
          const from = motorAt(axis, nowMs).position;
          return target[axis] === undefined ? resting(from) : trapezoid(from, target[axis], limitsOf(axis));
        }),
        nowMs,
        true,
      );
      return { arrivesAtMs, stillAtMs };
    },
    stop: (nowMs, urgency) => {
      const hard = urgency === 'emergency';
      // Whoever waited for the move stops it too, a moment later: that must not soften the emergency's brake.
      if (!hard && nowMs < hardUntilMs) return stillAtMs;
      // At rest: nothing to add.
      if (AXES.every((axis) => motorAt(axis, nowMs).velocityPerS === 0)) {
        if (hard) stillAtMs = Math.min(stillAtMs, nowMs);
        return Math.max(nowMs, stillAtMs);
      }
      begin(
        each((axis) => {
          const { position, velocityPerS } = motorAt(axis, nowMs);
          return velocityPerS === 0 ? resting(position) : braking(position, velocityPerS, limitsOf(axis).acceleration * (hard ? EMERGENCY_BRAKING : 1));
        }),
        nowMs,
        false,
      );
      if (hard) {
        stillAtMs = arrivesAtMs;
        hardUntilMs = arrivesAtMs;
      }
      return stillAtMs;
    },
  };
}
