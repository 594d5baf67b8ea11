import { FAMILIES } from '../families/registry.ts';
import { NINE_WORLDS, type Part } from '../selection.ts';

const FAMILY_NAMES = Object.keys(FAMILIES).filter((name) => !NINE_WORLDS.includes(name));
/** Where a search of the whole area is the rule: large fields of them take the time of all others together. */
const TO_THE_END: ReadonlySet<string> = new Set(['no-target', 'uniform', 'understated', 'inverted-survey', 'overstated']);
const PRODUCT = ['serpentine', 'adaptive'] as const;

const strategies = [...PRODUCT, 'mixed-index'];
const seeds = (to: number): Part['seeds'] => ({ from: 0, to });

/** What `emagent bench search` plays when nothing is selected. */
export const FULL_TABLE = {
  /** The published table of search.md 2b. */
  published: {
    families: NINE_WORLDS,
    edgeTiles: 64,
    seeds: seeds(24),
    strategies: ['serpentine', 'raster', 'spiral-order', 'random-order', 'survey-rank', 'p-over-cost', 'mixed-index', 'mixed-index-priced-return', 'oracle'],
    again: 0,
  },
  /** Other seeds than the published ones: nothing was tuned on them. */
  paired: { families: NINE_WORLDS, edgeTiles: 64, seeds: { from: 1000, to: 1200 }, strategies, again: 2 },
  small: { families: FAMILY_NAMES, edgeTiles: 10, seeds: seeds(60), strategies, again: 5 },
  middle: { families: FAMILY_NAMES, edgeTiles: 64, seeds: seeds(20), strategies: [...strategies, 'two-phase', 'cluster', 'levy', 'spiral', 'random'], again: 2 },
  /** What the literature does after a survey of the whole area. */
  literature: {
    families: ['thomas-clusters', 'line', 'lattice', 'edge-ring'], edgeTiles: 64, seeds: seeds(10),
    strategies: ['serpentine', 'adaptive', 'greedy', 'p-over-cost', 'ens'], again: 0,
  },
  large: { families: FAMILY_NAMES.filter((name) => !TO_THE_END.has(name)), edgeTiles: 256, seeds: seeds(2), strategies: [...strategies, 'two-phase'], again: 0 },
  largeToTheEnd: { families: FAMILY_NAMES.filter((name) => TO_THE_END.has(name)), edgeTiles: 256, seeds: seeds(1), strategies: PRODUCT, again: 0 },
  largest: { families: ['edge-ring', 'thomas-clusters', 'line'], edgeTiles: 1000, seeds: seeds(1), strategies: [...strategies, 'two-phase'], again: 0 },
  /** Classifiers that say nothing, or the contrary. */
  distrust: { families: ['useless-survey', 'inverted-survey'], edgeTiles: 64, seeds: { from: 1000, to: 1200 }, strategies: PRODUCT, again: 0 },
  /** Every family: how often the bound on what is left holds. */
  coverage: { families: FAMILY_NAMES, edgeTiles: 24, seeds: { from: 2000, to: 2500 }, strategies: PRODUCT, again: 0 },
} as const satisfies Record<string, Part>;

export type PartName = keyof typeof FULL_TABLE;
