import { z } from 'zod';
import { Band } from './model-manifest.ts';

/**
 * The tiles of a search area. Tile = row * columns + column; row 0 is the top row (y decreases with the row, as in
 * useq-schema). Blocks of blockTiles x blockTiles tiles are the fields of the survey magnification; the last column and
 * row of blocks may stick out over the area. Block = blockRow * blockColumns + blockColumn.
 */
export const TileGrid = z.strictObject({
  columns: z.int().positive(),
  rows: z.int().positive(),
  tileWidthUm: z.number().positive(),
  tileHeightUm: z.number().positive(),
  /** Left and top edge of tile 0. */
  leftUm: z.number(),
  topUm: z.number(),
  blockTiles: z.int().positive(),
  /** Tiles of the bounding rectangle that do not belong to the area (keep-out zones, outside a circle), ascending. */
  excluded: z.array(z.int().nonnegative()),
  /**
   * Blocks that are not surveyed, because their field would show what must not be irradiated, ascending. Absent: those whose
   * field shows an excluded tile.
   */
  noSurvey: z.array(z.int().nonnegative()).optional(),
  /** Tiles whose field does not stand on the middle of its tile, as a plan of single positions asks for; ascending. */
  centres: z.array(z.strictObject({ tile: z.int().nonnegative(), xUm: z.number(), yUm: z.number() })).optional(),
});
export type TileGrid = z.infer<typeof TileGrid>;

/** Orders of a grid, in the words of useq-schema; rows from the top, columns from the left. */
export const OrderMode = z.enum(['row_wise', 'row_wise_snake', 'column_wise', 'column_wise_snake', 'spiral']);
export type OrderMode = z.infer<typeof OrderMode>;

/** How a field is imaged in one band. */
export const LookSettings = z.strictObject({
  fieldWidthUm: z.number().positive(),
  widthPx: z.int().positive(),
  heightPx: z.int().positive(),
  dwellUs: z.number().positive(),
});
export type LookSettings = z.infer<typeof LookSettings>;

/** One look at the specimen: centre of the field and how it is imaged. */
export const Look = z.strictObject({ band: Band, xUm: z.number(), yUm: z.number(), settings: LookSettings });
export type Look = z.infer<typeof Look>;

export const Find = z.strictObject({
  /** `find-1`, `find-2`, … in the order of declaration. */
  id: z.string(),
  tile: z.int().nonnegative(),
  xUm: z.number(),
  yUm: z.number(),
  /** Posterior probability that the target is there, after all looks. */
  probability: z.number(),
  /** Looks that went into it. */
  looks: z.int().positive(),
});
export type Find = z.infer<typeof Find>;

export const Action = z.discriminatedUnion('kind', [
  /** One low-magnification look that tells about all tiles of a block. */
  z.strictObject({ kind: z.literal('survey'), block: z.int().nonnegative(), tiles: z.array(z.int().nonnegative()), look: Look }),
  z.strictObject({ kind: z.literal('inspect'), tile: z.int().nonnegative(), look: Look }),
  /** A further look at a suspected find. */
  z.strictObject({ kind: z.literal('confirm'), tile: z.int().nonnegative(), attempt: z.int().positive(), look: Look }),
  z.strictObject({ kind: z.literal('refocus'), xUm: z.number(), yUm: z.number() }),
  z.strictObject({ kind: z.literal('finish'), outcome: z.enum(['found', 'exhausted']), reason: z.string() }),
]);
export type Action = z.infer<typeof Action>;
export type LookAction = Extract<Action, { look: Look }>;

/** What came of an action. The search knows likelihoods and costs, never images. */
export const Observation = z.strictObject({
  action: Action,
  /** `skipped`: the instrument could not; `rejected`: imaged, but the picture could not be trusted. */
  outcome: z.enum(['seen', 'skipped', 'rejected']),
  /**
   * Natural logarithm of p(picture | target in the tile) / p(picture | none), from the model's likelihood curve of the
   * action's band. One entry per tile of a survey, one for inspect and confirm; empty unless seen.
   */
  tiles: z.array(z.strictObject({ tile: z.int().nonnegative(), logRatio: z.number() })),
  /** Where in the field the structure seems to be, if that could be told. */
  centre: z.strictObject({ xUm: z.number(), yUm: z.number() }).optional(),
  /** Instrument time that the action took, travel included. */
  seconds: z.number().nonnegative(),
  /** Charge put on the specimen. */
  doseC: z.number().nonnegative(),
  /** Frame that it rests on. */
  frameId: z.string().optional(),
});
export type Observation = z.infer<typeof Observation>;

/** Prices in instrument seconds, learned from the instrument's info and its run so far. */
export const SearchCosts = z.strictObject({
  stageSpeedUmPerS: z.number().positive(),
  settleS: z.number().nonnegative(),
  /** Change of magnification. */
  opticsChangeS: z.number().nonnegative(),
  /** Exposure and overhead of one frame. */
  frameS: z.strictObject({ survey: z.number().positive(), inspect: z.number().positive(), confirm: z.number().positive() }),
});
export type SearchCosts = z.infer<typeof SearchCosts>;

export const SearchOptions = z.strictObject({
  /** Number of finds after which the search is complete. */
  finds: z.int().positive(),
  /** Expected share of tiles that hold a target, before anything is seen. */
  prevalence: z.number().positive().lt(1),
  /** Nominal rate of false finds per suspected find (Wald's alpha) and of confirmed misses (beta). */
  falseFindRate: z.number().positive().lt(1),
  missRate: z.number().positive().lt(1),
  looks: z.strictObject({ survey: LookSettings, inspect: LookSettings, confirm: LookSettings }),
  costs: SearchCosts,
  seed: z.int(),
  /** Instrument seconds after which the search is ended from outside: what cannot bring a find by then is worth nothing. Absent: none. */
  budgetSeconds: z.number().positive().optional(),
  /**
   * What is known of the places before the first look: added to the log-odds that the prevalence gives, per tile, of length
   * rows x columns. Absent: nothing.
   */
  priorLogOdds: z.array(z.number()).optional(),
  /** In which order the strategy `planned` visits the tiles of the area. Absent: row_wise_snake. */
  order: z.union([OrderMode, z.array(z.int().nonnegative())]).optional(),
});
export type SearchOptions = z.infer<typeof SearchOptions>;

/** Where the instrument is now: what the next action's price depends on. */
export interface Here {
  readonly xUm: number;
  readonly yUm: number;
  /** Field width now set. */
  readonly fieldWidthUm: number;
}

/** What a strategy can tell at any time, for the map, the progress and the closing words. */
export interface SearchSummary {
  readonly finds: readonly Find[];
  /** Places that hold a target more likely than not, but could not be confirmed (yet); the likeliest first. */
  readonly suspects: readonly { readonly tile: number; readonly xUm: number; readonly yUm: number; readonly probability: number }[];
  /** Probability of a target in each tile; -1 for excluded tiles. Length rows x columns. */
  readonly posterior: readonly number[];
  /** Per tile: 0 not seen, 1 surveyed, 2 inspected, 3 confirmed or dropped by confirmation, 4 skipped. */
  readonly seen: readonly number[];
  /** Tiles in the area / looked at in inspect magnification / covered by a survey look. */
  readonly tiles: { readonly total: number; readonly inspected: number; readonly surveyed: number; readonly skipped: number };
  /** Expected number of targets not found, and its 95 % upper credible bound. */
  readonly missed: { readonly expected: number; readonly upper95: number };
}

/**
 * A strategy is pure: no clock, no randomness but from `options.seed` kept in S, no input and output. S is JSON, and a
 * function of plan and observations alone: a run replays to the same decisions from its journal. `observe` may change S in place and
 * return it (a million tiles are not copied for each observation): the caller goes on with what it returns.
 */
export interface SearchStrategy<S = unknown> {
  readonly id: string;
  /** One line for `emagent list strategies`. */
  readonly summary: string;
  start(grid: TileGrid, options: SearchOptions): S;
  next(state: S, here: Here): Action;
  observe(state: S, observation: Observation): S;
  summarise(state: S): SearchSummary;
}
