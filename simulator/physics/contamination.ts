import type { Scenario } from '../scenario-schema.ts';
import type { FieldGeometry } from '../scene/field-renderer.ts';
import { mayTouch, rectangleSpans, type Rectangle } from '../scene/scan-grid.ts';

/** Attenuations less than this are not drawn: a hundredth of the shot noise of a usual frame. */
const LEAST = 0.004;
/** Scans of the same place whose centre and size differ by less than this share count as one box. */
const SAME = 0.02;

interface Box extends Rectangle {
  dose: number;
}

/** What grew on the specimen under the beam. */
export interface Contamination {
  scanned(box: Rectangle, doseCPerM2: number): void;
  /** Dims one line of yields after the other; undefined when there is nothing to be seen in the field. */
  over(field: FieldGeometry): ((yields: Float32Array, row: number) => void) | undefined;
  /** Another specimen. */
  clear(): void;
}

/**
 * Contamination: hydrocarbons cracked by the beam cover what was scanned, and the yield falls to 1 - c (1 - exp(-D / D0))
 * of what it was, D being the dose of all scans there. So an earlier frame at high magnification is a dark square at a lower one.
 * Defaults: c 0.3, D0 500 C/m^2 (a frame of 20 um at 100 pA and 1 us brings 0.25), to be confirmed on hardware; strength 0
 * switches it off. Source: Vladar and Postek, NIST, on electron-beam-induced contamination: darkening that saturates.
 */
export function createContamination({ strength, doseCPerM2: saturation }: Scenario['contamination']): Contamination {
  const boxes: Box[] = [];
  const loss = (dose: number): number => strength * (1 - Math.exp(-dose / saturation));
  const near = (a: number, b: number, size: number): boolean => Math.abs(a - b) < SAME * size;
  return {
    clear: () => {
      boxes.length = 0;
    },
    scanned: (box, dose) => {
      if (strength === 0 || dose === 0) return;
      const same = boxes.find(
        (other) =>
          near(other.xUm, box.xUm, box.widthUm) &&
          near(other.yUm, box.yUm, box.widthUm) &&
          near(other.widthUm, box.widthUm, box.widthUm) &&
          near(other.heightUm, box.heightUm, box.widthUm) &&
          Math.abs(other.angleDeg - box.angleDeg) < 1,
      );
      if (same === undefined) boxes.push({ ...box, dose });
      else same.dose += dose;
    },
    over: (field) => {
      const seen = boxes.filter((box) => loss(box.dose) > LEAST && mayTouch(field, box)).map((box) => ({ dose: box.dose, spans: rectangleSpans(field, box) }));
      if (seen.length === 0) return undefined;
      const doses = new Float32Array(field.widthPx);
      return (yields, row) => {
        doses.fill(0);
        for (const { dose, spans } of seen) {
          const [from, to] = spans(row);
          for (let k = from; k < to; k++) doses[k] = doses[k]! + dose;
        }
        const base = row * field.widthPx;
        let last = 0;
        let factor = 1;
        for (let k = 0; k < field.widthPx; k++) {
          const dose = doses[k]!;
          if (dose === 0) continue;
          if (dose !== last) {
            last = dose;
            factor = 1 - loss(dose);
          }
          yields[base + k] = yields[base + k]! * factor;
        }
      };
    },
  };
}
