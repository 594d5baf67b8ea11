import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EmagentError } from '../../../src/contract/errors.ts';
import type { ReplayHole } from './policy.ts';

/** A measured resolution at or below this is good, angstrom. */
const GOOD_A = 6;
/** Probability curve of search.md 2a: even odds at 6 angstrom, width 0.9 angstrom; set by hand there. */
const CURVE = { evenA: 6, widthA: 0.9 } as const;
const MEASURED = /^target_CTF_.*\.csv$/;
const PREDICTED = /regress.*\.txt$/;

export interface ReplayData {
  readonly holes: readonly ReplayHole[];
  /** Per hole: what was measured is good. Only the harness and the near-oracle read this. */
  readonly good: readonly boolean[];
}

async function theFile(folder: string, pattern: RegExp, what: string): Promise<string> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (cause) {
    throw new EmagentError('EM_USAGE', `The data folder "${folder}" cannot be read.`, { cause });
  }
  const fitting = names.filter((name) => pattern.test(name));
  if (fitting.length !== 1) throw new EmagentError('EM_USAGE', `The data folder "${folder}" holds ${fitting.length} files of ${what} (${pattern.source}), not one.`);
  return join(folder, fitting[0]!);
}

async function rows(file: string, columns: { separator: string; value: number }): Promise<Map<string, number>> {
  const values = new Map<string, number>();
  const lines = (await readFile(file, 'utf8')).split(/\r?\n/);
  for (const [at, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const cells = line.split(columns.separator);
    const id = cells[0]!.trim();
    const value = Number(cells[columns.value]);
    if (id === '' || cells[columns.value] === undefined || !Number.isFinite(value)) {
      throw new EmagentError('EM_USAGE', `Line ${at + 1} of ${file} has no number in column ${columns.value + 1}.`);
    }
    if (values.has(id)) throw new EmagentError('EM_USAGE', `Line ${at + 1} of ${file} names the hole ${id} again.`);
    values.set(id, value);
  }
  if (values.size === 0) throw new EmagentError('EM_USAGE', `${file} names no holes.`);
  return values;
}

/** Grid tile, square and patch of an id: by suffix, since some ids lack a part. */
function placeOf(id: string): readonly [string, string, string] {
  const parts = id.split('_');
  const [tile, square, patch] = ['gr', 'sq', 'hl'].map((suffix) => parts.find((part) => part.endsWith(suffix)));
  if (tile === undefined || square === undefined || patch === undefined) {
    throw new EmagentError('EM_USAGE', `The hole ${id} does not say which grid tile (gr), square (sq) and patch (hl) it lies in.`);
  }
  return [tile, square, patch];
}

/**
 * The CryoRL holes of a folder: the measured resolutions (`target_CTF_*.csv`, columns id, x, y, angstrom, …) and those predicted
 * (`*regress*.txt`, id and angstrom). Throws EM_USAGE.
 */
export async function readHoles(folder: string): Promise<ReplayData> {
  const measuredFile = await theFile(folder, MEASURED, 'measured resolutions');
  const predictedFile = await theFile(folder, PREDICTED, 'predictions');
  const measured = await rows(measuredFile, { separator: ',', value: 3 });
  const predicted = await rows(predictedFile, { separator: ' ', value: 1 });
  const numbers = new Map<string, number>();
  const numberOf = (name: string): number => {
    if (!numbers.has(name)) numbers.set(name, numbers.size);
    return numbers.get(name)!;
  };
  const holes = [...measured.keys()].map((id): ReplayHole => {
    const predictedA = predicted.get(id);
    if (predictedA === undefined) throw new EmagentError('EM_USAGE', `${predictedFile} says nothing of the hole ${id}.`);
    const [tile, square, patch] = placeOf(id);
    return {
      id,
      predictedA,
      probability: 1 / (1 + Math.exp((predictedA - CURVE.evenA) / CURVE.widthA)),
      tile: numberOf(tile),
      square: numberOf(`${tile}/${square}`),
      patch: numberOf(`${tile}/${square}/${patch}`),
    };
  });
  return { holes, good: [...measured.values()].map((angstrom) => angstrom <= GOOD_A) };
}
