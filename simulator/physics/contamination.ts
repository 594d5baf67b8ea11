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
      return (yields, row) => {
        const base = row * field.widthPx;
        const spans = seen.map((box) => ({ dose: box.dose, span: box.spans(row) })).filter(({ span: [from, to] }) => from < to);
        // Between two borders of boxes the dose is one.
        const borders = [...new Set(spans.flatMap(({ span }) => span))].sort((a, b) => a - b);
        for (let index = 0; index + 1 < borders.length; index++) {
          const [from, to] = [borders[index]!, borders[index + 1]!];
          const dose = spans.reduce((sum, { dose: of, span }) => (span[0] <= from && to <= span[1] ? sum + of : sum), 0);
          if (dose === 0) continue;
          const factor = 1 - loss(dose);
          for (let k = base + from; k < base + to; k++) yields[k] = yields[k]! * factor;
        }
      };
    },
  };
}
