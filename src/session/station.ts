import { EmagentError, isEmagentError } from '../contract/errors.ts';
import type { Microscope, MicroscopeState, StagePosition, StageTarget } from '../contract/microscope.ts';
import type { Logger } from './logger.ts';

/** Where the run put the stage; found elsewhere, somebody else has moved it. */
export interface Station {
  arrive(stage: StagePosition): void;
  /** It may be anywhere: nothing is expected until the next arrival. */
  leave(): void;
  /** Throws EM_OPERATOR when the stage moves, or rests elsewhere. */
  check(state: MicroscopeState): void;
}

/** A stage is where it was put within this, or within this share of the field of view: encoders creep. */
const TOLERANCE_UM = 1;
const TOLERANCE_OF_FIELD = 0.05;

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
      const away = Math.hypot(stage.xUm - put.xUm, stage.yUm - put.yUm);
      if (away <= Math.max(TOLERANCE_UM, TOLERANCE_OF_FIELD * optics.fieldWidthUm)) return;
      throw new EmagentError('EM_OPERATOR', `The stage is ${away.toFixed(1)} µm from where the run put it.`);
    },
  };
}

/** Moves to a field. An absolute move that stopped short is asked for once more. */
export async function goTo(
  { microscope, station, log }: { readonly microscope: Microscope; readonly station: Station; readonly log: Logger },
  target: StageTarget,
  signal: AbortSignal,
): Promise<StagePosition> {
  station.leave();
  const move = async (): Promise<StagePosition> => {
    const stage = await microscope.moveStage(target, signal);
    station.arrive(stage);
    return stage;
  };
  try {
    return await move();
  } catch (thrown) {
    if (!isEmagentError(thrown) || thrown.code !== 'EM_TARGET_NOT_REACHED' || signal.aborted) throw thrown;
    log.info({ target, cause: thrown.message }, 'The stage stopped short: the move is repeated');
    return move();
  }
}
