import { EmagentError } from '../../contract/errors.ts';
import type { RunPlan } from '../../contract/run.ts';
import type { TileGrid } from '../../contract/strategy.ts';
import { excludedTiles, tileAt, tileCentre, tileCount, tilesIn } from '../../search/grid.ts';
import { rectangleAround } from '../../search/zones.ts';
import type { PriorSource } from './read.ts';

export interface Prior {
  /** Per tile, see `SearchOptions.priorLogOdds`. */
  readonly logOdds: number[];
  readonly told: NonNullable<RunPlan['prior']>;
}

/** No place is taken for granted before it was looked at. */
const MOST_PROBABLE = 0.5;
/** Beyond this many standard deviations a position says nothing. */
const KERNEL_REACH = 4;
const DEFAULT_RADIUS_FIELDS = 2;

const logit = (p: number): number => Math.log(p / (1 - p));
const percent = (share: number): string => `${Math.round(share * 100)} %`;

function checkCovered(grid: TileGrid, { source, edges }: Extract<PriorSource, { kind: 'picture' }>, tiles: readonly number[]): void {
  const covered = tiles.filter((tile) => {
    const { xUm, yUm } = tileCentre(grid, tile);
    return xUm >= edges.leftUm && xUm <= edges.rightUm && yUm >= edges.bottomUm && yUm <= edges.topUm;
  }).length;
  if (covered === tiles.length) return;
  const { leftUm, bottomUm, rightUm, topUm } = edges;
  throw new EmagentError('EM_REGION', `The overview picture ${source} covers only ${percent(Math.floor((100 * covered) / tiles.length) / 100)} of the area: it reaches from (${leftUm}, ${bottomUm}) to (${rightUm}, ${topUm}) µm.`);
}

/** Mean grey value of a tile's part of the picture, above black; at least the nearest pixel. */
function brightness(grid: TileGrid, { image, edges }: Extract<PriorSource, { kind: 'picture' }>, tile: number): number {
  const { xUm, yUm } = tileCentre(grid, tile);
  const scaleX = image.widthPx / (edges.rightUm - edges.leftUm);
  const scaleY = image.heightPx / (edges.topUm - edges.bottomUm);
  const [left, right] = [-1, 1].map((side) => (xUm + (side * grid.tileWidthUm) / 2 - edges.leftUm) * scaleX) as [number, number];
  const [top, bottom] = [1, -1].map((side) => (edges.topUm - yUm - (side * grid.tileHeightUm) / 2) * scaleY) as [number, number];
  const span = (from: number, to: number, size: number): readonly [number, number] => {
    const middle = Math.min(size - 1, Math.max(0, Math.floor((from + to) / 2)));
    return [Math.min(middle, Math.max(0, Math.round(from))), Math.max(middle + 1, Math.min(size, Math.round(to)))];
  };
  const [x0, x1] = span(left, right, image.widthPx);
  const [y0, y1] = span(top, bottom, image.heightPx);
  let sum = 0;
  for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) sum += image.data[y * image.widthPx + x]!;
  return sum / ((x1 - x0) * (y1 - y0));
}

/** Sum of Gaussian bells around the positions, at each tile. */
function nearness(grid: TileGrid, { positions, source }: Extract<PriorSource, { kind: 'positions' | 'run' }>, radiusUm: number): { density: Float64Array; inside: number } {
  const density = new Float64Array(tileCount(grid));
  const excluded = excludedTiles(grid);
  let inside = 0;
  for (const { xUm, yUm, weight } of positions) {
    const at = tileAt(grid, { xUm, yUm });
    if (at !== undefined && !excluded.has(at)) inside++;
    for (const tile of tilesIn(grid, rectangleAround({ xUm, yUm }, 2 * KERNEL_REACH * radiusUm, 2 * KERNEL_REACH * radiusUm))) {
      const centre = tileCentre(grid, tile);
      density[tile]! += weight * Math.exp(-((centre.xUm - xUm) ** 2 + (centre.yUm - yUm) ** 2) / (2 * radiusUm ** 2));
    }
  }
  if (inside === 0) throw new EmagentError('EM_REGION', `None of the ${positions.length} positions of ${source} lies in the area that is to be searched.`);
  return { density, inside };
}

/**
 * Prior log-odds of the tiles. Of the targets that the prevalence makes expect, the share `trust` is spread over the area as
 * the source says (in proportion to the grey value of a picture, or to Gaussian bells around positions), the rest evenly: so a
 * prior that is wrong never makes a place less likely than 1 - trust of what it was. Throws EM_REGION.
 */
export function priorOf(source: PriorSource, grid: TileGrid, { prevalence, fieldWidthUm }: { readonly prevalence: number; readonly fieldWidthUm: number }): Prior {
  const excluded = excludedTiles(grid);
  const tiles = Array.from({ length: tileCount(grid) }, (_, tile) => tile).filter((tile) => !excluded.has(tile));
  const { trust, kind } = source;
  let density: Float64Array;
  let words: string;
  if (source.kind === 'picture') {
    checkCovered(grid, source, tiles);
    density = new Float64Array(tileCount(grid));
    for (const tile of tiles) density[tile] = brightness(grid, source, tile);
    const least = tiles.reduce((low, tile) => Math.min(low, density[tile]!), Infinity);
    const most = tiles.reduce((high, tile) => Math.max(high, density[tile]!), 0);
    if (!(most > least)) throw new EmagentError('EM_REGION', `The overview picture ${source.source} has the same brightness everywhere in the area: it says nothing about where targets are.`);
    words = `${percent(trust)} of the targets are expected where the picture is bright, in proportion to its grey value`;
  } else {
    const radiusUm = source.radiusUm ?? DEFAULT_RADIUS_FIELDS * fieldWidthUm;
    const near = nearness(grid, source, radiusUm);
    density = near.density;
    const what = kind === 'run' ? 'finds of the earlier run' : 'listed positions';
    words = `${percent(trust)} of the targets are expected around ${near.inside} ${what} (of ${source.positions.length}), within about ${radiusUm} µm`;
  }
  const mean = tiles.reduce((sum, tile) => sum + density[tile]!, 0) / tiles.length;
  const most = Math.max(MOST_PROBABLE, prevalence);
  const logOdds = Array.from({ length: tileCount(grid) }, () => 0);
  for (const tile of tiles) {
    const p = Math.min(most, prevalence * (1 - trust + (trust * density[tile]!) / mean));
    logOdds[tile] = Math.round(1000 * (logit(p) - logit(prevalence))) / 1000;
  }
  return { logOdds, told: { kind, source: source.source, trust, words: `${words}, the others everywhere alike.` } };
}
