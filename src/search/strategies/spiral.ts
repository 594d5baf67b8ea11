import { defineStrategy } from '../engine.ts';
import { fixedOrder } from '../fixed-order.ts';
import { spiralOrder } from '../orders.ts';

export const strategy = defineStrategy('spiral', 'From the middle of the area outwards.', fixedOrder(spiralOrder));
