import type { Family } from './family.ts';
import { clusters, targetsAt } from './scatter.ts';

const SKIPPED_SHARE = 0.01;
const REJECTED_SHARE = 0.03;
/** Lowest row of tiles of each survey field, under a data bar. */
const BAR_EVERY = 4;

export const family: Family = {
  id: 'artefacts',
  summary: 'a charging patch, a tilted surface (focus holds for 400 µm), a data bar over survey fields, a dead zone, failed and rejected looks',
  field: (request) => {
    const { columns, rows, random } = request;
    const circle = (share: number) => ({ x: random.uniform() * columns, y: random.uniform() * rows, radius: share * columns });
    const inside = (tile: number, { x, y, radius }: { x: number; y: number; radius: number }): boolean =>
      Math.hypot((tile % columns) + 0.5 - x, Math.floor(tile / columns) + 0.5 - y) < radius;
    const charging = circle(0.15);
    const dead = circle(0.08);
    const keepOut = circle(0.1);
    const excluded = Array.from({ length: columns * rows }, (_, tile) => tile).filter((tile) => inside(tile, keepOut));
    return {
      targets: clusters(request, { count: targetsAt(0.015, request), perCluster: 8, sdTiles: 4 }),
      excluded,
      disturbance: (tile, band) => {
        if (inside(tile, charging)) return { clarity: 0.4, offset: 0.8 };
        return band === 'survey' && Math.floor(tile / columns) % BAR_EVERY === BAR_EVERY - 1 ? { clarity: 0, offset: 0 } : { clarity: 1, offset: 0 };
      },
      outcome: ({ tile, band, luck }) => {
        if (luck < SKIPPED_SHARE || (band !== 'survey' && inside(tile, dead))) return 'skipped';
        return luck < SKIPPED_SHARE + REJECTED_SHARE ? 'rejected' : 'seen';
      },
      focusing: { reachUm: 400, seconds: 8 },
    };
  },
};
