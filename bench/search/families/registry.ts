import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EmagentError } from '../../../src/contract/errors.ts';
import { unknownNameMessage } from '../../../src/lib/nearest-name.ts';
import type { Family } from './family.ts';

type Load = () => Promise<Family>;
const field2b =
  (scatter: 'uniform' | 'loose' | 'tight', percent: number): Load =>
  async () =>
    (await import('./field-2b.ts')).field2b(scatter, percent);
const misjudged =
  (name: 'useless' | 'inverted' | 'overstated' | 'understated'): Load =>
  async () =>
    (await import('./misjudged.ts'))[name];

/** The nine worlds of search.md 2b. */
export const FIELDS_2B = {
  '2b-uniform-0.2': field2b('uniform', 0.2),
  '2b-uniform-1': field2b('uniform', 1),
  '2b-uniform-5': field2b('uniform', 5),
  '2b-loose-0.2': field2b('loose', 0.2),
  '2b-loose-1': field2b('loose', 1),
  '2b-loose-5': field2b('loose', 5),
  '2b-tight-0.2': field2b('tight', 0.2),
  '2b-tight-1': field2b('tight', 1),
  '2b-tight-5': field2b('tight', 5),
} as const satisfies Record<string, Load>;

/** Every family: a file here and a line. */
export const FAMILIES: Readonly<Record<string, Load>> = {
  ...FIELDS_2B,
  uniform: async () => (await import('./uniform.ts')).family,
  'thomas-clusters': async () => (await import('./thomas-clusters.ts')).family,
  'far-cluster': async () => (await import('./far-cluster.ts')).family,
  line: async () => (await import('./line.ts')).family,
  lattice: async () => (await import('./lattice.ts')).family,
  'edge-ring': async () => (await import('./edge-ring.ts')).family,
  distractors: async () => (await import('./distractors.ts')).family,
  'no-target': async () => (await import('./no-target.ts')).family,
  'useless-survey': misjudged('useless'),
  'inverted-survey': misjudged('inverted'),
  overstated: misjudged('overstated'),
  understated: misjudged('understated'),
  artefacts: async () => (await import('./artefacts.ts')).family,
  'dose-limited': async () => (await import('./dose-limited.ts')).family,
};

const MODULE = /\.m?js$/;

async function fromFile(path: string): Promise<Family> {
  let module: { family?: Partial<Family> };
  try {
    module = (await import(pathToFileURL(resolve(path)).href)) as typeof module;
  } catch (cause) {
    throw new EmagentError('EM_USAGE', `The family file ${path} cannot be loaded: ${(cause as Error).message.split('\n')[0]}.`, { cause });
  }
  const { family } = module;
  if (family === undefined || typeof family.id !== 'string' || typeof family.field !== 'function') {
    throw new EmagentError('EM_USAGE', `The family file ${path} exports no \`family\` with an \`id\` and a function \`field\`.`);
  }
  return { summary: '', ...family } as Family;
}

/** A family by its name, or by the path of a JavaScript module that exports one. Throws EM_UNKNOWN_NAME, EM_USAGE. */
export async function loadFamily(name: string): Promise<Family> {
  if (MODULE.test(name)) return fromFile(name);
  const load = FAMILIES[name];
  if (load === undefined) throw new EmagentError('EM_UNKNOWN_NAME', unknownNameMessage('family', name, [...Object.keys(FAMILIES), 'or a .js file of your own']));
  return load();
}
