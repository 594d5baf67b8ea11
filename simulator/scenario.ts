import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseDocument } from 'yaml';
import { EmagentError } from '../src/contract/errors.ts';
import { unknownNameMessage } from '../src/lib/nearest-name.ts';
import { packageRoot } from '../src/lib/package-root.ts';
import { Scenario } from './scenario-schema.ts';

export { Scenario } from './scenario-schema.ts';

const FOLDER = join(packageRoot, 'scenarios');
const YAML_NAME = /\.ya?ml$/;

async function shippedNames(): Promise<string[]> {
  const files = await readdir(FOLDER);
  return files.filter((file) => YAML_NAME.test(file)).map((file) => file.replace(YAML_NAME, '')).sort();
}

function parseScenario(text: string, path: string): Scenario {
  const document = parseDocument(text);
  const broken = document.errors[0];
  if (broken !== undefined) {
    const line = broken.linePos?.[0].line ?? 1;
    const reason = broken.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? '';
    throw new EmagentError('EM_SCENARIO', `${path} is not valid YAML at line ${line}: ${reason}.`);
  }
  const result = Scenario.safeParse(document.toJS());
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? 'the top' : `"${issue.path.join('.')}"`;
  throw new EmagentError('EM_SCENARIO', `${path} is wrong at ${where}: ${issue?.message ?? ''}.`);
}

/**
 * Reads a scenario: the name of one in scenarios/, or the path of a YAML file (it has a slash or ends in .yaml).
 * Throws EM_SCENARIO.
 */
export async function loadScenario(nameOrPath: string): Promise<Scenario> {
  const isPath = YAML_NAME.test(nameOrPath) || nameOrPath.includes('/') || nameOrPath.includes('\\');
  if (!isPath) {
    const names = await shippedNames();
    if (!names.includes(nameOrPath)) throw new EmagentError('EM_SCENARIO', unknownNameMessage('scenario', nameOrPath, names));
  }
  const path = isPath ? nameOrPath : join(FOLDER, `${nameOrPath}.yaml`);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new EmagentError('EM_SCENARIO', `The scenario ${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
  return parseScenario(text, isPath ? path : basename(path));
}

/** The scenarios that come with the program. */
export async function listScenarios(): Promise<{ name: string; summary: string }[]> {
  const scenarios = await Promise.all((await shippedNames()).map(loadScenario));
  return scenarios.map(({ name, summary }) => ({ name, summary }));
}
