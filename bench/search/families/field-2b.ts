import { createScoreWorld, type Scatter } from '../score-world.ts';
import type { Family } from './family.ts';

const SEPARATIONS = { survey: 1.5, inspect: 3.5, confirm: 30 } as const;

/** The synthetic field of search.md 2b: 64 x 64 tiles, its generator, its scores, and a confirm look that tells the truth. */
export function field2b(scatter: Scatter, percent: number): Family {
  const density = percent / 100;
  return {
    id: `2b-${scatter}-${percent}`,
    summary: `search.md 2b: ${scatter === 'uniform' ? 'uniform' : `${scatter} clusters`}, ${percent} % of the tiles`,
    edges: [64],
    field: ({ columns, seed }) => {
      const world = createScoreWorld({ edgeTiles: columns, density, scatter, seed, surveySeparation: SEPARATIONS.survey, inspectSeparation: SEPARATIONS.inspect });
      return {
        targets: [...world.targets],
        scores: { survey: world.surveyScore, inspect: world.inspectScore },
        separations: SEPARATIONS,
        finds: 5,
        prevalence: 0.01,
        profile: 'unit',
      };
    },
  };
}
