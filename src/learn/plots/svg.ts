import { DRAWING_FONT } from '../../imaging/svg-picture.ts';

export const escapeXml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Short enough for a file, exact enough for a drawing. */
export const fixed = (value: number): string => String(Math.round(value * 100) / 100);

export interface TextOptions {
  readonly size?: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly colour?: string;
  /** Turned about its own position, degrees clockwise. */
  readonly turn?: number;
  readonly bold?: boolean;
}

/** Text whose baseline begins, ends or has its middle at the position. */
export function textAt([x, y]: readonly [number, number], text: string, { size = 12, anchor = 'start', colour = '#222', turn, bold = false }: TextOptions = {}): string {
  const turned = turn === undefined ? '' : ` transform="rotate(${turn} ${fixed(x)} ${fixed(y)})"`;
  return `<text x="${fixed(x)}" y="${fixed(y)}" font-size="${size}" text-anchor="${anchor}" fill="${colour}"${bold ? ' font-weight="bold"' : ''}${turned}>${escapeXml(text)}</text>`;
}

/** A whole drawing on white. */
export function drawing({ width, height }: { readonly width: number; readonly height: number }, title: string, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${fixed(width)}" height="${fixed(height)}" viewBox="0 0 ${fixed(width)} ${fixed(height)}" font-family="${DRAWING_FONT}, sans-serif">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${fixed(width)}" height="${fixed(height)}" fill="#fff"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}
