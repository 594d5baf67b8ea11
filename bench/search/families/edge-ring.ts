import type { Family } from './family.ts';
import { takeTiles, targetsAt } from './scatter.ts';

export const family: Family = {
  id: 'edge-ring',
  summary: 'a coffee ring: targets on the rim of a dried drop',
  field: (request) => {
    const { columns, rows, random } = request;
    const middle = { x: columns * (0.45 + 0.1 * random.uniform()), y: rows * (0.45 + 0.1 * random.uniform()) };
    const radius = Math.min(columns, rows) * (0.3 + 0.1 * random.uniform());
    const targets = takeTiles(request, targetsAt(0.008, request), () => {
      const angle = 2 * Math.PI * random.uniform();
      const away = radius * (1 - 0.05 * Math.abs(random.gaussian()));
      return { x: middle.x + away * Math.cos(angle), y: middle.y + away * Math.sin(angle) };
    });
    return { targets };
  },
};
