import type { Family } from './family.ts';
import { takeTiles } from './scatter.ts';

export const family: Family = {
  id: 'line',
  summary: 'a scratch or a fibre bundle: targets along one straight line through the field',
  field: (request) => {
    const { columns, rows, random, finds } = request;
    const angle = random.uniform() * Math.PI;
    const middle = { x: columns * (0.2 + 0.6 * random.uniform()), y: rows * (0.2 + 0.6 * random.uniform()) };
    const length = Math.hypot(columns, rows);
    const count = Math.max(finds + 1, Math.round(0.3 * columns));
    const targets = takeTiles(request, count, () => {
      const along = (random.uniform() - 0.5) * length;
      const across = 0.6 * random.gaussian();
      return { x: middle.x + along * Math.cos(angle) - across * Math.sin(angle), y: middle.y + along * Math.sin(angle) + across * Math.cos(angle) };
    });
    return { targets };
  },
};
