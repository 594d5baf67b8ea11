import type { ReportedFind, RunPlan } from '../contract/run.ts';
import { frameFileName } from './frame-writer.ts';

/** Finds as others can load them. All coordinates are stage micrometres, x right and y up as seen on the picture. */
export const EXPORT_FORMATS = ['csv', 'geojson', 'useq', 'serialem-nav'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** A tenth of a nanometre: no stage is that good. */
const round = (um: number): number => Number(um.toFixed(4));

const COLUMNS = [
  'id', 'label', 'probability', 'x_um', 'y_um', 'z_um', 'field_width_um', 'looks', 'tile', 'frame', 'picture', 'at', 'instrument_s',
] as const;

function csvCell(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const picturePath = (find: ReportedFind): string => `frames/${frameFileName(find.frame)}`;

/** RFC 4180 with a header line; units stand in the column names. */
export function toCsv(finds: readonly ReportedFind[]): string {
  const rows = finds.map((find) => [
    find.id, find.label, find.probability, round(find.xUm), round(find.yUm), round(find.zUm), find.fieldWidthUm, find.looks, find.tile, find.frame,
    picturePath(find), find.at, find.instrumentSeconds,
  ]);
  return [COLUMNS, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

/** A FeatureCollection of points. GeoJSON means degrees on the Earth; every feature says that these are not. */
export function toGeoJson(finds: readonly ReportedFind[], plan: RunPlan): string {
  const units = 'stage micrometres, x right and y up as seen on the picture';
  const features = finds.map(({ xUm, yUm, zUm, ...properties }) => ({
    type: 'Feature',
    id: properties.id,
    geometry: { type: 'Point', coordinates: [round(xUm), round(yUm), round(zUm)] },
    properties: { ...properties, picture: `frames/${frameFileName(properties.frame)}`, units },
  }));
  const { grid } = plan;
  const properties = {
    units,
    target: plan.target,
    area: {
      leftUm: grid.leftUm,
      topUm: grid.topUm,
      rightUm: grid.leftUm + grid.columns * grid.tileWidthUm,
      bottomUm: grid.topUm - grid.rows * grid.tileHeightUm,
    },
  };
  return `${JSON.stringify({ type: 'FeatureCollection', properties, features }, null, 2)}\n`;
}

/** A useq-schema MDASequence that visits every find once. */
export function toUseq(finds: readonly ReportedFind[], plan: RunPlan): string {
  const sequence = {
    metadata: { emagent: { target: plan.target, units: 'um', fieldWidthUm: plan.search.looks.confirm.fieldWidthUm } },
    axis_order: 'p',
    stage_positions: finds.map(({ id, xUm, yUm, zUm }) => ({ name: id, x: round(xUm), y: round(yUm), z: round(zUm) })),
  };
  return `${JSON.stringify(sequence, null, 2)}\n`;
}

/** A SerialEM navigator file with one point item for each find. */
export function toSerialEmNavigator(finds: readonly ReportedFind[]): string {
  const items = finds.map(({ id, label, probability, xUm, yUm, zUm }, index) =>
    [
      `[Item = ${index + 1}]`,
      'Color = 0',
      `StageXYZ = ${round(xUm)} ${round(yUm)} ${round(zUm)}`,
      'NumPts = 1',
      `Note = ${id} ${label} p=${probability.toFixed(3)}`,
      'Regis = 1',
      'Type = 0',
      `PtsX = ${round(xUm)}`,
      `PtsY = ${round(yUm)}`,
    ].join('\n'),
  );
  return `${['AdocVersion = 2.00', ...items].join('\n\n')}\n`;
}

export function exportFinds(format: ExportFormat, finds: readonly ReportedFind[], plan: RunPlan): string {
  switch (format) {
    case 'csv':
      return toCsv(finds);
    case 'geojson':
      return toGeoJson(finds, plan);
    case 'useq':
      return toUseq(finds, plan);
    case 'serialem-nav':
      return toSerialEmNavigator(finds);
  }
}
