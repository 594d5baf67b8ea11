import type { Band } from '../../../src/contract/model-manifest.ts';
import type { Random } from '../../../src/lib/random.ts';
import type { Focusing } from '../instrument/clock.ts';
import type { ProfileName } from '../instrument/profiles.ts';
import type { Outcome, Separations } from '../world.ts';

/** What a generator is asked for: a field of rows x columns tiles. */
export interface FieldRequest {
  readonly columns: number;
  readonly rows: number;
  readonly seed: number;
  /** Finds that the search will be asked for: place at least so many targets, or none. */
  readonly finds: number;
  /** A stream of the family's own for this field. */
  readonly random: Random;
}

/** A field, in tile numbers (row x columns + column). Everything but the targets has a default. */
export interface Field {
  /** Tiles that hold a target. */
  readonly targets: readonly number[];
  /** Tiles that look like targets from afar: scores of these means, in the separations' place. */
  readonly lookAlikes?: { readonly tiles: readonly number[]; readonly means: Separations };
  /** Keep-out tiles, which the plan knows of. */
  readonly excluded?: readonly number[];
  /** True separations d' of the scores; default 1.5, 3.5 and 4. */
  readonly separations?: Separations;
  /** What the likelihood curves claim; default the true ones. */
  readonly claimed?: Separations;
  /** Log ratios come out this much too large (above 1) or too small. */
  readonly overstatement?: number;
  /** What a place does to a score: `clarity` scales the separation, `offset` is added. */
  readonly disturbance?: (tile: number, band: Band) => { readonly clarity: number; readonly offset: number };
  /** What becomes of a look; default: always seen. */
  readonly outcome?: (look: { readonly tile: number; readonly band: Band; readonly luck: number }) => Outcome;
  /** Finds asked for instead of `finds` of the request. */
  readonly finds?: number;
  readonly prevalence?: number;
  readonly profile?: ProfileName;
  readonly budget?: { readonly seconds?: number; readonly doseC?: number };
  readonly focusing?: Focusing;
  /** Scores given one by one, in the place of drawn ones; a confirm look then tells the truth. */
  readonly scores?: { readonly survey: Float64Array; readonly inspect: Float64Array };
}

/** One file each. A family of one's own is a module that exports `family`. */
export interface Family {
  readonly id: string;
  readonly summary: string;
  /** Edge lengths in tiles that it is made for; default any. */
  readonly edges?: readonly number[];
  field(request: FieldRequest): Field;
}
