import type { SearchOptions, TileGrid } from '../contract/strategy.ts';
import type { Order } from './engine.ts';
import { isOpen, type SearchState } from './state.ts';

/** Tiles in the order of their looks. */
type MakeOrder = (grid: TileGrid, seed: number, options: SearchOptions) => Int32Array;

/** Orders follow from the plan, so they are worked out again after a restart and are no part of the state. */
export function orderCache(make: MakeOrder): (state: SearchState) => Int32Array {
  const orders = new WeakMap<SearchState, Int32Array>();
  return (state) => {
    let order = orders.get(state);
    if (order === undefined) {
      order = make(state.grid, state.options.seed, state.options);
      orders.set(state, order);
    }
    return order;
  };
}

/** The first tile of the order from the cursor on that had no look yet; the cursor itself is moved by `passOver`. */
export function firstOpen(state: SearchState, order: Int32Array): number | undefined {
  for (let at = state.cursor; at < order.length; at++) if (isOpen(state, order[at]!)) return order[at]!;
  return undefined;
}

/** Moves the cursor over tiles that had their look. */
export function passOver(state: SearchState, order: Int32Array): void {
  while (state.cursor < order.length && !isOpen(state, order[state.cursor]!)) state.cursor++;
}

/** Inspects tile after tile in an order that is fixed from the start. */
export function fixedOrder(make: MakeOrder): Order {
  const orderOf = orderCache(make);
  return {
    choose: (state) => {
      const tile = firstOpen(state, orderOf(state));
      return tile === undefined ? undefined : { inspect: tile };
    },
    changed: (state) => passOver(state, orderOf(state)),
  };
}
