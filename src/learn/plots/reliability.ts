import type { ReliabilityBin } from '../evaluation/reliability.ts';
import { drawing, fixed, textAt } from './svg.ts';
import { axes, xOf, yOf, type UnitSquare } from './unit-square.ts';

const SQUARE: UnitSquare = { left: 66, top: 62, size: 380 };
const HISTOGRAM = { top: SQUARE.top + SQUARE.size + 66, height: 70 } as const;
/** Share of a bin's width that its bar takes. */
const BAR = 0.9;

/** Above the plot, right-aligned. */
const legend = (right: number): string[] => [
  `<rect x="${right - 252}" y="36" width="12" height="12" fill="#3b75af"/>`,
  textAt([right - 234, 46], 'right'),
  `<rect x="${right - 190}" y="36" width="12" height="12" fill="#d1495b" fill-opacity="0.35" stroke="#d1495b"/>`,
  textAt([right - 172, 46], 'gap to the mean probability'),
];

/**
 * Reliability plot: accuracy against the probability of the winner, with the gap to the diagonal, and below it how many pictures
 * each bar stands for.
 */
export function reliabilitySvg({ bins, ece, title }: { readonly bins: readonly ReliabilityBin[]; readonly ece: number; readonly title: string }): string {
  const { left, top, size } = SQUARE;
  const parts = [textAt([left, 26], title, { size: 15, bold: true }), textAt([left, 46], `ECE ${ece.toFixed(3)}`, { colour: '#555' }), ...axes(SQUARE, { x: 'probability of the winner, %', y: 'right, %' })];
  const most = Math.max(1, ...bins.map(({ n }) => n));
  for (const { from, to, n, accuracy, confidence } of bins) {
    if (n === 0) continue;
    const width = (to - from) * size * BAR;
    const x = xOf(SQUARE, (from + to) / 2) - width / 2;
    const [upper, lower] = [yOf(SQUARE, Math.max(accuracy, confidence)), yOf(SQUARE, Math.min(accuracy, confidence))];
    const tall = (n / most) * HISTOGRAM.height;
    parts.push(
      `<rect x="${fixed(x)}" y="${fixed(yOf(SQUARE, accuracy))}" width="${fixed(width)}" height="${fixed(accuracy * size)}" fill="#3b75af"/>`,
      `<rect x="${fixed(x)}" y="${fixed(upper)}" width="${fixed(width)}" height="${fixed(lower - upper)}" fill="#d1495b" fill-opacity="0.35" stroke="#d1495b"/>`,
      `<rect x="${fixed(x)}" y="${fixed(HISTOGRAM.top + HISTOGRAM.height - tall)}" width="${fixed(width)}" height="${fixed(tall)}" fill="#999"/>`,
      textAt([x + width / 2, HISTOGRAM.top + HISTOGRAM.height - tall - 4], String(n), { anchor: 'middle', size: 9, colour: '#555' }),
    );
  }
  parts.push(
    `<path d="M${left} ${top + size}L${left + size} ${top}" stroke="#222" stroke-dasharray="5 4" fill="none"/>`,
    `<path d="M${left} ${HISTOGRAM.top + HISTOGRAM.height}h${size}" stroke="#888" fill="none"/>`,
    textAt([left - 44, HISTOGRAM.top + HISTOGRAM.height / 2], 'pictures', { anchor: 'middle', turn: -90, size: 13 }),
    ...legend(left + size),
  );
  return drawing({ width: left + size + 30, height: HISTOGRAM.top + HISTOGRAM.height + 20 }, title, parts);
}
