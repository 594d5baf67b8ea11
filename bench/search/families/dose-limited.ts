import type { Family } from './family.ts';
import { clusters, targetsAt } from './scatter.ts';

/** Charge for so many inspect looks per find that is wanted. */
const LOOKS_PER_FIND = 40;
const INSPECT_DOSE_C = 2.6e-11;

export const family: Family = {
  id: 'dose-limited',
  summary: `loose clusters, 1 %, and charge for ${LOOKS_PER_FIND} inspect looks per find only`,
  field: (request) => ({
    targets: clusters(request, { count: targetsAt(0.01, request), perCluster: 8, sdTiles: 4 }),
    budget: { doseC: LOOKS_PER_FIND * INSPECT_DOSE_C * request.finds },
  }),
};
