import { defineStrategy } from '../engine.ts';
import { fixedOrder } from '../fixed-order.ts';
import { randomOrder } from '../orders.ts';

export const strategy = defineStrategy('random', 'In random order: an unbiased sample, with long ways.', fixedOrder(randomOrder));
