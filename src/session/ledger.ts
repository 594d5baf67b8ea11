import type { StagePosition } from '../contract/microscope.ts';
import type { Budget, RunTotals } from '../contract/run.ts';
import type { Observation, SearchSummary } from '../contract/strategy.ts';

/** The accounts of a run: what was imaged, what it cost in time, dose and travel. */
export interface Ledger {
  field(outcome: Observation['outcome'], kind: Observation['action']['kind']): void;
  /** Time with the beam on the specimen: all of it counts as dose, focusing included. */
  beam(seconds: number, currentPa: number): void;
  travel(from: StagePosition, to: StagePosition): void;
  /** Charge since the last call: what the field in hand cost. */
  takeFieldDoseC(): number;
  totals(): RunTotals;
}

export interface LedgerOptions {
  readonly plannedFields: number;
  readonly areaM2: number;
  readonly instrumentSeconds: () => number;
  readonly wallSeconds: () => number;
  readonly highestSiteDoseCPerM2: () => number;
  /** Totals of the run before it was stopped, when it goes on. */
  readonly before?: RunTotals;
}

export function createLedger({ plannedFields, areaM2, instrumentSeconds, wallSeconds, highestSiteDoseCPerM2, before }: LedgerOptions): Ledger {
  const fields = before === undefined
    ? { planned: plannedFields, imaged: 0, skipped: 0, rejected: 0, surveyed: 0, inspected: 0, confirmed: 0 }
    : { ...before.fields };
  let doseC = before?.doseC ?? 0;
  let fieldDoseC = 0;
  let stageTravelUm = before?.stageTravelUm ?? 0;
  return {
    field: (outcome, kind) => {
      if (kind === 'refocus' || kind === 'finish') return;
      if (outcome === 'skipped') {
        fields.skipped++;
        return;
      }
      fields.imaged++;
      if (outcome === 'rejected') fields.rejected++;
      if (kind === 'survey') fields.surveyed++;
      else if (kind === 'inspect') fields.inspected++;
      else fields.confirmed++;
    },
    beam: (seconds, currentPa) => {
      doseC += seconds * currentPa * 1e-12;
      fieldDoseC += seconds * currentPa * 1e-12;
    },
    travel: (from, to) => {
      stageTravelUm += Math.hypot(to.xUm - from.xUm, to.yUm - from.yUm);
    },
    takeFieldDoseC: () => {
      const dose = fieldDoseC;
      fieldDoseC = 0;
      return dose;
    },
    totals: () => ({
      fields: { ...fields },
      instrumentSeconds: instrumentSeconds(),
      wallSeconds: wallSeconds(),
      doseC,
      meanDoseCPerM2: doseC / areaM2,
      highestSiteDoseCPerM2: highestSiteDoseCPerM2(),
      stageTravelUm,
    }),
  };
}

/** Which limit of the budget is used up, in words; undefined while there is room. */
export function spentBudget(budget: Budget, totals: RunTotals): string | undefined {
  if (budget.fields !== undefined && totals.fields.imaged >= budget.fields) {
    return `The budget of ${budget.fields} fields is spent.`;
  }
  if (budget.instrumentSeconds !== undefined && totals.instrumentSeconds >= budget.instrumentSeconds) {
    return `The budget of ${budget.instrumentSeconds} s of instrument time is spent.`;
  }
  if (budget.doseCPerM2 !== undefined && totals.meanDoseCPerM2 >= budget.doseCPerM2) {
    return `The budget of ${budget.doseCPerM2} C/m² of mean dose is spent.`;
  }
  return undefined;
}

/**
 * How far the run is, 0 to 1, by whichever goal or budget is nearest to its end, and what that leaves of instrument time.
 * Finds and tiles are taken to go on at the rate so far, which a searcher should read as a rough figure.
 */
export function progressOf(goal: { wanted: number; budget: Budget }, totals: RunTotals, summary: SearchSummary): { share: number; secondsLeft?: number } {
  const { budget, wanted } = goal;
  const shares = [
    summary.finds.length / wanted,
    summary.tiles.inspected / Math.max(1, summary.tiles.total - summary.tiles.skipped),
    ...(budget.fields === undefined ? [] : [totals.fields.imaged / budget.fields]),
    ...(budget.instrumentSeconds === undefined ? [] : [totals.instrumentSeconds / budget.instrumentSeconds]),
    ...(budget.doseCPerM2 === undefined ? [] : [totals.meanDoseCPerM2 / budget.doseCPerM2]),
  ];
  const share = Math.min(1, Math.max(...shares));
  if (share < 0.02) return { share };
  return { share, secondsLeft: (totals.instrumentSeconds * (1 - share)) / share };
}
