import { EmagentError, isEmagentError } from '../../src/contract/errors.ts';

const SENTENCES: Readonly<Record<string, (where: string) => string>> = {
  ECONNREFUSED: (where) => `Nothing listens at ${where}.`,
  ENOTFOUND: (where) => `There is no machine of that name: ${where}.`,
  EAI_AGAIN: (where) => `The name in ${where} could not be looked up.`,
  ETIMEDOUT: (where) => `${where} did not answer.`,
  EHOSTUNREACH: (where) => `${where} cannot be reached from here.`,
  ENETUNREACH: (where) => `${where} cannot be reached from here.`,
  ECONNRESET: (where) => `${where} closed the connection at once.`,
  EADDRINUSE: (where) => `The local port for ${where} is in use.`,
};

/** One sentence for whatever Node says when a network connection cannot be made. An abort keeps its own reason. */
export function connectError(where: string, error: Error): EmagentError {
  if (isEmagentError(error)) {
    return error.code === 'EM_CONNECT' ? new EmagentError('EM_CONNECT', `${where} did not answer.`, { cause: error }) : error;
  }
  // An AggregateError (several addresses of one name) carries the code of the first.
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const sentence = SENTENCES[code]?.(where) ?? `Connecting to ${where} failed: ${error.message}.`;
  return new EmagentError('EM_CONNECT', sentence, { cause: error });
}
