import type { Find, Look, SearchOptions, TileGrid } from '../contract/strategy.ts';
import { logistic, logit } from './belief.ts';
import { clampToTile } from './grid.ts';
import type { Point } from './zones.ts';

/** A tile that is being looked at again, one at a time. */
export interface Candidate {
  readonly tile: number;
  /** Best-supported centre of the structure so far. */
  xUm: number;
  yUm: number;
  /** Log ratio of the look that the centre rests on. */
  support: number;
  /** Looks asked for, whether they brought something or not. */
  attempts: number;
  /** Looks that brought something. */
  seen: number;
  /** Logarithm of the factor by which the survey had raised its probability before the first close look. */
  readonly surveyGain: number;
}

/**
 * After so many looks without a decision the tile is left undecided, unless as many again would make a find of it at the rate so
 * far. Its posterior stays, and counts among the missed.
 */
export const MAX_CONFIRM_ATTEMPTS = 6;
const MAX_PROMISING_ATTEMPTS = 2 * MAX_CONFIRM_ATTEMPTS;
/** Two finds nearer than this share of the larger edge of a tile are one object. */
const DUPLICATE_RADIUS_SHARE = 0.75;
/** Confirm looks that a suspected find takes on average: what a suspicion costs. */
export const EXPECTED_CONFIRM_LOOKS = 2;

/** Posterior log-odds at which a suspected find is declared: log((1 - beta) / alpha) (Wald 1945). */
export function declareLogOdds({ falseFindRate, missRate }: SearchOptions): number {
  return Math.log((1 - missRate) / falseFindRate);
}

/** Posterior log-odds at which it is dropped: log(beta / (1 - alpha)). */
export function dropLogOdds({ falseFindRate, missRate }: SearchOptions): number {
  return Math.log(missRate / (1 - falseFindRate));
}

/** Log-odds below which an inspected tile is not kept among the suspected finds, whatever a confirmation costs. */
export const LEAST_SUSPICION = Math.log(0.003 / 0.997);

/** Field widths that differ by less than this share need no change of magnification. */
const SAME_OPTICS = 0.01;
export const sameOptics = (aUm: number, bUm: number): boolean => Math.abs(aUm - bUm) <= SAME_OPTICS * bUm;

/** What a suspected find takes is learned: looks before the first, and how many suspected finds outweigh them. */
const LOOKS_BEFOREHAND = { looks: 1.5, strength: 2 } as const;

/** Instrument seconds that confirming takes, by the looks that the suspected finds so far took; the way there is not in it. */
export function suspectSeconds({ costs, looks }: SearchOptions, settled: { readonly candidates: number; readonly looks: number }): number {
  const { strength } = LOOKS_BEFOREHAND;
  const expected = (strength * LOOKS_BEFOREHAND.looks + settled.looks) / (strength + settled.candidates);
  return expected * costs.frameS.confirm + (sameOptics(looks.confirm.fieldWidthUm, looks.inspect.fieldWidthUm) ? 0 : 2 * costs.opticsChangeS);
}

/** Instrument seconds that a suspicion costs: there is no travel, but the magnification changes there and back. */
export function confirmSeconds({ costs }: SearchOptions): number {
  return EXPECTED_CONFIRM_LOOKS * (costs.frameS.confirm + costs.settleS) + 2 * costs.opticsChangeS;
}

/**
 * Posterior log-odds above which a tile is worth confirming: when it brings more finds per second than inspecting on at the
 * prevalence would. Never below the drop threshold, never above even odds.
 */
export function suspicionLogOdds(options: SearchOptions): number {
  const { costs, prevalence } = options;
  const inspectSeconds = costs.frameS.inspect + costs.settleS;
  const worthwhile = Math.min(0.5, (prevalence * confirmSeconds(options)) / inspectSeconds);
  return Math.max(dropLogOdds(options), logit(worthwhile));
}

/**
 * The next look at a candidate. The first is centred on the structure at the confirm magnification; further ones are shifted
 * and a little wider, so that they are not the same picture again. The centre stays in the tile, which the limits were
 * checked for, and the field between those of confirm and inspect.
 */
export function confirmLook(candidate: Candidate, grid: TileGrid, looks: SearchOptions['looks']): Look {
  const { confirm, inspect } = looks;
  const again = candidate.attempts;
  const widen = again === 0 ? 0 : [0.3, 0.1, 0.2][again % 3]!;
  const fieldWidthUm = confirm.fieldWidthUm + widen * Math.max(0, inspect.fieldWidthUm - confirm.fieldWidthUm);
  const shiftUm = again === 0 ? 0 : 0.12 * confirm.fieldWidthUm;
  // Golden angle: no two of the shifts point the same way.
  const angle = again * 2.399963;
  const wanted = { xUm: candidate.xUm + shiftUm * Math.cos(angle), yUm: candidate.yUm + shiftUm * Math.sin(angle) };
  return { band: 'confirm', ...clampToTile(grid, candidate.tile, wanted), settings: { ...confirm, fieldWidthUm } };
}

type Verdict = 'declare' | 'drop' | 'undecided' | 'look';

/** What the looks so far say of the candidate; `looksToGain` tells how many more it takes to gain so many nats. */
export function verdict(candidate: Candidate, options: SearchOptions, { logOdds, looksToGain }: { readonly logOdds: number; readonly looksToGain: (nats: number) => number }): Verdict {
  const { seen, attempts } = candidate;
  if (seen > 0 && logOdds >= declareLogOdds(options)) return 'declare';
  if (seen > 0 && logOdds <= dropLogOdds(options)) return 'drop';
  if (attempts < MAX_CONFIRM_ATTEMPTS) return 'look';
  const promising = seen > 0 && attempts + looksToGain(declareLogOdds(options) - logOdds) <= MAX_PROMISING_ATTEMPTS;
  return promising ? 'look' : 'undecided';
}

/** The earlier find that a structure at this point would be a second picture of, cut by the edge of the tile. */
export function duplicateOf(grid: TileGrid, finds: readonly Find[], { xUm, yUm }: Point): Find | undefined {
  const radiusUm = DUPLICATE_RADIUS_SHARE * Math.max(grid.tileWidthUm, grid.tileHeightUm);
  return finds.find((find) => Math.hypot(find.xUm - xUm, find.yUm - yUm) < radiusUm);
}

export function findOf(candidate: Candidate, found: { readonly number: number; readonly logOdds: number; readonly looks: number }): Find {
  return {
    id: `find-${found.number}`,
    tile: candidate.tile,
    xUm: candidate.xUm,
    yUm: candidate.yUm,
    probability: logistic(found.logOdds),
    looks: found.looks,
  };
}
