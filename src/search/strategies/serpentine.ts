import { defineStrategy } from '../engine.ts';
import { fixedOrder } from '../fixed-order.ts';
import { serpentineOrder } from '../orders.ts';

export const strategy = defineStrategy('serpentine', 'Row by row, every second row backwards.', fixedOrder(serpentineOrder));
