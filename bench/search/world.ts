import type { Band } from '../../src/contract/model-manifest.ts';
import type { TileGrid } from '../../src/contract/strategy.ts';
import type { Focusing } from './instrument/clock.ts';
import type { Profile } from './instrument/profiles.ts';

export type Separations = Readonly<Record<Band, number>>;
export type Outcome = 'seen' | 'skipped' | 'rejected';

/**
 * A specimen as a search meets it: no pictures, only what a classifier would say of each look. The strategy gets the grid, the costs
 * and the log ratios of the looks that it takes; `targets` is the truth and stays with the player.
 */
export interface World {
  readonly grid: TileGrid;
  readonly profile: Profile;
  readonly targets: ReadonlySet<number>;
  /** Separations d' that the likelihood curves claim, right or wrong. */
  readonly claimed: Separations;
  /** Share of tiles with a target that the strategy is told to expect. */
  readonly prevalence: number;
  /** Finds after which the search is complete. */
  readonly finds: number;
  /** ln p(picture | target) - ln p(picture | none) of the tile in a look, as the likelihood curve gives it; the same each time. */
  logRatio(tile: number, band: Band, attempt: number): number;
  /** What becomes of a look; `number` counts the looks of the run. */
  outcome(look: { readonly tile: number; readonly band: Band; readonly number: number }): Outcome;
  /** The search is ended from outside at either. */
  readonly budget: { readonly seconds: number; readonly doseC: number };
  readonly focusing?: Focusing;
  /** Field that is set and position at the beginning: the middle of the area at inspect magnification. */
  readonly begin: { readonly xUm: number; readonly yUm: number; readonly fieldWidthUm: number };
}

/** log p(score | target) - log p(score | none) of unit normal scores that lie `separation` apart. */
export const logRatioOf = (score: number, separation: number): number => separation * score - separation ** 2 / 2;
