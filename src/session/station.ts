import { EmagentError, isEmagentError } from '../contract/errors.ts';
import type { MicroscopeState, StagePosition } from '../contract/microscope.ts';
import { attempt } from './attempt.ts';
import type { RunParts } from './run-parts.ts';

/** Where the run put the stage; found elsewhere, somebody else has moved it. */
export interface Station {
  arrive(stage: StagePosition): void;
  /** It may be anywhere: nothing is expected until the next arrival. */
  leave(): void;
  /** Throws EM_OPERATOR when the stage moves, or rests elsewhere. */
  check(state: MicroscopeState): void;
}

/** A stage is where it was put within this, or within this share of the field of view: encoders creep, drivers have a tolerance. */
const TOLERANCE_UM = 2;
const TOLERANCE_OF_FIELD = 0.05;

const distanceUm = (a: { xUm: number; yUm: number }, b: { xUm: number; yUm: number }): number => Math.hypot(a.xUm - b.xUm, a.yUm - b.yUm);
const toleranceUm = (fieldWidthUm: number): number => Math.max(TOLERANCE_UM, TOLERANCE_OF_FIELD * fieldWidthUm);

export function createStation(): Station {
  let put: StagePosition | undefined;
  return {
    arrive: (stage) => {
      put = stage;
    },
    leave: () => {
      put = undefined;
    },
    check: ({ stage, stageMoving, optics }) => {
      if (put === undefined) return;
      if (stageMoving) throw new EmagentError('EM_OPERATOR', 'The stage moves, and not because the run moved it.');
      const away = distanceUm(stage, put);
      if (away <= toleranceUm(optics.fieldWidthUm)) return;
      throw new EmagentError('EM_OPERATOR', `The stage is ${away.toFixed(1)} µm from where the run put it.`);
    },
  };
}

/** The slowest stage of its class, and whatever else a controller does before it answers. */
const LEAST_SPEED_SHARE = 0.2;
const MOVE_MARGIN_MS = 60_000;

/**
 * Moves to a field. An absolute move that stopped short is asked for once more, also one that its driver took for
 * finished. Throws as `moveStage`, EM_TARGET_NOT_REACHED among it, and EM_TIMEOUT.
 */
export async function goTo(parts: RunParts, target: { readonly xUm: number; readonly yUm: number }, signal: AbortSignal): Promise<StagePosition> {
  const { microscope, station, log } = parts;
  const { stage: from, optics } = await microscope.readState(signal);
  const { stageSpeedUmPerS, stageSettleMs } = microscope.info.timing;
  const limitMs = (1000 * distanceUm(from, target)) / (LEAST_SPEED_SHARE * stageSpeedUmPerS) + stageSettleMs + MOVE_MARGIN_MS;
  station.leave();
  const move = (): Promise<StagePosition> =>
    attempt(parts, { command: 'move', limitMs, signal }, async (limited) => {
      const stage = await microscope.moveStage(target, limited);
      const away = distanceUm(stage, target);
      if (away > toleranceUm(optics.fieldWidthUm)) {
        throw new EmagentError('EM_TARGET_NOT_REACHED', `The stage was sent to x ${target.xUm.toFixed(1)} µm, y ${target.yUm.toFixed(1)} µm and rests ${away.toFixed(1)} µm away.`);
      }
      station.arrive(stage);
      return stage;
    });
  try {
    return await move();
  } catch (thrown) {
    if (!isEmagentError(thrown) || thrown.code !== 'EM_TARGET_NOT_REACHED' || signal.aborted) throw thrown;
    log.info({ target, cause: thrown.message }, 'The stage stopped short: the move is repeated');
    return move();
  }
}
