import type { TileGrid } from '../../contract/strategy.ts';
import { shadeOf } from '../shade.ts';
import type { Snapshot } from '../snapshot.ts';

/** Colours of the 256-colour palette from improbable to probable: dark blue, teal, yellow. */
const RAMP = [234, 235, 17, 18, 24, 31, 37, 43, 79, 120, 191, 227] as const;
const FIND_COLOUR = 208;
const OUTSIDE_COLOUR = 232;
const SHADES = ' ░▒▓█';

interface Cell {
  /** 0 improbable to 1 probable; undefined outside the area. */
  readonly shade: number | undefined;
  readonly find: boolean;
}

/** The most probable tile of each cell: what is rare must not vanish in a small map. */
function cells(snapshot: Snapshot, columns: number, rows: number): Cell[][] {
  const { grid } = snapshot.plan!;
  const found = new Set(snapshot.finds.map(({ tile }) => tile));
  return Array.from({ length: rows }, (_row, y) =>
    Array.from({ length: columns }, (_column, x) => {
      let best = -1;
      let find = false;
      const [fromRow, toRow] = [Math.floor((y * grid.rows) / rows), Math.max(Math.floor((y * grid.rows) / rows) + 1, Math.floor(((y + 1) * grid.rows) / rows))];
      const [fromColumn, toColumn] = [
        Math.floor((x * grid.columns) / columns),
        Math.max(Math.floor((x * grid.columns) / columns) + 1, Math.floor(((x + 1) * grid.columns) / columns)),
      ];
      for (let row = fromRow; row < toRow; row++) {
        for (let column = fromColumn; column < toColumn; column++) {
          const tile = row * grid.columns + column;
          best = Math.max(best, snapshot.map.posterior[tile] ?? -1);
          find ||= found.has(tile);
        }
      }
      return { shade: best < 0 ? undefined : shadeOf(best), find };
    }),
  );
}

function colourOf({ shade, find }: Cell): number {
  if (find) return FIND_COLOUR;
  return shade === undefined ? OUTSIDE_COLOUR : RAMP[Math.min(RAMP.length - 1, Math.floor(shade * RAMP.length))]!;
}

function letterOf({ shade, find }: Cell): string {
  if (find) return 'X';
  return shade === undefined ? ' ' : SHADES[Math.min(SHADES.length - 1, Math.floor(shade * SHADES.length))]!;
}

/** Cells of the map: each tile k x k of them where there is room, else several tiles in one. */
function cellCount(grid: TileGrid, widest: number, tallest: number): { columns: number; rows: number } {
  const aspect = (grid.columns * grid.tileWidthUm) / (grid.rows * grid.tileHeightUm);
  const fits = Math.max(1, Math.min(tallest, widest / aspect));
  const whole = Math.floor(fits / grid.rows);
  const rows = whole >= 1 ? whole * grid.rows : Math.floor(fits);
  return { columns: Math.max(1, Math.min(widest, Math.round(rows * aspect))), rows };
}

/**
 * The map in at most `width` x `height` characters, in the proportions of the area. With colours a character shows two
 * rows (its upper and lower half); without, finds are X and probable places are darker.
 */
export function blockMap(snapshot: Snapshot, size: { width: number; height: number; colours: boolean }): string[] {
  if (snapshot.plan === null) return [];
  // A character is about twice as tall as wide, so that half a character is square.
  const { columns, rows } = cellCount(snapshot.plan.grid, size.width, size.height * 2);
  if (!size.colours) return cells(snapshot, columns, Math.ceil(rows / 2)).map((line) => line.map(letterOf).join(''));
  const map = cells(snapshot, columns, rows);
  const lines: string[] = [];
  for (let row = 0; row < rows; row += 2) {
    const lower = map[row + 1];
    const text = map[row]!.map((upper, column) => {
      const below = lower?.[column];
      return `\u001b[38;5;${colourOf(upper)}${below === undefined ? '' : `;48;5;${colourOf(below)}`}m▀`;
    });
    lines.push(`${text.join('')}\u001b[0m`);
  }
  return lines;
}
