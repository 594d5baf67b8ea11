import { BACKGROUND, CATEGORIES } from '../contract/categories.ts';
import { listModels, loadModelFolder } from '../classify/model-folder.ts';
import { STRATEGIES } from '../search/registry.ts';
import { listScenarios } from '../../simulator/scenario.ts';
import { listDrivers } from './microscopes.ts';

/** A name that a user can give to an option, with a line about it. */
export interface Named {
  readonly id: string;
  readonly summary: string;
}

async function models(): Promise<Named[]> {
  const ids = await listModels();
  return Promise.all(ids.map(async (id) => ({ id, summary: (await loadModelFolder(id)).manifest.summary })));
}

async function drivers(): Promise<Named[]> {
  const all = await listDrivers();
  return all.map(({ id, summary, example }) => ({ id, summary: `${summary} (${example})` }));
}

/** What `emagent list` can list. */
export const NAMES = {
  categories: async (): Promise<Named[]> => [
    ...CATEGORIES.map((id) => ({ id, summary: id.replaceAll('_', ' ') })),
    { id: BACKGROUND, summary: 'empty substrate; no target' },
  ],
  strategies: async (): Promise<Named[]> => Object.entries(STRATEGIES).map(([id, { summary }]) => ({ id, summary })),
  drivers,
  models,
  scenarios: async (): Promise<Named[]> => (await listScenarios()).map(({ name, summary }) => ({ id: name, summary })),
} as const;
