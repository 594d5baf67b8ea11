import type { TileGrid } from '../../../src/contract/strategy.ts';
import { createRandom } from '../../../src/lib/random.ts';
import { serpentineOrder, spiralOrder } from '../../../src/search/orders.ts';
import { defineBaseline, type BaselineState, type Rule } from './baseline.ts';

function inOrder(id: string, summary: string, make: (grid: TileGrid, seed: number) => Int32Array): Rule {
  const orders = new WeakMap<BaselineState, Int32Array>();
  return {
    id,
    summary,
    choose: (state) => {
      const order = orders.get(state) ?? make(state.grid, state.options.seed);
      orders.set(state, order);
      while (state.cursor < order.length && state.done[order[state.cursor]!] === 1) state.cursor++;
      return state.cursor < order.length ? { inspect: order[state.cursor]! } : undefined;
    },
  };
}

/** Fisher-Yates from the end of the serpentine, with a generator seeded 5 + seed (search.md 2b). */
function shuffled(grid: TileGrid, seed: number): Int32Array {
  const order = serpentineOrder(grid);
  const random = createRandom(5 + seed);
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random.uniform() * (last + 1));
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}

export const raster = defineBaseline(inOrder('raster', 'Row by row, every second row backwards.', serpentineOrder));
export const spiral = defineBaseline(inOrder('spiral-order', 'Square rings from the middle outwards.', spiralOrder));
export const random = defineBaseline(inOrder('random-order', 'Shuffled tiles, as AutoEMX visits them.', shuffled));
