import { formatNumber, MAX_COMMAND_CHARS } from './lines.ts';

declare const isCommand: unique symbol;
/**
 * A command that this driver sends. Only this file makes them. There is none for `BMON`: its argument 0 shuts the gun down,
 * which takes minutes to hours to undo, and the high tension is the user's anyway.
 */
export type Command = string & { readonly [isCommand]: true };

/** Less than this is nothing, in every unit that is sent; it keeps numbers short. */
const SMALLEST = 1e-9;
const command = (name: string, ...args: readonly (number | string)[]): Command => {
  const text = [name, ...args.map((arg) => (typeof arg === 'number' ? formatNumber(Math.abs(arg) < SMALLEST ? 0 : arg) : arg))].join(' ');
  if (text.length > MAX_COMMAND_CHARS || /[^ -~]/.test(text)) throw new Error(`"${text}" is no RemCon32 command`);
  return text as Command;
};
const flag = (on: boolean): number => (on ? 1 : 0);

/** Stage axes in the order of `C95`: mm, mm, mm, deg, deg, mm. */
export interface StageAxes {
  readonly xMm: number;
  readonly yMm: number;
  readonly zMm: number;
  readonly tiltDeg: number;
  readonly rotationDeg: number;
  readonly mMm: number;
}

/** Reads nothing, changes nothing: the sign of life. */
export const NULL_COMMAND = command('');
export const ABORT = command('ABO');

/** What only reads, and so may be asked again. */
export const READ = {
  version: command('VER?'),
  /** `x y z t r m moving` */
  stage: command('C95?'),
  /** `type notInitialised` */
  stageInitialised: command('IST?'),
  magnification: command('MAG?'),
  workingDistance: command('FOC?'),
  stigmator: command('STI?'),
  scanRotation: command('SRO?'),
  scanRate: command('RAT?'),
  highTension: command('EHT?'),
  probeCurrent: command('PRB?'),
  vacuum: command('VAC?'),
  blanked: command('BBL?'),
  detector: command('DET?'),
  integration: command('INT?'),
  photoNumber: command('PHN?'),
} as const satisfies Record<string, Command>;

export const SET = {
  /** Absolute, mm. Completes at once, the stage moves on. */
  position: (xMm: number, yMm: number, zMm: number): Command => command('STG', xMm, yMm, zMm),
  /** All axes, absolute. */
  axes: ({ xMm, yMm, zMm, tiltDeg, rotationDeg, mMm }: StageAxes): Command => command('C95', xMm, yMm, zMm, tiltDeg, rotationDeg, mMm),
  joystickLocked: (locked: boolean): Command => command('JDK', flag(locked)),
  /** While it is on, the touch alarm is off. */
  specimenCurrentMonitor: (on: boolean): Command => command('SCM', flag(on)),
  blanked: (blanked: boolean): Command => command('BBLK', flag(blanked)),
  magnification: (magnification: number): Command => command('MAG', magnification),
  workingDistance: (mm: number): Command => command('FOCS', mm),
  /** Percent. */
  stigmator: (xPercent: number, yPercent: number): Command => command('STIM', xPercent, yPercent),
  /** 0 to 360 deg. */
  scanRotation: (deg: number): Command => command('SRO', deg),
  scanRotationOn: (on: boolean): Command => command('SRON', flag(on)),
  scanRate: (rate: number): Command => command('RATE', rate),
  detector: (name: string): Command => command('DET', name),
  frameIntegration: (frames: number): Command => command('FINT', frames),
  lineIntegration: (lines: number): Command => command('LINT', lines),
} as const;

/** The scan goes on by itself, unfrozen: ends an integration. */
export const NORMAL_SCAN = command('NORM');
/** Writes the displayed picture to the disk of the microscope's computer. */
export const RECORD = command('FREC');
