import { EmagentError } from '../../src/contract/errors.ts';
import type { BenchOptions } from '../registry.ts';
import { checkStrategy } from './baselines/registry.ts';
import type { Family } from './families/family.ts';
import { FAMILIES, FIELDS_2B, loadFamily } from './families/registry.ts';
import { RASTER } from './metrics.ts';
import type { Task } from './task.ts';

/** One part of a table: families, a size, seeds and strategies. */
export interface Part {
  readonly families: readonly string[];
  readonly edgeTiles: number;
  readonly seeds: { readonly from: number; readonly to: number };
  readonly strategies: readonly string[];
  /** The first so many seeds are played twice: trace and calibration. */
  readonly again: number;
}

const MAX_TILES = 4e6;
const DEFAULT = { n: '4096', seeds: '0:30', strategies: 'adaptive', again: 5 } as const;

const list = (text: string): string[] => text.split(',').map((word) => word.trim()).filter((word) => word !== '');

export function parseSeeds(text: string): { from: number; to: number } {
  const match = /^(\d+):(\d+)$/.exec(text);
  const [from, to] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || to <= from || to > 2 ** 31) {
    throw new EmagentError('EM_USAGE', `--seeds "${text}" is no range such as 0:200, the second number left out and larger than the first.`);
  }
  return { from, to };
}

function parseEdge(text: string): number {
  const tiles = Number(text);
  const edge = Math.round(Math.sqrt(tiles));
  if (!Number.isInteger(tiles) || edge ** 2 !== tiles || tiles < 16 || tiles > MAX_TILES) {
    throw new EmagentError('EM_USAGE', `--n "${text}" is no square number of tiles from 16 to ${MAX_TILES}, such as 100, 4096, 65536 or 1000000.`);
  }
  return edge;
}

function fits({ edges }: Family, edge: number): boolean {
  return edges === undefined || edges.includes(edge);
}

/** The parts that options ask for. Throws EM_USAGE and EM_UNKNOWN_NAME. */
export async function partsOf({ family, n, seeds, strategy, reference }: BenchOptions): Promise<Part[]> {
  const names = family === undefined ? Object.keys(FAMILIES) : list(family);
  const families = await Promise.all(names.map(async (name) => ({ name, family: await loadFamily(name) })));
  const wanted = list(strategy ?? DEFAULT.strategies).map(checkStrategy);
  if (reference !== undefined) checkStrategy(reference);
  if (wanted.length === 0 || names.length === 0) throw new EmagentError('EM_USAGE', 'Nothing was selected: a list of families or strategies is empty.');
  const strategies = [...new Set([RASTER, ...wanted, ...(reference === undefined ? [] : [reference])])];
  const range = parseSeeds(seeds ?? DEFAULT.seeds);
  return list(n ?? DEFAULT.n).map((text) => {
    const edgeTiles = parseEdge(text);
    const unfit = families.find(({ family: loaded }) => !fits(loaded, edgeTiles));
    if (unfit !== undefined && family !== undefined) {
      throw new EmagentError('EM_USAGE', `The family ${unfit.name} is made for ${unfit.family.edges!.map((edge) => edge ** 2).join(', ')} tiles, not for ${text}.`);
    }
    return { families: families.filter(({ family: loaded }) => fits(loaded, edgeTiles)).map(({ name }) => name), edgeTiles, seeds: range, strategies, again: DEFAULT.again };
  });
}

export function tasksOf(parts: readonly Part[]): Task[] {
  return parts.flatMap(({ families, edgeTiles, seeds, strategies, again }) =>
    families.flatMap((family) =>
      Array.from({ length: seeds.to - seeds.from }, (_, at) => ({ family, edgeTiles, seed: seeds.from + at, strategies, again: at < again })),
    ),
  );
}

export const NINE_WORLDS = Object.keys(FIELDS_2B);
