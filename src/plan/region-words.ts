import { EmagentError } from '../contract/errors.ts';
import type { Zone } from '../contract/region.ts';
import { parseLengthUm } from './lengths.ts';

/** Shapes as they are typed on a command line; anything else names a file. */
const SHAPE = /^(rectangle|circle|polygon):(.*)$/s;

export const isShapeWords = (text: string): boolean => SHAPE.test(text);

const FORMS = {
  rectangle: 'rectangle:LEFT,BOTTOM,RIGHT,TOP',
  circle: 'circle:X,Y,RADIUS',
  polygon: 'polygon:X,Y X,Y X,Y …',
} as const;

/** `rectangle:0,0,1mm,0.5mm`, `circle:100,100,50`, `polygon:0,0 100,0 0,100`, in micrometres unless said. Throws EM_REGION. */
export function parseShape(text: string): Zone {
  const [, kind, rest] = SHAPE.exec(text) as unknown as [string, keyof typeof FORMS, string];
  const lengths = (list: string): number[] => list.split(',').map((part) => parseLengthUm(part, text));
  const wrong = (): EmagentError => new EmagentError('EM_REGION', `"${text}" is no ${FORMS[kind]} in µm.`);
  if (kind === 'polygon') {
    const outline = rest.trim().split(/[\s;]+/).map((corner): [number, number] => {
      const [x, y, ...more] = lengths(corner);
      if (x === undefined || y === undefined || more.length > 0) throw wrong();
      return [x, y];
    });
    return { kind, outlines: [outline] };
  }
  const values = lengths(rest);
  if (values.length !== (kind === 'circle' ? 3 : 4)) throw wrong();
  const [a, b, c, d] = values as [number, number, number, number];
  return kind === 'circle' ? { kind, xUm: a, yUm: b, radiusUm: c } : { kind, leftUm: a, bottomUm: b, rightUm: c, topUm: d };
}
