import { defineStrategy } from '../engine.ts';
import { fixedOrder } from '../fixed-order.ts';
import { plannedOrder } from '../plan-order.ts';

export const strategy = defineStrategy('planned', 'In the order of the plan: that of its positions, or --mode.', fixedOrder((grid, _seed, options) => plannedOrder(grid, options)));
