import { EmagentError } from '../contract/errors.ts';
import type { RunEvent } from '../contract/events.ts';
import type { OpticsState, StagePosition } from '../contract/microscope.ts';
import type { RunPlan } from '../contract/run.ts';

/** A rectangle of the specimen that is scanned. */
export interface ScannedField {
  readonly xUm: number;
  readonly yUm: number;
  readonly widthUm: number;
  readonly heightUm: number;
}

/** The dose that each place of the area has had, over all exposures, and the cap on it. */
export interface SiteDose {
  /** Throws EM_DOSE when some place of the field would get more than the cap by this much. */
  check(field: ScannedField, doseCPerM2: number): void;
  expose(field: ScannedField, doseCPerM2: number): void;
  /** Highest of all places, C/m^2. */
  readonly mostCPerM2: number;
}

/** A tile of which less than this share of an edge is scanned counts as not scanned: fields lie edge to edge, and stages are not exact. */
const LEAST_SHARE = 0.05;

/** First and last of `count` cells of this size that `from` to `to` covers, both counted from the first cell's edge. */
function cellsOf([from, to]: readonly [number, number], { size, count }: { readonly size: number; readonly count: number }): readonly [number, number] {
  const first = Math.floor(from / size + LEAST_SHARE);
  const last = Math.ceil(to / size - LEAST_SHARE) - 1;
  // A field within one cell and less than that share of it is scanned all the same.
  return [Math.max(0, first), Math.min(count - 1, Math.max(first, last))];
}

/**
 * Accounts by tile of the plan's grid: a tile that is scanned in part counts as scanned, so that the true dose of a place is
 * this at most. Four bytes a tile.
 */
export function createSiteDose({ grid, budget: { siteDoseCPerM2: cap } }: Pick<RunPlan, 'grid' | 'budget'>): SiteDose {
  const { columns, rows, tileWidthUm, tileHeightUm, leftUm, topUm } = grid;
  const doses = new Float32Array(columns * rows);
  let most = 0;
  const forEachTile = ({ xUm, yUm, widthUm, heightUm }: ScannedField, visit: (tile: number) => void): void => {
    const [left, right] = cellsOf([xUm - widthUm / 2 - leftUm, xUm + widthUm / 2 - leftUm], { size: tileWidthUm, count: columns });
    const [top, bottom] = cellsOf([topUm - yUm - heightUm / 2, topUm - yUm + heightUm / 2], { size: tileHeightUm, count: rows });
    for (let row = top; row <= bottom; row++) for (let column = left; column <= right; column++) visit(row * columns + column);
  };
  return {
    get mostCPerM2() {
      return most;
    },
    check: (field, doseCPerM2) => {
      if (cap === undefined) return;
      forEachTile(field, (tile) => {
        if (doses[tile]! + doseCPerM2 <= cap) return;
        throw new EmagentError(
          'EM_DOSE',
          `The field at x ${field.xUm.toFixed(1)} µm, y ${field.yUm.toFixed(1)} µm has had up to ${doses[tile]!.toPrecision(3)} C/m²; one more exposure would go beyond the ${cap} C/m² that a place may take.`,
        );
      });
    },
    expose: (field, doseCPerM2) => {
      forEachTile(field, (tile) => {
        doses[tile]! += doseCPerM2;
        most = Math.max(most, doses[tile]!);
      });
    },
  };
}

/** What is scanned with the beam as it stands; `aspect`: width over height of the frame. */
export function scannedField({ xUm, yUm }: Pick<StagePosition, 'xUm' | 'yUm'>, { fieldWidthUm }: Pick<OpticsState, 'fieldWidthUm'>, aspect: number): ScannedField {
  return { xUm, yUm, widthUm: fieldWidthUm, heightUm: fieldWidthUm / aspect };
}

/** Beam current times time over the area, C/m^2. */
export function doseOf({ widthUm, heightUm }: ScannedField, seconds: number, currentPa: number): number {
  return (seconds * currentPa * 1e-12) / (widthUm * heightUm * 1e-12);
}

/** Brings the accounts to where the journal of a run ends: each field had what all its exposures cost, focusing included. */
export function exposeAgain(siteDose: SiteDose, events: readonly RunEvent[]): void {
  for (const event of events) {
    if (event.type !== 'observed' || !('look' in event.action)) continue;
    const { look } = event.action;
    const field = scannedField(look, look.settings, look.settings.widthPx / look.settings.heightPx);
    siteDose.expose(field, event.doseC / (field.widthUm * field.heightUm * 1e-12));
  }
}
