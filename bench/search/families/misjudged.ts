import type { Family, Field, FieldRequest } from './family.ts';
import { anywhere, clusters, takeTiles, targetsAt } from './scatter.ts';

const TRUE = { survey: 1.5, inspect: 3.5, confirm: 4 } as const;

function targetsOf(request: FieldRequest): number[] {
  const count = targetsAt(0.01, request);
  return request.seed % 2 === 0 ? takeTiles(request, count, () => anywhere(request)) : clusters(request, { count, perCluster: 8, sdTiles: 4 });
}

const misjudged = (id: string, summary: string, how: Omit<Field, 'targets'>): Family => ({
  id,
  summary: `${summary}; even seeds uniform, odd ones in loose clusters, 1 %`,
  field: (request) => ({ targets: targetsOf(request), ...how }),
});

/** Survey scores that say nothing although their curve claims d' = 1.5. */
export const useless = misjudged('useless-survey', "survey scores of d' = 0 that claim 1.5", { separations: { ...TRUE, survey: 0 }, claimed: TRUE });
export const inverted = misjudged('inverted-survey', "survey scores of d' = -1.5 that claim 1.5", { separations: { ...TRUE, survey: -1.5 }, claimed: TRUE });
export const overstated = misjudged('overstated', 'log ratios three times too large', { overstatement: 3 });
export const understated = misjudged('understated', 'log ratios three times too small', { overstatement: 1 / 3 });
