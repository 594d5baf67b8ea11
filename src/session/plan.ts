import { BACKGROUND, OTHER } from '../contract/categories.ts';
import { EmagentError } from '../contract/errors.ts';
import type { MicroscopeInfo, MicroscopeState } from '../contract/microscope.ts';
import type { Budget, RunPlan } from '../contract/run.ts';
import type { LookSettings, SearchCosts } from '../contract/strategy.ts';
import { unknownNameMessage } from '../lib/nearest-name.ts';
import { checkReach, planGrid } from '../search/grid.ts';

/** What a user says about a search; everything has a default but the target. */
export interface SearchSettings {
  readonly target: string;
  readonly microscope: string;
  readonly model: string;
  readonly engine: RunPlan['engine'];
  readonly device: RunPlan['device'];
  readonly strategy: string;
  readonly seed: number;
  readonly finds: number;
  readonly budget: Budget;
  readonly area: { readonly widthUm: number; readonly heightUm: number };
  /** The present stage position when absent. */
  readonly centre?: { readonly xUm: number; readonly yUm: number };
  /** Field width at which a structure of the target is looked at. */
  readonly fieldWidthUm: number;
  readonly dwellUs: number;
  /** Overlap of neighbouring fields, percent. */
  readonly overlapPercent: number;
  readonly prevalence: number;
  readonly falseFindRate: number;
  readonly missRate: number;
  readonly calibrates?: boolean;
}

/** Tiles on the edge of a survey field: low magnification by this factor. */
const BLOCK_TILES = 4;
/** A suspected find is looked at again in this share of the field width, and longer. */
const CONFIRM_ZOOM = 0.6;
const CONFIRM_DWELL_FACTOR = 3;
const WANTED_SIZE_PX = { survey: 1024, inspect: 512, confirm: 512 } as const;
const AUTOFOCUS_RANGE_UM = 100;
const MAX_CONSECUTIVE_SKIPS = 5;

/** The size on offer whose width is nearest to the wanted one on a logarithmic scale. */
export function frameSizeOnOffer(info: MicroscopeInfo, wantedWidthPx: number): readonly [number, number] {
  const distance = ([widthPx]: readonly [number, number]): number => Math.abs(Math.log(widthPx / wantedWidthPx));
  const best = [...info.frameSizesPx].sort((a, b) => distance(a) - distance(b))[0];
  if (best === undefined) throw new EmagentError('EM_UNSUPPORTED', `${info.model} offers no frame size.`);
  return best;
}

/** The dwell time on offer that is nearest to the wanted one. */
export function dwellOnOffer({ dwellUs: { min, max, list } }: MicroscopeInfo, wantedUs: number): number {
  const inside = Math.min(max, Math.max(min, wantedUs));
  return list === undefined ? inside : (list.toSorted((a, b) => Math.abs(a - inside) - Math.abs(b - inside))[0] ?? inside);
}

function dwell(info: MicroscopeInfo, wantedUs: number): number {
  const { min, max } = info.dwellUs;
  if (wantedUs < min || wantedUs > max) {
    throw new EmagentError('EM_LIMIT', `A dwell of ${wantedUs} µs lies outside the ${min} to ${max} µs of ${info.model}.`);
  }
  return dwellOnOffer(info, wantedUs);
}

function lookSettings(info: MicroscopeInfo, fieldWidthUm: number, wanted: { widthPx: number; dwellUs: number }): LookSettings {
  const { min, max } = info.fieldWidthUm;
  if (fieldWidthUm < min || fieldWidthUm > max) {
    throw new EmagentError('EM_LIMIT', `A field width of ${fieldWidthUm} µm lies outside the ${min} to ${max} µm of ${info.model}.`);
  }
  const [widthPx, heightPx] = frameSizeOnOffer(info, wanted.widthPx);
  return { fieldWidthUm, widthPx, heightPx, dwellUs: dwell(info, wanted.dwellUs) };
}

function frameSeconds(info: MicroscopeInfo, { widthPx, heightPx, dwellUs }: LookSettings): number {
  return widthPx * heightPx * dwellUs * 1e-6 + info.timing.frameOverheadMs / 1000;
}

/** Throws EM_UNKNOWN_NAME for a label that the model does not know. */
export function checkTarget(target: string, labels: readonly string[]): void {
  const targets = labels.filter((label) => label !== BACKGROUND && label !== OTHER);
  if (!targets.includes(target)) throw new EmagentError('EM_UNKNOWN_NAME', unknownNameMessage('category', target, targets));
}

/**
 * The complete plan of a run on this instrument, checked: every field that any look could visit lies inside the limits of
 * stage and optics. Throws EM_LIMIT and EM_PLAN.
 */
export function makePlan(settings: SearchSettings, info: MicroscopeInfo, state: MicroscopeState): RunPlan {
  const inspect = lookSettings(info, settings.fieldWidthUm, { widthPx: WANTED_SIZE_PX.inspect, dwellUs: settings.dwellUs });
  const looks = {
    survey: lookSettings(info, settings.fieldWidthUm * BLOCK_TILES, { widthPx: WANTED_SIZE_PX.survey, dwellUs: settings.dwellUs }),
    inspect,
    confirm: lookSettings(info, settings.fieldWidthUm * CONFIRM_ZOOM, {
      widthPx: WANTED_SIZE_PX.confirm,
      dwellUs: Math.min(info.dwellUs.max, settings.dwellUs * CONFIRM_DWELL_FACTOR),
    }),
  };
  const { xUm, yUm } = settings.centre ?? state.stage;
  const grid = planGrid({
    centreXUm: xUm,
    centreYUm: yUm,
    ...settings.area,
    tileWidthUm: inspect.fieldWidthUm,
    tileHeightUm: (inspect.fieldWidthUm * inspect.heightPx) / inspect.widthPx,
    overlap: settings.overlapPercent,
    blockTiles: BLOCK_TILES,
  });
  checkReach(grid, looks, info.axes);
  const costs: SearchCosts = {
    stageSpeedUmPerS: info.timing.stageSpeedUmPerS,
    settleS: info.timing.stageSettleMs / 1000,
    opticsChangeS: info.timing.opticsSettleMs / 1000,
    frameS: {
      survey: frameSeconds(info, looks.survey),
      inspect: frameSeconds(info, looks.inspect),
      confirm: frameSeconds(info, looks.confirm),
    },
  };
  return {
    target: settings.target,
    microscope: info.url,
    model: settings.model,
    engine: settings.engine,
    device: settings.device,
    strategy: settings.strategy,
    seed: settings.seed,
    grid,
    search: {
      finds: settings.finds,
      prevalence: settings.prevalence,
      falseFindRate: settings.falseFindRate,
      missRate: settings.missRate,
      looks,
      costs,
      seed: settings.seed,
    },
    budget: settings.budget,
    maxConsecutiveSkips: MAX_CONSECUTIVE_SKIPS,
    autofocusRangeUm: AUTOFOCUS_RANGE_UM,
    ...(settings.calibrates === true && { calibrates: true }),
  };
}
