import type { Family } from './family.ts';
import { clusters, logUniform, targetsAt } from './scatter.ts';

const SDS_TILES = [1, 3, 8] as const;

export const family: Family = {
  id: 'thomas-clusters',
  summary: 'clusters of about 12 targets with a spread of 1, 3 or 8 tiles, by turns of three seeds',
  field: (request) => {
    const sdTiles = SDS_TILES[Math.floor(request.seed / 3) % SDS_TILES.length]!;
    return { targets: clusters(request, { count: targetsAt(logUniform(2e-3, 0.03, request), request), perCluster: 12, sdTiles }) };
  },
};
