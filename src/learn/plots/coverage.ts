import type { CoveragePoint } from '../evaluation/selective.ts';
import { drawing, fixed, textAt } from './svg.ts';
import { axes, xOf, yOf, type UnitSquare } from './unit-square.ts';

/** Accuracy against the share of pictures that is answered, the surest first. */
export function coverageSvg({ points, aurc, title }: { readonly points: readonly CoveragePoint[]; readonly aurc: number; readonly title: string }): string {
  const lowest = Math.min(...points.map(({ accuracy }) => accuracy));
  const square: UnitSquare = { left: 66, top: 62, size: 380, least: Math.max(0, Math.floor(lowest * 10) / 10 - 0.1) };
  const path = points.map(({ coverage, accuracy }, index) => `${index === 0 ? 'M' : 'L'}${fixed(xOf(square, coverage))} ${fixed(yOf(square, accuracy))}`).join('');
  const parts = [
    textAt([square.left, 26], title, { size: 15, bold: true }),
    textAt([square.left, 46], `area under the risk-coverage curve ${aurc.toFixed(3)}`, { colour: '#555' }),
    ...axes(square, { x: 'answered, the surest first, %', y: 'right among them, %' }),
    `<path d="${path}" stroke="#3b75af" stroke-width="2" fill="none"/>`,
  ];
  return drawing({ width: square.left + square.size + 30, height: square.top + square.size + 56 }, title, parts);
}
