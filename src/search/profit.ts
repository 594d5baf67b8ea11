import { normalTail } from './quantile.ts';

/** What the looks of a search cost, in seconds, travel to the first of them apart, and how well they separate. */
export interface LookPrices {
  /** Frame and settling of an inspection, and the way to it from the one before in the same block. */
  readonly inspectS: number;
  readonly hopS: number;
  /** Confirming a suspected find. */
  readonly confirmS: number;
  readonly surveySeparation: number;
  readonly inspectSeparation: number;
}

const LOW = -14;
const HIGH = 6;
const STEP = 0.5;
const ENTRIES = Math.round((HIGH - LOW) / STEP) + 1;

/** Scores of a survey over which its worth is averaged: normal quadrature in steps of half a standard deviation. */
const SCORES = Array.from({ length: 19 }, (_, index) => -3 + index / 2);
/** Suspicion is never asked to be below or above these odds. */
const LEAST_SUSPICION = Math.log(0.003 / 0.997);
const MOST_SUSPICION = 0;

export interface Table {
  readonly gain: Float64Array;
  readonly seconds: Float64Array;
}

/**
 * What a look at a tile is worth where finds come at `rate` per second: by the prior log-odds of the tile, the finds that it
 * brings and the seconds that it takes, with what follows from it decided as that rate asks for. A tile is confirmed after
 * its inspection when the chance is worth the time, p >= rate x seconds; it is inspected after a survey when
 * gain - rate x seconds > 0. `visits` is the share of surveyed tiles that are inspected.
 */
export interface Worth {
  readonly rate: number;
  readonly inspect: Table;
  readonly survey: Table & { readonly visits: Float64Array };
}

const at = (entry: number): number => LOW + entry * STEP;

/** Linear interpolation in a table over log-odds. */
export function lookUp(table: Float64Array, logOdds: number): number {
  const place = (Math.min(HIGH, Math.max(LOW, logOdds)) - LOW) / STEP;
  const entry = Math.min(ENTRIES - 2, Math.floor(place));
  const share = place - entry;
  return table[entry]! * (1 - share) + table[entry + 1]! * share;
}

function inspectTable(rate: number, { inspectS, confirmS, inspectSeparation: d }: LookPrices): Table {
  const gain = new Float64Array(ENTRIES);
  const seconds = new Float64Array(ENTRIES);
  const worthwhile = rate * confirmS;
  const suspicion = worthwhile >= 0.5 ? MOST_SUSPICION : Math.max(LEAST_SUSPICION, Math.log(worthwhile / (1 - worthwhile)));
  for (let entry = 0; entry < ENTRIES; entry++) {
    const p = 1 / (1 + Math.exp(-at(entry)));
    const threshold = (suspicion - at(entry)) / d + d / 2;
    const hits = p * normalTail(threshold - d);
    gain[entry] = hits;
    seconds[entry] = inspectS + confirmS * (hits + (1 - p) * normalTail(threshold));
  }
  return { gain, seconds };
}

function surveyTable(inspect: Table, rate: number, { hopS, surveySeparation: d }: LookPrices): Worth['survey'] {
  const gain = new Float64Array(ENTRIES);
  const seconds = new Float64Array(ENTRIES);
  const visits = new Float64Array(ENTRIES);
  const empty = SCORES.map((score) => Math.exp((-score * score) / 2));
  const held = SCORES.map((score) => Math.exp((-(score - d) * (score - d)) / 2));
  const unit = 1 / (2 * Math.sqrt(2 * Math.PI));
  for (let entry = 0; entry < ENTRIES; entry++) {
    const p = 1 / (1 + Math.exp(-at(entry)));
    // From the highest score down: below the first one that does not pay none pays.
    for (let index = SCORES.length - 1; index >= 0; index--) {
      const posterior = at(entry) + d * SCORES[index]! - (d * d) / 2;
      const brings = lookUp(inspect.gain, posterior);
      const takes = lookUp(inspect.seconds, posterior) + hopS;
      if (brings - rate * takes <= 0) break;
      const chance = unit * (p * held[index]! + (1 - p) * empty[index]!);
      gain[entry]! += chance * brings;
      seconds[entry]! += chance * takes;
      visits[entry]! += chance;
    }
  }
  return { gain, seconds, visits };
}

export function worthAt(rate: number, prices: LookPrices): Worth {
  const inspect = inspectTable(rate, prices);
  return { rate, inspect, survey: surveyTable(inspect, rate, prices) };
}
