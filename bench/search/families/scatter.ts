import type { FieldRequest } from './family.ts';

/** Where something is laid down: fractions of tiles, from the left and top edge. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** Draws places until so many different tiles of the field are taken; gives up on what does not fit after many tries. */
export function takeTiles({ columns, rows }: Pick<FieldRequest, 'columns' | 'rows'>, count: number, draw: () => Place): number[] {
  const tiles = new Set<number>();
  for (let tries = 0; tiles.size < count && tries < 200 * (count + 10); tries++) {
    const { x, y } = draw();
    const [column, row] = [Math.floor(x), Math.floor(y)];
    if (column >= 0 && column < columns && row >= 0 && row < rows) tiles.add(row * columns + column);
  }
  return [...tiles];
}

export function logUniform(low: number, high: number, { random }: FieldRequest): number {
  return low * (high / low) ** random.uniform();
}

/** So many targets as the density asks for, and enough for the search to be completed; never more than half of the tiles. */
export function targetsAt(density: number, { columns, rows, finds }: FieldRequest): number {
  const tiles = columns * rows;
  return Math.min(Math.floor(tiles / 2), Math.max(finds + 1, Math.round(density * tiles)));
}

export function anywhere({ columns, rows, random }: FieldRequest): Place {
  const x = random.uniform() * columns;
  return { x, y: random.uniform() * rows };
}

/** Thomas process: parents anywhere, children normally distributed around them. */
export function clusters(request: FieldRequest, how: { readonly count: number; readonly perCluster: number; readonly sdTiles: number }): number[] {
  const { random } = request;
  const centres = Array.from({ length: Math.max(1, Math.round(how.count / how.perCluster)) }, () => anywhere(request));
  return takeTiles(request, how.count, () => {
    const { x, y } = centres[random.integer(centres.length)]!;
    return { x: x + how.sdTiles * random.gaussian(), y: y + how.sdTiles * random.gaussian() };
  });
}
