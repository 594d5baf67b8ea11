import { readFile } from 'node:fs/promises';
import { parse, YAMLParseError } from 'yaml';
import { EmagentError } from '../contract/errors.ts';

const camelCase = (name: string): string => name.replace(/-([a-z])/g, (_match, letter: string) => letter.toUpperCase());

/** Options of a YAML or JSON file, named as on the command line without the dashes. Throws EM_CONFIG. */
export async function readConfigFile(path: string): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new EmagentError('EM_CONFIG', `The configuration file ${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    const line = cause instanceof YAMLParseError ? cause.linePos?.[0].line : undefined;
    throw new EmagentError('EM_CONFIG', `The configuration file ${path} is no YAML${line === undefined ? '' : `: see line ${line}`}.`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new EmagentError('EM_CONFIG', `The configuration file ${path} must hold options, one \`name: value\` in a line.`);
  }
  return Object.fromEntries(Object.entries(value).map(([name, option]) => [camelCase(name), option]));
}
