import type { Argv } from 'yargs';
import type { z } from 'zod';
import type { Logger } from 'pino';

/** What a command gets besides its arguments. Results go to stdout, everything else to stderr. */
export interface CliContext {
  readonly log: Logger;
  /** One line (or block) of the result on stdout. */
  print(text: string): void;
  /** The one JSON document of `--json` on stdout. */
  printJson(value: unknown): void;
  /** stderr is a terminal: a progress bar is welcome. */
  readonly interactive: boolean;
}

/** One file in commands/ and one line in registry.ts. */
export interface Command<Arguments = unknown> {
  /** Options and positionals; yargs only parses. */
  builder(yargs: Argv): Argv;
  /** Checks what yargs parsed. Unknown options never get here. */
  readonly schema: z.ZodType<Arguments>;
  /** Resolves with the exit code. Throws EmagentError. */
  run(args: Arguments, context: CliContext): Promise<number>;
}

export function defineCommand<Arguments>(command: Command<Arguments>): Command<Arguments> {
  return command;
}
