import { createLineReader, type LineReader } from '../../links/lines.ts';

/**
 * How RemCon32 cuts its bytes. A command ends with CR, a LF after it is optional; a reply ends with CRLF, or with CR alone
 * (a clone). Whoever reads takes CR as the end and lets a LF before a line go, and so understands all of them.
 */
export const LINE_ENDS = { crlf: '\r\n', cr: '\r' } as const;
export type LineEnd = keyof typeof LINE_ENDS;

export const DEFAULT_BAUD = 9600;
/** Start bit, eight data bits, stop bit. */
export const BITS_PER_BYTE = 10;
/** RemCon32 refuses longer commands (617); the real limit is published nowhere, real clients stay below this. */
export const MAX_COMMAND_CHARS = 79;

/** Reads lines in either direction, without their end. One for each conversation: it keeps half a line. */
export function createRemconLineReader(): LineReader {
  const reader = createLineReader('\r', 4096);
  return {
    push: (bytes) => reader.push(bytes).map((line) => line.replace(/^\n/, '')),
    get rest() {
      return reader.rest.replace(/^\n/, '');
    },
  };
}

export function encodeLine(text: string, end: LineEnd): Uint8Array {
  return Buffer.from(text + LINE_ENDS[end], 'latin1');
}

/**
 * A line from the microscope. Every command is answered by two: `@` (understood), then `>` with the data or `*` with an
 * error number. `#` in place of the first says that the command is none; whether a second follows then is not agreed on.
 */
export type ReplyLine =
  | { readonly kind: 'acknowledged' }
  | { readonly kind: 'invalid' }
  | { readonly kind: 'completed'; readonly data: string }
  | { readonly kind: 'failed'; readonly number: number }
  /** Nothing that RemCon32 says. */
  | { readonly kind: 'noise'; readonly text: string };

/** Reads a line without its end. Bytes of a disturbed line (control characters, eighth bit set) before a reply are let go. */
export function parseReplyLine(line: string): ReplyLine {
  const text = line.replace(/^[^ -~]+/, '').trimEnd();
  if (text === '@') return { kind: 'acknowledged' };
  if (text === '#') return { kind: 'invalid' };
  if (text.startsWith('>')) return { kind: 'completed', data: text.slice(1).trim() };
  const number = /^\*\s*(\d{1,4})$/.exec(text)?.[1];
  return number === undefined ? { kind: 'noise', text } : { kind: 'failed', number: Number(number) };
}

export function formatReplyLine(reply: Exclude<ReplyLine, { kind: 'noise' }>): string {
  if (reply.kind === 'acknowledged') return '@';
  if (reply.kind === 'invalid') return '#';
  return reply.kind === 'completed' ? `>${reply.data}` : `*${reply.number}`;
}

/** A command as the microscope reads it: case does not matter, blanks separate. */
export interface CommandLine {
  /** In capitals; empty for the null command. */
  readonly name: string;
  readonly args: readonly string[];
  /** What stands behind the name, for names of detectors, which have blanks in them. */
  readonly rest: string;
}

export function parseCommandLine(line: string): CommandLine {
  const text = line.trim();
  const [name = '', ...args] = text.split(/\s+/);
  return { name: name.toUpperCase(), args, rest: text.slice(name.length).trim() };
}

/** A number as a command or a reply has it: point, no thousands, nine digits at most. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) throw new Error(`${value} cannot be sent`);
  return String(Number(value.toPrecision(9)));
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** One number, in plain or in exponent form; undefined for anything else. */
export function parseNumber(text: string): number | undefined {
  if (!NUMBER.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** Exactly so many numbers, separated by blanks; undefined for anything else. */
export function parseNumbers(data: string, count: number): number[] | undefined {
  const words = data.split(/\s+/).filter((word) => word !== '');
  const numbers = words.map(parseNumber);
  return numbers.length === count && numbers.every((value) => value !== undefined) ? (numbers as number[]) : undefined;
}
