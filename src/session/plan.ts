import { BACKGROUND, OTHER } from '../contract/categories.ts';
import { EmagentError } from '../contract/errors.ts';
import type { MicroscopeInfo, MicroscopeState } from '../contract/microscope.ts';
import type { Budget, RunPlan } from '../contract/run.ts';
import type { LookSettings, OrderMode, SearchCosts } from '../contract/strategy.ts';
import { unknownNameMessage } from '../lib/nearest-name.ts';
import { checkFinds, planArea, plannedFieldUm, type PlannedArea } from '../plan/area.ts';
import { NO_PLACES, type PlaceInputs, type PlaceRequest } from '../plan/inputs.ts';
import { priorOf } from '../plan/prior/log-odds.ts';
import { checkReach } from '../search/grid.ts';
import { doseOf, scannedField } from './site-dose.ts';

/** What a user says about a search; everything has a default but the target. */
export interface SearchSettings extends PlaceRequest {
  readonly target: string;
  readonly microscope: string;
  readonly model: string;
  readonly engine: RunPlan['engine'];
  readonly device: RunPlan['device'];
  readonly strategy: string;
  readonly seed: number;
  readonly finds: number;
  readonly budget: Budget;
  readonly area?: { readonly widthUm: number; readonly heightUm: number };
  /** Instead of `area`. */
  readonly rowsColumns?: { readonly rows: number; readonly columns: number };
  /** The present stage position when absent. */
  readonly centre?: { readonly xUm: number; readonly yUm: number };
  /** What the centre is of: the area, or its first field. */
  readonly relativeTo?: 'center' | 'top_left';
  /** How far a field may stand off where it was asked for; kept free around keep-out zones. */
  readonly keepOutMarginUm?: number;
  /** Order of the strategy `planned`. */
  readonly mode?: OrderMode;
  /** Field width at which a structure of the target is looked at; the plan's when absent, else 20. */
  readonly fieldWidthUm?: number;
  readonly dwellUs: number;
  /** Overlap of neighbouring fields, percent; across and down apart as a pair. */
  readonly overlapPercent: number | readonly [number, number];
  readonly prevalence: number;
  readonly falseFindRate: number;
  readonly missRate: number;
  readonly calibrates?: boolean;
}

const DEFAULT_FIELD_WIDTH_UM = 20;
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

/** Throws EM_PLAN for a cap on the dose of a place that not even one find can be made and confirmed under. */
function checkSiteDose({ siteDoseCPerM2: cap }: Budget, looks: readonly LookSettings[], { info, state: { stage, optics } }: { readonly info: MicroscopeInfo; readonly state: MicroscopeState }): void {
  if (cap === undefined) return;
  const needed = looks.reduce((sum, look) => sum + doseOf(scannedField(stage, look, look.widthPx / look.heightPx), frameSeconds(info, look), optics.beamCurrentPa), 0);
  if (needed > cap) {
    throw new EmagentError('EM_PLAN', `A find takes ${needed.toPrecision(3)} C/m² at ${optics.beamCurrentPa} pA (one inspection, one confirmation); --site-dose allows a place ${cap} C/m² only.`);
  }
}

/** Throws EM_UNKNOWN_NAME for a label that the model does not know. */
export function checkTarget(target: string, labels: readonly string[]): void {
  const targets = labels.filter((label) => label !== BACKGROUND && label !== OTHER);
  if (!targets.includes(target)) throw new EmagentError('EM_UNKNOWN_NAME', unknownNameMessage('category', target, targets));
}

/** What a user says, and what was read of the files that were named. */
export interface PlanRequest extends SearchSettings {
  readonly places?: PlaceInputs;
}

/** Wide enough for the fields of the plan, whatever their shape. */
function fieldWidthOf({ fieldWidthUm, places: { sequence } = NO_PLACES }: PlanRequest, info: MicroscopeInfo): number {
  if (fieldWidthUm !== undefined) return fieldWidthUm;
  const { widthUm = 0, heightUm = 0 } = sequence === undefined ? {} : plannedFieldUm(sequence);
  const [widthPx, heightPx] = frameSizeOnOffer(info, WANTED_SIZE_PX.inspect);
  return Math.max(widthUm, (heightUm * widthPx) / heightPx) || DEFAULT_FIELD_WIDTH_UM;
}

function areaOf(request: PlanRequest, looks: RunPlan['search']['looks'], stage: MicroscopeState['stage']): PlannedArea {
  const { area, rowsColumns, centre, relativeTo = 'center', mode, overlapPercent, keepOutMarginUm = 0, seed } = request;
  const { region, sequence } = request.places ?? NO_PLACES;
  return planArea(
    {
      ...(area !== undefined && { size: area }),
      ...(rowsColumns !== undefined && { rowsColumns }),
      ...(sequence !== undefined && { sequence }),
      ...(mode !== undefined && { mode }),
      centre: centre ?? stage,
      relativeTo,
      region,
      overlap: typeof overlapPercent === 'number' ? [overlapPercent, overlapPercent] : overlapPercent,
      marginUm: keepOutMarginUm,
    },
    { ...looks, blockTiles: BLOCK_TILES, seed },
  );
}

/**
 * The complete plan of a run on this instrument, checked: every field that any look could visit lies inside the limits of
 * stage and optics, and none shows a keep-out zone. Throws EM_LIMIT, EM_PLAN and EM_REGION.
 */
export function makePlan(settings: PlanRequest, info: MicroscopeInfo, state: MicroscopeState): RunPlan {
  const { region, prior: source } = settings.places ?? NO_PLACES;
  const fieldWidthUm = fieldWidthOf(settings, info);
  const inspect = lookSettings(info, fieldWidthUm, { widthPx: WANTED_SIZE_PX.inspect, dwellUs: settings.dwellUs });
  const looks = {
    survey: lookSettings(info, fieldWidthUm * BLOCK_TILES, { widthPx: WANTED_SIZE_PX.survey, dwellUs: settings.dwellUs }),
    inspect,
    confirm: lookSettings(info, fieldWidthUm * CONFIRM_ZOOM, {
      widthPx: WANTED_SIZE_PX.confirm,
      dwellUs: Math.min(info.dwellUs.max, settings.dwellUs * CONFIRM_DWELL_FACTOR),
    }),
  };
  const { grid, order, leftOut } = areaOf(settings, looks, state.stage);
  checkFinds(settings.finds, grid);
  checkReach(grid, looks, { ...info.axes, keepOut: region.keepOut });
  checkSiteDose(settings.budget, [looks.inspect, looks.confirm], { info, state });
  const prior = source === undefined ? undefined : priorOf(source, grid, { prevalence: settings.prevalence, fieldWidthUm });
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
      ...(settings.budget.instrumentSeconds !== undefined && { budgetSeconds: settings.budget.instrumentSeconds }),
      ...(order !== undefined && { order }),
      ...(prior !== undefined && { priorLogOdds: prior.logOdds }),
    },
    ...((region.search.length > 0 || region.keepOut.length > 0) && { region }),
    ...(settings.planPath !== undefined && { fieldPlan: { path: settings.planPath, leftOut } }),
    ...(prior !== undefined && { prior: prior.told }),
    budget: settings.budget,
    maxConsecutiveSkips: MAX_CONSECUTIVE_SKIPS,
    autofocusRangeUm: AUTOFOCUS_RANGE_UM,
    ...(settings.calibrates === true && { calibrates: true }),
  };
}
