import type { Family } from './family.ts';
import { targetsAt } from './scatter.ts';

/** Pitch of the lattice, tiles; whole patches of the holes are better or worse, as on a foil. */
const PITCH_TILES = 3;
const PATCH_TILES = 12;

export const family: Family = {
  id: 'lattice',
  summary: 'targets on the nodes of a lattice only (foil holes, dies), and in some patches of it more than in others',
  field: (request) => {
    const { columns, rows, random } = request;
    const patchesAcross = Math.ceil(columns / PATCH_TILES);
    const quality = Array.from({ length: patchesAcross * Math.ceil(rows / PATCH_TILES) }, () => random.uniform() ** 3);
    const nodes: { tile: number; key: number }[] = [];
    for (let row = 1; row < rows; row += PITCH_TILES) {
      for (let column = 1; column < columns; column += PITCH_TILES) {
        const worth = quality[Math.floor(row / PATCH_TILES) * patchesAcross + Math.floor(column / PATCH_TILES)]!;
        // Weighted sample without replacement (Efraimidis and Spirakis 2006).
        nodes.push({ tile: row * columns + column, key: Math.log(1 - random.uniform()) / worth });
      }
    }
    nodes.sort((a, b) => b.key - a.key);
    return { targets: nodes.slice(0, targetsAt(0.01, request)).map(({ tile }) => tile) };
  },
};
