import { createRequire } from 'node:module';
import sharp from 'sharp';

/** The font that text in drawings should name, so that it looks alike on every machine. */
export const DRAWING_FONT = 'DejaVu Sans';

let fontIsKnown: Promise<unknown> | undefined;

/**
 * Makes our font known to the renderer, for machines that have none (servers, containers): there, text would be left out without a
 * word. A font file that was once used for a text is known to all later drawings of the process.
 */
function knowFont(): Promise<unknown> {
  const fontfile = createRequire(import.meta.url).resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf');
  fontIsKnown ??= sharp({ text: { text: ' .', font: DRAWING_FONT, fontfile } }).png().toBuffer();
  return fontIsKnown;
}

/** A PNG of an SVG drawing, `scale` pixels for each of its units. */
export async function renderSvg(svg: string, { scale = 2 }: { readonly scale?: number } = {}): Promise<Uint8Array> {
  await knowFont();
  // 72 dots per inch is one pixel per unit.
  return sharp(Buffer.from(svg), { density: 72 * scale }).flatten({ background: '#fff' }).png({ compressionLevel: 9 }).toBuffer();
}
