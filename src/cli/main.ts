#!/usr/bin/env node
import { pino } from 'pino';
import pretty from 'pino-pretty';
import yargs, { type Argv } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { EmagentError, toEmagentError } from '../contract/errors.ts';
import { packageVersion } from '../lib/package-root.ts';
import { checkArguments } from './arguments.ts';
import type { CliContext, Command } from './command.ts';
import { COMMANDS } from './registry.ts';

const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;

function createContext(logLevel: string): CliContext {
  // Synchronous: lines written by a worker before the process ends would be lost.
  const destination = process.stderr.isTTY
    ? pretty({ destination: 2, sync: true, colorize: process.env['NO_COLOR'] === undefined, ignore: 'pid,hostname,time' })
    : pino.destination({ dest: 2, sync: true });
  return {
    log: pino({ level: logLevel, base: null }, destination),
    print: (text) => process.stdout.write(`${text}\n`),
    printJson: (value) => process.stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    interactive: process.stderr.isTTY === true,
  };
}

/** Messages of libraries come without a full stop. */
const asSentence = (text: string): string => (/[.?!]$/.test(text) ? text : `${text}.`);

async function main(argv: string[]): Promise<number> {
  let exitCode = 0;
  const parser: Argv = yargs(argv)
    .scriptName('emagent')
    .usage('$0 <command>\n\nDrives a scanning electron microscope by itself.')
    .option('json', { type: 'boolean', describe: 'One JSON document on stdout instead of text' })
    .option('log-level', { type: 'string', choices: LOG_LEVELS, default: 'warn', describe: 'What is told on stderr' })
    .parserConfiguration({ 'strip-aliased': true, 'strip-dashed': true, 'boolean-negation': true })
    .version(packageVersion)
    .help()
    .alias({ help: 'h', version: 'v' })
    .strict()
    .recommendCommands()
    .demandCommand(1, 'Which command?')
    .exitProcess(false)
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    .fail((message: string | null, error: Error | undefined) => {
      throw error ?? new EmagentError('EM_USAGE', (message ?? 'Wrong usage.').replace(/\s*\n\s*/g, ' '));
    });

  const invoked = argv.find((word) => !word.startsWith('-'));
  for (const [name, entry] of Object.entries(COMMANDS)) {
    if (name !== invoked) {
      parser.command(entry.usage, entry.summary, {}, () => undefined);
      continue;
    }
    const command = (await entry.load()).command as unknown as Command;
    parser.command(entry.usage, entry.summary, command.builder, async (parsed) => {
      const { _: _words, $0: _script, logLevel, ...own } = parsed;
      exitCode = await command.run(checkArguments(command.schema, own), createContext(String(logLevel)));
    });
  }
  await parser.parseAsync();
  return exitCode;
}

try {
  process.exitCode = await main(hideBin(process.argv));
} catch (thrown) {
  const error = toEmagentError(thrown);
  process.stderr.write(`emagent: ${asSentence(error.message)}\n${error.hint}\n`);
  if (error.code === 'EM_INTERNAL') process.stderr.write(`${error.stack ?? ''}\n`);
  process.exitCode = error.exitCode;
}
