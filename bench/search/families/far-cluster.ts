import type { Family } from './family.ts';
import { takeTiles } from './scatter.ts';

export const family: Family = {
  id: 'far-cluster',
  summary: 'one cluster near a corner, far from where the search begins',
  field: (request) => {
    const { columns, rows, random, finds } = request;
    const corner = random.integer(4);
    const away = (edge: number, far: boolean): number => (far ? 0.9 : 0.1) * edge;
    const centre = { x: away(columns, corner % 2 === 1), y: away(rows, corner > 1) };
    const sdTiles = Math.max(1, Math.min(2.5, columns / 20));
    const targets = takeTiles(request, finds + 7, () => ({ x: centre.x + sdTiles * random.gaussian(), y: centre.y + sdTiles * random.gaussian() }));
    return { targets };
  },
};
