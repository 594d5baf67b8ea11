import { EmagentError } from '../contract/errors.ts';
import type { Region, Zone } from '../contract/region.ts';
import { readRegionFile } from './region-file.ts';
import { isShapeWords, parseShape } from './region-words.ts';
import { checkApart, checkShape, type NamedShape } from './shapes.ts';

/** What a user gives: shapes in words, or files of them. */
export interface RegionRequest {
  readonly region: readonly string[];
  readonly keepOut: readonly string[];
}

const named = (zones: readonly Zone[], name: (number: number) => string): NamedShape[] => zones.map((zone, index) => ({ name: name(index + 1), zone }));

/**
 * The shapes that are to be searched and those that no picture may show, read and checked. A region file may hold both; with
 * `--keep-out` all of its shapes are keep-out zones. Throws EM_REGION.
 */
export async function readRegion({ region, keepOut }: RegionRequest): Promise<Region> {
  const shapes: NamedShape[] = [];
  const barred: NamedShape[] = [];
  for (const text of region) {
    if (isShapeWords(text)) shapes.push({ name: `The region ${text}`, zone: parseShape(text) });
    else {
      const file = await readRegionFile(text);
      if (file.search.length === 0) throw new EmagentError('EM_REGION', `The region file ${text} holds no shape to search in.`);
      shapes.push(...named(file.search, (number) => `Shape ${number} of ${text}`));
      barred.push(...named(file.keepOut, (number) => `Keep-out zone ${number} of ${text}`));
    }
  }
  for (const text of keepOut) {
    if (isShapeWords(text)) barred.push({ name: `The keep-out zone ${text}`, zone: parseShape(text) });
    else {
      const file = await readRegionFile(text);
      const zones = [...file.keepOut, ...file.search];
      if (zones.length === 0) throw new EmagentError('EM_REGION', `The keep-out file ${text} holds no shape.`);
      barred.push(...named(zones, (number) => `Keep-out zone ${number} of ${text}`));
    }
  }
  for (const shape of [...shapes, ...barred]) checkShape(shape);
  checkApart(shapes);
  return { search: shapes.map(({ zone }) => zone), keepOut: barred.map(({ zone }) => zone) };
}
