import { drawing, fixed, textAt } from './svg.ts';

const CELL = 46;
const LETTER = 7.2;
const MARGIN = 16;

export interface ConfusionPlot {
  readonly labels: readonly string[];
  /** confusion[true][said] */
  readonly confusion: readonly (readonly number[])[];
  readonly title: string;
}

/** White to dark blue. */
function shade(share: number): string {
  const mix = (from: number, to: number): number => Math.round(from + (to - from) * share);
  return `rgb(${mix(255, 8)},${mix(255, 64)},${mix(255, 129)})`;
}

/**
 * Confusion matrix: a row for each true category that is in the data, a column for each label, shaded by the share of the true
 * category; each cell gives that share in per cent and the number of pictures.
 */
export function confusionSvg({ labels, confusion, title }: ConfusionPlot): string {
  const rows = confusion.map((counts, truth) => ({ counts, truth, n: counts.reduce((sum, count) => sum + count, 0) })).filter(({ n }) => n > 0);
  const longest = Math.max(...labels.map((label) => label.length)) * LETTER;
  const left = MARGIN + 20 + longest + 40;
  const top = MARGIN + 44 + longest * 0.75;
  const parts: string[] = [textAt([MARGIN, MARGIN + 14], title, { size: 15, bold: true })];
  const right = left + labels.length * CELL;
  const bottom = top + rows.length * CELL;
  labels.forEach((label, said) => parts.push(textAt([left + (said + 0.5) * CELL, top - 8], label, { turn: -45 })));
  rows.forEach(({ counts, truth, n }, row) => {
    const y = top + row * CELL;
    parts.push(textAt([left - 8, y + CELL / 2 + 4], `${labels[truth]!} (${n})`, { anchor: 'end' }));
    counts.forEach((count, said) => {
      const share = count / n;
      const x = left + said * CELL;
      const colour = share > 0.5 ? '#fff' : '#222';
      parts.push(`<rect x="${fixed(x)}" y="${fixed(y)}" width="${CELL}" height="${CELL}" fill="${shade(share)}" stroke="${said === truth ? '#555' : '#e5e5e5'}"/>`);
      if (count === 0) return;
      parts.push(textAt([x + CELL / 2, y + CELL / 2], `${Math.round(share * 100)} %`, { anchor: 'middle', colour, size: 12 }), textAt([x + CELL / 2, y + CELL / 2 + 14], String(count), { anchor: 'middle', colour, size: 9 }));
    });
  });
  parts.push(
    textAt([(left + right) / 2, bottom + 24], 'said by the model', { anchor: 'middle', size: 13 }),
    textAt([MARGIN + 8, (top + bottom) / 2], 'true category (pictures)', { anchor: 'middle', size: 13, turn: -90 }),
  );
  // The last column's name leans out to the right.
  return drawing({ width: right + Math.max(MARGIN, longest * 0.75), height: bottom + 40 }, title, parts);
}
