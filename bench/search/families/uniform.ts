import type { Family } from './family.ts';
import { anywhere, logUniform, takeTiles, targetsAt } from './scatter.ts';

export const family: Family = {
  id: 'uniform',
  summary: 'targets anywhere alike, 0.01 to 5 % of the tiles',
  field: (request) => ({ targets: takeTiles(request, targetsAt(logUniform(1e-4, 0.05, request), request), () => anywhere(request)) }),
};
