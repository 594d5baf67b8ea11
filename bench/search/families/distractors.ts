import type { Family } from './family.ts';
import { anywhere, clusters, takeTiles, targetsAt } from './scatter.ts';

export const family: Family = {
  id: 'distractors',
  summary: 'clusters of look-alikes, which survey looks cannot tell from targets and inspect looks only half',
  field: (request) => {
    const targets = takeTiles(request, targetsAt(0.01, request), () => anywhere(request));
    const held = new Set(targets);
    const alike = clusters(request, { count: 2 * targets.length, perCluster: 12, sdTiles: 2 });
    return { targets, lookAlikes: { tiles: alike.filter((tile) => !held.has(tile)), means: { survey: 1.5, inspect: 1.75, confirm: 0.5 } } };
  },
};
