import type { Here, LookAction } from '../../../src/contract/strategy.ts';
import type { Profile } from './profiles.ts';

/** Two positions nearer than this are one. */
const SAME_UM = 1e-9;

export interface Meter {
  readonly here: Here;
  readonly seconds: number;
  readonly travelUm: number;
  readonly switches: number;
  readonly refocuses: number;
  readonly doseC: number;
  /** Goes there, sets the magnification, takes the picture; gives the seconds of it. */
  look(action: LookAction, centre: { readonly xUm: number; readonly yUm: number }): number;
  refocus(): number;
}

export interface Focusing {
  /** The focus holds within this of where it was set last. */
  readonly reachUm: number;
  readonly seconds: number;
}

interface Place {
  readonly xUm: number;
  readonly yUm: number;
}

/** Where the beam and where the stage stands: they differ where the beam is shifted. */
export interface Standing {
  readonly here: Place;
  readonly stage: Place;
}

/** What moving the beam there takes, by a shift within its reach and else by the stage, and where the stage stands then. */
export function moveOf({ costs, beamShift }: Pick<Profile, 'costs' | 'beamShift'>, { here, stage }: Standing, to: Place): { readonly seconds: number; readonly wayUm: number; readonly stage: Place } {
  const distanceUm = Math.sqrt((to.xUm - here.xUm) ** 2 + (to.yUm - here.yUm) ** 2);
  if (distanceUm <= SAME_UM) return { seconds: 0, wayUm: 0, stage };
  if (beamShift !== undefined && Math.max(Math.abs(to.xUm - stage.xUm), Math.abs(to.yUm - stage.yUm)) <= beamShift.reachUm) return { seconds: beamShift.settleS, wayUm: 0, stage };
  const wayUm = Math.sqrt((to.xUm - stage.xUm) ** 2 + (to.yUm - stage.yUm) ** 2);
  return { seconds: costs.settleS + wayUm / costs.stageSpeedUmPerS, wayUm, stage: { xUm: to.xUm, yUm: to.yUm } };
}

/** Counts what looks cost. `centre` of a look is that of its tile or block, which a flat confirm is charged from. */
export function createMeter(profile: Profile, begin: Here, focusing?: Focusing): Meter {
  const { costs, flatConfirm } = profile;
  let here = begin;
  let stage: Place = { xUm: begin.xUm, yUm: begin.yUm };
  let focused = stage;
  let [seconds, travelUm, switches, refocuses, doseC] = [0, 0, 0, 0, 0];
  const moveS = (to: Place): number => {
    const move = moveOf(profile, { here, stage }, to);
    travelUm += move.wayUm;
    ({ stage } = move);
    return move.seconds;
  };
  const refocus = (): number => {
    focused = { xUm: here.xUm, yUm: here.yUm };
    refocuses++;
    seconds += focusing?.seconds ?? 0;
    return focusing?.seconds ?? 0;
  };
  return {
    get here() {
      return here;
    },
    get seconds() {
      return seconds;
    },
    get travelUm() {
      return travelUm;
    },
    get switches() {
      return switches;
    },
    get refocuses() {
      return refocuses;
    },
    get doseC() {
      return doseC;
    },
    refocus,
    look: ({ kind, look }, centre) => {
      const flat = flatConfirm && kind === 'confirm';
      const to = flat ? centre : look;
      const before = seconds;
      seconds += moveS(to);
      const fieldWidthUm = flat ? here.fieldWidthUm : look.settings.fieldWidthUm;
      if (fieldWidthUm !== here.fieldWidthUm) {
        switches++;
        seconds += costs.opticsChangeS;
      }
      here = { xUm: to.xUm, yUm: to.yUm, fieldWidthUm };
      if (focusing !== undefined && Math.hypot(here.xUm - focused.xUm, here.yUm - focused.yUm) > focusing.reachUm) refocus();
      seconds += costs.frameS[look.band];
      doseC += profile.doseC[look.band];
      return seconds - before;
    },
  };
}
