import type { Here } from '../../contract/strategy.ts';
import { randomFor } from '../../lib/random.ts';
import { defineStrategy } from '../engine.ts';
import { firstOpen, orderCache, passOver } from '../fixed-order.ts';
import { excludedTiles, tileAt } from '../grid.ts';
import { nearestOpenAround } from '../neighbourhood.ts';
import { serpentineOrder } from '../orders.ts';
import { isOpen, type SearchState } from '../state.ts';

/** Exponent of the lengths, p(l) ~ l^-mu: the optimum for sparse targets that a memoryless searcher may visit again. */
const MU = 2;
/** The intensive phase is given up when the tiles at most so far from the last find had their look. */
const INTENSIVE_REACH_TILES = 2;
/** Jumps that land where a look was taken already, before the next tile row by row is taken instead. */
const VAIN_JUMPS = 64;

const rest = orderCache(serpentineOrder);

/** Where a straight way of that length ends between two walls that throw it back. */
function reflected(at: number, from: number, length: number): number {
  const folded = (((at - from) % (2 * length)) + 2 * length) % (2 * length);
  return from + (folded <= length ? folded : 2 * length - folded);
}

/** The first jump from here that ends on a tile that waits for its look. Its dice depend on the seed and the looks so far alone. */
function jump(state: SearchState, here: Here): number | undefined {
  const { grid, options } = state;
  const widthUm = grid.columns * grid.tileWidthUm;
  const heightUm = grid.rows * grid.tileHeightUm;
  const shortestUm = Math.min(grid.tileWidthUm, grid.tileHeightUm);
  const longestUm = Math.hypot(widthUm, heightUm);
  const excluded = excludedTiles(grid);
  const random = randomFor(options.seed, `levy ${state.inspected}`);
  for (let jumps = 0; jumps < VAIN_JUMPS; jumps++) {
    const lengthUm = Math.min(longestUm, shortestUm * (1 - random.uniform()) ** (-1 / (MU - 1)));
    const angle = 2 * Math.PI * random.uniform();
    const xUm = reflected(here.xUm + lengthUm * Math.cos(angle), grid.leftUm, widthUm);
    const yUm = reflected(here.yUm + lengthUm * Math.sin(angle), grid.topUm - heightUm, heightUm);
    const tile = tileAt(grid, { xUm, yUm });
    if (tile !== undefined && isOpen(state, tile) && !excluded.has(tile)) return tile;
  }
  return undefined;
}

/**
 * Composite search (Plank and James 2009): intensive around the last find until its surroundings are spent, else extensive, by
 * a Levy flight. It remembers where it was and looks at no tile twice; what the flight keeps missing is taken row by row.
 */
export const strategy = defineStrategy('levy', 'Composite Levy search: the surroundings of the last find, else jumps of random direction and power-law length.', {
  choose: (state, here) => {
    const last = state.finds.at(-1);
    const near = last === undefined ? undefined : nearestOpenAround(state, here, { centres: [last.tile], reach: INTENSIVE_REACH_TILES });
    const tile = near ?? jump(state, here) ?? firstOpen(state, rest(state));
    return tile === undefined ? undefined : { inspect: tile };
  },
  changed: (state) => passOver(state, rest(state)),
});
