import { type AsiArgument, type AsiAxis, type AsiCommand, AXES, OUT_OF_RANGE } from '../../drivers/asi/codec.ts';
import type { Axis, Range } from '../../src/contract/microscope.ts';
import type { SimulatedMicroscope } from '../simulated-microscope.ts';

/** What a gear of such a stage has and its controller takes out of each move, mm. */
const BACKLASH_MM = 0.04;
/** A move is over, and is made again, at these distances from the target, mm. */
const FINISH_MM = 0.000_024;
const DRIFT_MM = 0.0004;
/** Counts of a rotary encoder on a lead screw, per mm (to be confirmed on hardware). */
const COUNTS_PER_MM = 45_397.6;
/** Home that no stage reaches: the limit switch ends the way to it, mm. */
const HOME_MM = 1000;
const UM_PER_MM = 1000;
const MS_PER_S = 1000;

const DECIMALS = 6;

export const AXIS_OF: Readonly<Record<AsiAxis, Axis>> = { X: 'xUm', Y: 'yUm' };
export const refuse = (number: number): string => `:N-${number}`;

interface Setting {
  get(axis: AsiAxis): number;
  /** Absent: it can be read only. Undefined: out of range. `+` is "here", `-` the value that the controller came with. */
  set?(axis: AsiAxis, value: number | '+' | '-', hereUm: Readonly<Record<AsiAxis, number>>): true | undefined;
  readonly decimals?: number;
}

/** The numbers that a client reads with `S X?` and sets with `S X=2`, each under its command. */
export interface AsiSettings {
  readonly byCommand: Readonly<Record<string, Setting>>;
  /** `:A X=1.000000`, or a refusal. `hereUm` is where the stage stands: `+` means it. */
  answer(setting: Setting, command: AsiCommand, hereUm: Readonly<Record<AsiAxis, number>>): string;
  /** Zero of the controller's scale, um of the stage. */
  readonly originUm: Record<AsiAxis, number>;
  /** Between which the stage may go, um of the stage. */
  readonly limitsUm: Record<AsiAxis, Range>;
  /** Farther than any limit unless somebody has set it, um of the stage. */
  homeUm(axis: AsiAxis): number;
}

const both = <T>(value: (axis: AsiAxis) => T): Record<AsiAxis, T> => ({ X: value('X'), Y: value('Y') });

export function createAsiSettings(microscope: SimulatedMicroscope): AsiSettings {
  const { desk, info } = microscope;
  const factory = { ...desk.stagePace };
  const device = (axis: AsiAxis): Range => info.axes[AXIS_OF[axis]];
  const originUm = both(() => 0);
  const limitsUm = both((axis) => ({ ...device(axis) }));
  const homeMm = both(() => HOME_MM);

  const scaleMm = (axis: AsiAxis, um: number): number => (um - originUm[axis]) / UM_PER_MM;
  const stageUm = (axis: AsiAxis, mm: number): number => mm * UM_PER_MM + originUm[axis];
  const kept = (start: number): Setting => {
    const values = both(() => start);
    return {
      get: (axis) => values[axis],
      set: (axis, value) => {
        if (value === '+') return undefined;
        values[axis] = value === '-' ? start : value;
        return true;
      },
    };
  };
  const limit = (end: 'min' | 'max'): Setting => ({
    get: (axis) => scaleMm(axis, limitsUm[axis][end]),
    set: (axis, value, hereUm) => {
      const um = value === '-' ? device(axis)[end] : value === '+' ? hereUm[axis] : stageUm(axis, value);
      if (um < device(axis).min || um > device(axis).max) return undefined;
      limitsUm[axis] = { ...limitsUm[axis], [end]: um };
      return true;
    },
  });
  const byCommand: Readonly<Record<string, Setting>> = {
    // One motor drive for both axes here: the last word counts for both. Too much is as much as there is.
    S: {
      get: () => desk.stagePace.speedUmPerS / UM_PER_MM,
      set: (_axis, value) => {
        const wanted = typeof value === 'number' ? value * UM_PER_MM : factory.speedUmPerS;
        if (!(wanted > 0)) return undefined;
        desk.stagePace = { ...desk.stagePace, speedUmPerS: Math.min(wanted, factory.speedUmPerS) };
        return true;
      },
    },
    /** Time from rest to full speed, ms. */
    AC: {
      get: () => (desk.stagePace.speedUmPerS / desk.stagePace.accelerationUmPerS2) * MS_PER_S,
      set: (_axis, value) => {
        if (typeof value === 'number' && !(value > 0)) return undefined;
        const wanted = typeof value === 'number' ? (desk.stagePace.speedUmPerS * MS_PER_S) / value : factory.accelerationUmPerS2;
        desk.stagePace = { ...desk.stagePace, accelerationUmPerS2: Math.min(wanted, factory.accelerationUmPerS2) };
        return true;
      },
    },
    SL: limit('min'),
    SU: limit('max'),
    HM: {
      get: (axis) => homeMm[axis],
      set: (axis, value, hereUm) => {
        homeMm[axis] = value === '-' ? HOME_MM : value === '+' ? scaleMm(axis, hereUm[axis]) : value;
        return true;
      },
    },
    // Kept and told again: the simulated gear has its own play, and arrives at once.
    B: kept(BACKLASH_MM),
    E: kept(DRIFT_MM),
    PC: kept(FINISH_MM),
    CNTS: { get: () => COUNTS_PER_MM },
    /** Number of the axis on its card. */
    Z2B: { get: (axis) => AXES.indexOf(axis), decimals: 0 },
  };
  return {
    byCommand,
    originUm,
    limitsUm,
    homeUm: (axis) => stageUm(axis, homeMm[axis]),
    answer: (setting, { axes }, hereUm) => {
      const given = AXES.flatMap((axis): [AsiAxis, AsiArgument][] => (axes.has(axis) ? [[axis, axes.get(axis) as AsiArgument]] : []));
      for (const [axis, value] of given) {
        if (value === '?') continue;
        if (value === '' || setting.set?.(axis, value, hereUm) === undefined) return refuse(OUT_OF_RANGE);
      }
      const asked = given.filter(([, value]) => value === '?').map(([axis]) => `${axis}=${setting.get(axis).toFixed(setting.decimals ?? DECIMALS)}`);
      return asked.length === 0 ? ':A' : `:A ${asked.join(' ')}`;
    },
  };
}

/** Lines of a reply of several lines end so; the last one ends as every reply does. */
const LINE = '\r';
const INFO_COLUMN = 33;

/** What the controller is built of: `BU X`, in the form of a Tiger with one two-axis card. */
export const buildScreen = (): string =>
  ['TIGER_COMM', `Motor Axes: ${AXES.join(' ')}`, 'Axis Types: x x', 'Axis Addr: 1 1', 'Hex Addr: 31 31', 'Axis Props: 10 10'].join(LINE);

/** The screen of one axis (`INFO X`): two columns of `name: value [command] unit`. */
export function infoScreen(settings: AsiSettings, axis: AsiAxis): string {
  const value = (command: string): string => (settings.byCommand[command] as Setting).get(axis).toFixed(3);
  const rows: readonly (readonly [string, string])[] = [
    [`Axis Name ChX: ${axis}`, 'Limits Status: f'],
    [`Max Lim: ${value('SU')} [SU] mm`, `Min Lim: ${value('SL')} [SL] mm`],
    [`Run Speed: ${value('S')} [S] mm/s`, `Ramp Time: ${value('AC')} [AC] ms`],
    [`Drift Error: ${value('E')} [E] mm`, `Finish Error: ${value('PC')} [PC] mm`],
    [`Backlash: ${value('B')} [B] mm`, `Enc Cnts/mm: ${value('CNTS')} [CNTS]`],
  ];
  return rows.map(([left, right]) => left.padEnd(INFO_COLUMN) + right).join(LINE);
}
