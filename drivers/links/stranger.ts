import { EmagentError } from '../../src/contract/errors.ts';

/** What was expected at the other end of a serial line, and what was heard of it. */
export interface Stranger {
  readonly description: string;
  /** All that was heard, as latin1. */
  readonly heard: string;
  /** Of the port of this computer; undefined behind a serial server. */
  readonly baud: number | undefined;
  /** Name of what was expected, as in "is not …". */
  readonly expected: string;
  /** Question about what has to run, as in "is …". */
  readonly running: string;
  /** Where its baud rate is set, as in "to that of …". */
  readonly setAt: string;
  readonly cause: unknown;
}

/** Share of bytes that no text has, from which on the baud rate is the likely culprit. */
const GARBLED = 0.25;

/** Nobody said what the protocol demands: what was heard says why. EM_CONNECT, EM_PROTOCOL. */
export function strangerError({ description, heard, baud, expected, running, setAt, cause }: Stranger): EmagentError {
  if (heard === '') {
    const settings = baud === undefined ? 'with the serial settings of the serial server' : `at ${baud} baud, 8 data bits, no parity, 1 stop bit`;
    return new EmagentError('EM_CONNECT', `Nothing answers at ${description}: is ${running}, ${settings}, and is the cable in?`, { cause });
  }
  const odd = heard.replace(/[ -~\r\n\t]/g, '').length / heard.length;
  if (odd >= GARBLED) {
    return new EmagentError('EM_CONNECT', `What ${description} sends is no text${baud === undefined ? '' : ` at ${baud} baud`}: set the baud rate to that of ${setAt}.`, { cause });
  }
  const said = heard.replace(/[^ -~]+/g, ' ').trim().slice(0, 40);
  return new EmagentError('EM_PROTOCOL', `What answers at ${description} is not ${expected}: it said "${said}".`, { cause });
}
