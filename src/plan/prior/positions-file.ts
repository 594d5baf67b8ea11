import { z } from 'zod';
import { EmagentError } from '../../contract/errors.ts';
import { parseCsv } from '../../lib/csv.ts';
import { unitUm } from '../lengths.ts';
import { readBytes, readDocument } from '../read-file.ts';

export interface WeightedPosition {
  readonly xUm: number;
  readonly yUm: number;
  /** Probability that it is one, 1 when nothing is said. */
  readonly weight: number;
}

const Point = z.object({
  geometry: z.object({ type: z.literal('Point'), coordinates: z.tuple([z.number(), z.number()]).rest(z.number()) }),
  properties: z.object({ probability: z.number().min(0).max(1).optional() }).nullish(),
});
const Document = z.union([
  z.object({ type: z.literal('FeatureCollection'), features: z.array(Point), properties: z.object({ units: z.string().optional() }).nullish() }),
  z.object({ stage_positions: z.array(z.object({ x: z.number(), y: z.number() })) }),
]);

const wrong = (path: string, what: string): EmagentError => new EmagentError('EM_REGION', `The list of positions ${path} ${what}.`);

/** Columns `x_um` and `y_um` (or `x_mm` and `y_mm`), and `probability` if there is one. */
function fromCsv(text: string, path: string): WeightedPosition[] {
  const rows = parseCsv(text);
  const names = Object.keys(rows[0] ?? {});
  const unit = ['um', 'mm'].find((name) => names.includes(`x_${name}`) && names.includes(`y_${name}`));
  if (unit === undefined) throw wrong(path, 'has no columns x_um and y_um (or x_mm and y_mm) with rows below them');
  const scale = unitUm(unit) ?? 1;
  return rows.map((row, index) => {
    const number = (name: string): number => (row[name]?.trim() ? Number(row[name]) : Number.NaN);
    const [x, y] = [number(`x_${unit}`), number(`y_${unit}`)];
    const weight = names.includes('probability') ? number('probability') : 1;
    if (!Number.isFinite(x) || !Number.isFinite(y)) throw wrong(path, `has no position in row ${index + 1}`);
    if (!(weight >= 0 && weight <= 1)) throw wrong(path, `has no probability from 0 to 1 in row ${index + 1}`);
    return { xUm: x * scale, yUm: y * scale, weight };
  });
}

function fromDocument(document: unknown, path: string): WeightedPosition[] {
  const checked = Document.safeParse(document);
  if (!checked.success) throw wrong(path, 'is neither a GeoJSON collection of points nor a useq-schema sequence with stage_positions');
  if ('stage_positions' in checked.data) return checked.data.stage_positions.map(({ x, y }) => ({ xUm: x, yUm: y, weight: 1 }));
  const units = checked.data.properties?.units ?? 'um';
  const scale = /millimet/i.test(units) ? 1000 : /micromet/i.test(units) ? 1 : unitUm(units);
  if (scale === undefined) throw wrong(path, `has the unit "${units}"; known are um, mm and nm`);
  return checked.data.features.map(({ geometry: { coordinates: [x, y] }, properties }) => ({ xUm: x * scale, yUm: y * scale, weight: properties?.probability ?? 1 }));
}

/** Throws EM_REGION. */
export async function readPositions(path: string, extension: string): Promise<WeightedPosition[]> {
  const file = { path, what: 'The list of positions', code: 'EM_REGION' } as const;
  if (!['.csv', '.json', '.geojson', '.yaml', '.yml'].includes(extension)) {
    throw new EmagentError('EM_REGION', `The prior ${path} is no picture, no list of positions (.csv, .geojson, .json) and no run folder.`);
  }
  const positions = extension === '.csv' ? fromCsv(new TextDecoder().decode(await readBytes(file)), path) : fromDocument(await readDocument(file), path);
  if (positions.every(({ weight }) => weight === 0)) throw wrong(path, 'names no position');
  return positions;
}
