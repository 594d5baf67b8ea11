/**
 * The serial language of ASI stage controllers (MS-2000, Tiger, LX-4000): one line each way, one reply for each command,
 * positions in tenths of a micrometre. Sources: ASI's command pages and the Micro-Manager adapters ASIStage and ASITiger.
 * The driver and the simulator both speak through this file.
 */

/** The dialects differ in what stands around a line. */
export const DIALECTS = {
  /** MS-2000, RM-2000 and Tiger. */
  'ms-2000': { prefix: '', replyEnd: '\r\n' },
  /** LX-4000: an address before each command, an end-of-text after each reply. */
  'lx-4000': { prefix: '2H', replyEnd: '\r\n\x03' },
} as const;
export type DialectName = keyof typeof DIALECTS;

export const COMMAND_END = '\r';
/** Every reply ends with these, whatever comes after them. */
export const REPLY_LINE_END = '\r\n';
export const DEFAULT_BAUD = 115_200;
/** `HALT` in one character. */
export const HALT = 'HALT';

/** Bits of the status byte of an axis (`RS X`). */
export const STATUS_BITS = { moving: 1, enabled: 2, motorOn: 4, joystick: 8, ramping: 16, upperLimit: 64, lowerLimit: 128 } as const;

/** What the number of a refusal (`:N-4`) means. */
export const REFUSALS: Readonly<Record<number, string>> = {
  1: 'unknown command',
  2: 'unknown axis',
  3: 'missing parameter',
  4: 'parameter out of range',
  5: 'operation failed',
  6: 'undefined error',
  21: 'halted while it moved',
};
export const UNKNOWN_COMMAND = 1;
export const UNKNOWN_AXIS = 2;
export const OUT_OF_RANGE = 4;
export const HALTED = 21;

export const AXES = ['X', 'Y'] as const;
export type AsiAxis = (typeof AXES)[number];

const TENTHS_PER_UM = 10;
/** Rounded to a thousandth of the controller's unit, so that 20.1 um is 201 and not 201.00000000000003. */
export const tenthsOfUm = (um: number): number => Math.round(um * TENTHS_PER_UM * 1000) / 1000;
export const umOfTenths = (tenths: number): number => Math.round(tenths * 1000) / 1000 / TENTHS_PER_UM;

export function encodeCommand(command: string, dialect: DialectName): Uint8Array {
  return Buffer.from(`${DIALECTS[dialect].prefix}${command}${COMMAND_END}`, 'latin1');
}

export function encodeReply(text: string, dialect: DialectName): Uint8Array {
  return Buffer.from(`${text}${DIALECTS[dialect].replyEnd}`, 'latin1');
}

export const moveCommand = (targetUm: Readonly<Partial<Record<AsiAxis, number>>>): string =>
  ['M', ...AXES.flatMap((axis) => (targetUm[axis] === undefined ? [] : [`${axis}=${tenthsOfUm(targetUm[axis])}`]))].join(' ');

export type Reply =
  | { readonly kind: 'ok'; readonly text: string }
  | { readonly kind: 'refused'; readonly number: number }
  /** Answer to `/`. */
  | { readonly kind: 'status'; readonly busy: boolean }
  | { readonly kind: 'other'; readonly text: string };

/** Reads a line without its end. Anything that no controller says is `other`. */
export function parseReply(line: string): Reply {
  // The end-of-text of an LX-4000 comes before the next line, noise has the eighth bit set, some replies end in a blank.
  const text = line.replace(/[^ -~]/g, '').trim();
  if (text === 'B' || text === 'N') return { kind: 'status', busy: text === 'B' };
  const refused = /^:N-(\d{1,3})$/.exec(text);
  if (refused !== null) return { kind: 'refused', number: Number(refused[1]) };
  const ok = /^:A(?:\s+(.*))?$/.exec(text);
  return ok === null ? { kind: 'other', text } : { kind: 'ok', text: ok[1] ?? '' };
}

/** `1200 -345.5` -> [1200, -345.5]; undefined when it is not `count` numbers. */
export function parseNumbers(text: string, count: number): number[] | undefined {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const numbers = words.map((word) => (/^[+-]?\d+(?:\.\d*)?$/.test(word) ? Number(word) : Number.NaN));
  return numbers.length === count && numbers.every(Number.isFinite) ? numbers : undefined;
}

/** `X=5.745920 Y=5.745920` -> { X: 5.74592, Y: 5.74592 }; undefined when an axis is missing. */
export function parseAssignments(text: string): Record<AsiAxis, number> | undefined {
  const found = new Map(Array.from(text.matchAll(/([A-Z])=([+-]?\d+(?:\.\d*)?)/g), ([, axis, value]) => [axis, Number(value)]));
  const [x, y] = AXES.map((axis) => found.get(axis));
  return x === undefined || y === undefined ? undefined : { X: x, Y: y };
}

/** `X=10` a number, `X?` the question mark, `X+` and `X-` the sign, `X` alone nothing. */
export type AsiArgument = number | '?' | '+' | '-' | '';

/** A command as the controller reads it. */
export interface AsiCommand {
  /** In capitals: `M`, `W`, `/`, `HALT`. */
  readonly name: string;
  /** Arguments by axis. */
  readonly axes: ReadonlyMap<string, AsiArgument>;
  /** Something in it that is no argument. */
  readonly malformed: boolean;
}

/** Long names of what has a short one. */
const SHORT: Readonly<Record<string, string>> = {
  MOVE: 'M', MOVREL: 'R', WHERE: 'W', STATUS: '/', SPEED: 'S', BACKLASH: 'B', RDSTAT: 'RS', MOTCTRL: 'MC', SETLOW: 'SL', SETUP: 'SU', VERSION: 'V', '\\': HALT,
  HERE: 'H', ZERO: 'Z', HOME: '!', SETHOME: 'HM', SPIN: '@', ACCEL: 'AC', ERROR: 'E', PCROS: 'PC', BUILD: 'BU', INFO: 'I',
};

/** Reads a line that came to the controller, without its end. Letters may be small. */
export function parseCommand(line: string, dialect: DialectName): AsiCommand {
  const { prefix } = DIALECTS[dialect];
  const text = line.trim().toUpperCase();
  // A Tiger's client may put the address of a card before the command: 31BU X.
  const addressed = prefix !== '' && text.startsWith(prefix) ? text.slice(prefix.length).trim() : text.replace(/^\d{1,2}(?=\D)/, '');
  const [first = '', ...rest] = addressed.split(/\s+/);
  const axes = new Map<string, AsiArgument>();
  let malformed = false;
  for (const word of rest) {
    const [, axis, value] = /^([A-Z])(=[+-]?\d+(?:\.\d*)?|\?|\+|-)?$/.exec(word) ?? [];
    if (axis === undefined) malformed = true;
    else axes.set(axis, value === undefined ? '' : value.startsWith('=') ? Number(value.slice(1)) : (value as '?' | '+' | '-'));
  }
  return { name: SHORT[first] ?? first, axes, malformed };
}
