import { defineStrategy } from '../engine.ts';
import { firstOpen, orderCache, passOver } from '../fixed-order.ts';
import { nearestOpenAround } from '../neighbourhood.ts';
import { systematicOrder } from '../orders.ts';

const sampleOf = orderCache(systematicOrder);

/**
 * Adaptive cluster sampling (Thompson 1990) on a systematic sample (Thompson 1991). A hit adds the eight tiles around it, and
 * those of them that are hits add theirs; tiles that are none close the network, which is the rule by which it stops. Then the
 * sample goes on. Only a confirmed find is a hit, so that false alarms never make a network grow.
 */
export const strategy = defineStrategy(
  'cluster',
  'Adaptive cluster sampling: a systematic sample, and around each find its neighbours, as long as they are finds too.',
  {
    choose: (state, here) => {
      const hits = [...state.finds.map(({ tile }) => tile), ...state.duplicates];
      const tile = nearestOpenAround(state, here, { centres: hits, reach: 1 }) ?? firstOpen(state, sampleOf(state));
      return tile === undefined ? undefined : { inspect: tile };
    },
    changed: (state) => passOver(state, sampleOf(state)),
  },
);
