import { z } from 'zod';
import { EmagentError } from '../contract/errors.ts';
import type { Zone } from '../contract/region.ts';
import { unitUm } from './lengths.ts';
import { readDocument } from './read-file.ts';

const Xy = z.tuple([z.number(), z.number()]).rest(z.number());
const Outline = z.array(Xy).min(1);

/** One shape of a region file. */
const FileShape = z.union([
  z.strictObject({ rectangle: z.strictObject({ left: z.number(), right: z.number(), bottom: z.number(), top: z.number() }) }),
  z.strictObject({ circle: z.strictObject({ x: z.number(), y: z.number(), radius: z.number() }) }),
  z.strictObject({ polygon: z.union([Outline, z.strictObject({ outline: Outline, holes: z.array(Outline).default([]) })]) }),
]);

/** `region.yaml`: lengths in the unit that it names, micrometres else. */
const RegionFile = z.strictObject({
  units: z.string().default('um'),
  region: z.array(FileShape).default([]),
  'keep-out': z.array(FileShape).default([]),
});

const Geometry = z.discriminatedUnion('type', [
  z.object({ type: z.literal('Polygon'), coordinates: z.array(Outline).min(1) }),
  z.object({ type: z.literal('MultiPolygon'), coordinates: z.array(z.array(Outline).min(1)) }),
  /** Only with a `radius` among the properties: a circle. */
  z.object({ type: z.literal('Point'), coordinates: Xy }),
]);
const Properties = z.object({ role: z.string().optional(), radius: z.number().optional(), units: z.string().optional() }).nullish();
const Feature = z.object({ type: z.literal('Feature'), geometry: Geometry, properties: Properties });
const GeoJson = z.discriminatedUnion('type', [
  z.object({ type: z.literal('FeatureCollection'), features: z.array(Feature), properties: Properties }),
  Feature,
  z.object({ type: z.literal('Polygon'), coordinates: z.array(Outline).min(1) }),
  z.object({ type: z.literal('MultiPolygon'), coordinates: z.array(z.array(Outline).min(1)) }),
]);

export interface FileRegion {
  readonly search: readonly Zone[];
  readonly keepOut: readonly Zone[];
}

type XyOf = z.infer<typeof Xy>;

/** Corners without repetitions: the last one is the first again in GeoJSON. */
function outlineOf(corners: readonly XyOf[], scale: number): [number, number][] {
  const points = corners.map(([x, y]): [number, number] => [x * scale, y * scale]);
  return points.filter(([x, y], index) => {
    const [nextX, nextY] = points[(index + 1) % points.length]!;
    return points.length === 1 || x !== nextX || y !== nextY;
  });
}

function scaleOf(units: string | undefined, path: string): number {
  if (units === undefined) return 1;
  // What emagent writes itself: `stage micrometres, x right and y up as seen on the picture`.
  if (/micromet(er|re)s/i.test(units)) return 1;
  if (/millimet(er|re)s/i.test(units)) return 1000;
  const scale = unitUm(units);
  if (scale === undefined) throw new EmagentError('EM_REGION', `The region file ${path} has the unit "${units}"; known are um, mm and nm.`);
  return scale;
}

function zoneOf(shape: z.infer<typeof FileShape>, scale: number): Zone {
  if ('rectangle' in shape) {
    const { left, right, bottom, top } = shape.rectangle;
    return { kind: 'rectangle', leftUm: left * scale, rightUm: right * scale, bottomUm: bottom * scale, topUm: top * scale };
  }
  if ('circle' in shape) return { kind: 'circle', xUm: shape.circle.x * scale, yUm: shape.circle.y * scale, radiusUm: shape.circle.radius * scale };
  const { polygon } = shape;
  const outlines = Array.isArray(polygon) ? [polygon] : [polygon.outline, ...polygon.holes];
  return { kind: 'polygon', outlines: outlines.map((outline) => outlineOf(outline, scale)) };
}

function fromGeoJson(document: z.infer<typeof GeoJson>, path: string): FileRegion {
  const search: Zone[] = [];
  const keepOut: Zone[] = [];
  const common = 'properties' in document ? document.properties?.units : undefined;
  const features = document.type === 'FeatureCollection' ? document.features : document.type === 'Feature' ? [document] : [{ geometry: document, properties: undefined }];
  for (const { geometry, properties } of features) {
    const scale = scaleOf(properties?.units ?? common, path);
    const role = properties?.role ?? 'search';
    if (role !== 'search' && role !== 'keep-out') throw new EmagentError('EM_REGION', `The region file ${path} has a feature of the role "${role}"; there are search and keep-out.`);
    const into = role === 'keep-out' ? keepOut : search;
    if (geometry.type === 'Point') {
      if (properties?.radius === undefined) throw new EmagentError('EM_REGION', `The region file ${path} has a point without a radius: it is no shape.`);
      const [x, y] = geometry.coordinates;
      into.push({ kind: 'circle', xUm: x * scale, yUm: y * scale, radiusUm: properties.radius * scale });
      continue;
    }
    const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
    for (const outlines of polygons) into.push({ kind: 'polygon', outlines: outlines.map((outline) => outlineOf(outline, scale)) });
  }
  return { search, keepOut };
}

/** Reads shapes from YAML, JSON or GeoJSON. Throws EM_REGION. */
export async function readRegionFile(path: string): Promise<FileRegion> {
  const document = await readDocument({ path, what: 'The region file', code: 'EM_REGION' });
  const isGeoJson = typeof document === 'object' && document !== null && 'type' in document;
  const checked = isGeoJson ? GeoJson.safeParse(document) : RegionFile.safeParse(document);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    const at = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
    throw new EmagentError('EM_REGION', `The region file ${path} is no ${isGeoJson ? 'GeoJSON of polygons' : 'list of shapes'}${at}: ${issue?.message ?? ''}.`);
  }
  const region = 'type' in checked.data ? fromGeoJson(checked.data, path) : undefined;
  if (region !== undefined) return region;
  const { units, region: shapes, 'keep-out': zones } = checked.data as z.infer<typeof RegionFile>;
  const scale = scaleOf(units, path);
  return { search: shapes.map((shape) => zoneOf(shape, scale)), keepOut: zones.map((shape) => zoneOf(shape, scale)) };
}
