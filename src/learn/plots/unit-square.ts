import { fixed, textAt } from './svg.ts';

/** A square plot whose axes both run over a share. */
export interface UnitSquare {
  readonly left: number;
  readonly top: number;
  readonly size: number;
  /** Least value on the vertical axis; 0 unless all that matters lies near 1. */
  readonly least?: number;
}

const TICKS = 5;

export const xOf = ({ left, size }: UnitSquare, share: number): number => left + share * size;
export const yOf = ({ top, size, least = 0 }: UnitSquare, share: number): number => top + ((1 - share) / (1 - least)) * size;

/** Frame, grid, ticks in per cent and names of the axes. */
export function axes(square: UnitSquare, names: { readonly x: string; readonly y: string }): string[] {
  const { left, top, size, least = 0 } = square;
  const parts = [`<rect x="${left}" y="${top}" width="${size}" height="${size}" fill="#fafafa" stroke="#888"/>`];
  for (let tick = 0; tick <= TICKS; tick++) {
    const share = tick / TICKS;
    const value = least + share * (1 - least);
    parts.push(
      `<path d="M${fixed(xOf(square, share))} ${top}v${size}M${left} ${fixed(yOf(square, value))}h${size}" stroke="#ddd" fill="none"/>`,
      textAt([xOf(square, share), top + size + 18], `${Math.round(share * 100)}`, { anchor: 'middle', colour: '#555' }),
      textAt([left - 8, yOf(square, value) + 4], `${Math.round(value * 100)}`, { anchor: 'end', colour: '#555' }),
    );
  }
  parts.push(textAt([left + size / 2, top + size + 40], names.x, { anchor: 'middle', size: 13 }), textAt([left - 44, top + size / 2], names.y, { anchor: 'middle', size: 13, turn: -90 }));
  return parts;
}
