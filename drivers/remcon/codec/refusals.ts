import { EmagentError, type ErrorCode } from '../../../src/contract/errors.ts';

export const REFUSAL = {
  unknownCommand: 600,
  parameterCount: 601,
  parameterType: 602,
  outOfRange: 603,
  timeout: 604,
  reboot: 605,
  externalAbort: 611,
  unattainable: 613,
  notFitted: 614,
  unchangeable: 615,
  notNow: 616,
  tooLong: 617,
} as const;
export type RefusalNumber = (typeof REFUSAL)[keyof typeof REFUSAL];

/** What a refusal means; `code` is left open where it depends on what was asked. */
const MEANINGS: Readonly<Record<RefusalNumber, { readonly text: string; readonly code?: ErrorCode }>> = {
  600: { text: 'it does not know the command', code: 'EM_UNSUPPORTED' },
  601: { text: 'the number of parameters is wrong', code: 'EM_PROTOCOL' },
  602: { text: 'a parameter is of the wrong type', code: 'EM_PROTOCOL' },
  603: { text: 'a parameter is out of range', code: 'EM_LIMIT' },
  604: { text: 'the command took too long', code: 'EM_TIMEOUT' },
  605: { text: 'a catastrophic error: RemCon32 must be started again', code: 'EM_INTERLOCK' },
  611: { text: 'it was broken off at the microscope', code: 'EM_OPERATOR' },
  613: { text: 'the value cannot be reached', code: 'EM_LIMIT' },
  614: { text: 'this microscope is not fitted with it', code: 'EM_UNSUPPORTED' },
  615: { text: 'the parameter cannot be changed' },
  616: { text: 'the command cannot be executed now' },
  617: { text: 'the command is too long', code: 'EM_PROTOCOL' },
};

const isKnown = (number: number): number is RefusalNumber => Object.hasOwn(MEANINGS, number);

/** The error of a refused command; `hardware` is what a refusal without a meaning of its own means for it. */
export function refusalOf(command: string, number: number, hardware: ErrorCode): EmagentError {
  const { text, code } = isKnown(number) ? MEANINGS[number] : { text: 'a number without a known meaning', code: undefined };
  return new EmagentError(code ?? hardware, `SmartSEM refused "${command}" with error ${number}: ${text}.`, { context: { command, refusal: number } });
}

/** The number with which SmartSEM refused, if this is a refusal. */
export function refusalNumberOf(error: unknown): number | undefined {
  const number = (error as { context?: { refusal?: unknown } } | undefined)?.context?.refusal;
  return typeof number === 'number' ? number : undefined;
}

/** The error of a command that was met with a lone `#`. */
export const invalidCommand = (command: string): EmagentError =>
  new EmagentError('EM_PROTOCOL', `SmartSEM takes "${command}" for an invalid command.`, { context: { command, invalid: true } });

export const isInvalidCommand = (error: unknown): boolean => (error as { context?: { invalid?: unknown } } | undefined)?.context?.invalid === true;
