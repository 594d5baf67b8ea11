import { EmagentError } from '../contract/errors.ts';
import type { GreyImage } from '../contract/frame.ts';

const TAG = {
  width: 256,
  height: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  description: 270,
  stripOffsets: 273,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  xResolution: 282,
  yResolution: 283,
  planarConfiguration: 284,
  resolutionUnit: 296,
  software: 305,
  colourMap: 320,
} as const;

const ASCII = 2;
const SHORT = 3;
const LONG = 4;
const RATIONAL = 5;
const SIZE: Readonly<Record<number, number>> = { 1: 1, [ASCII]: 1, [SHORT]: 2, [LONG]: 4, [RATIONAL]: 8 };
const CENTIMETRE = 3;

/** One value of a directory, as it stands in the file. */
export interface TiffEntry {
  readonly tag: number;
  /** 1 byte, 2 ASCII, 3 short, 4 long, 5 rational. */
  readonly type: number;
  /** In units of the type. */
  readonly count: number;
  /** Little-endian. */
  readonly bytes: Uint8Array;
}

const scalar = (tag: number, type: typeof SHORT | typeof LONG, value: number): TiffEntry => {
  const bytes = new Uint8Array(4);
  const view = new DataView(bytes.buffer);
  if (type === SHORT) view.setUint16(0, value, true);
  else view.setUint32(0, value, true);
  return { tag, type, count: 1, bytes: bytes.subarray(0, SIZE[type]) };
};
const ascii = (tag: number, text: string): TiffEntry => {
  const bytes = Buffer.from(`${text}\0`, 'latin1');
  return { tag, type: ASCII, count: bytes.length, bytes };
};
/** Thousandths, as far as 32 bits go: enough for a resolution. */
const rational = (tag: number, value: number): TiffEntry => {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  const denominator = value < 4e6 ? 1000 : 1;
  view.setUint32(0, Math.min(0xffffffff, Math.round(value * denominator)), true);
  view.setUint32(4, denominator, true);
  return { tag, type: RATIONAL, count: 1, bytes };
};

/**
 * Baseline TIFF 6.0: one grey page, little-endian, uncompressed, one strip.
 * `description` must be ASCII. 8-bit data is a Uint8Array, 16-bit a Uint16Array.
 */
export function encodeTiff(
  image: GreyImage & { readonly data: Uint8Array | Uint16Array },
  options: { description: string; pixelSizeUm: number },
): Uint8Array {
  const { heightPx, data } = image;
  const pixelsPerCm = 10_000 / options.pixelSizeUm;
  const bytesPerPixel = data instanceof Uint8Array ? 1 : 2;
  return assemble(image, [
    scalar(TAG.bitsPerSample, SHORT, bytesPerPixel * 8),
    scalar(TAG.photometric, SHORT, 1),
    ascii(TAG.description, options.description),
    scalar(TAG.rowsPerStrip, LONG, heightPx),
    rational(TAG.xResolution, pixelsPerCm),
    rational(TAG.yResolution, pixelsPerCm),
    scalar(TAG.planarConfiguration, SHORT, 1),
    scalar(TAG.resolutionUnit, SHORT, CENTIMETRE),
    ascii(TAG.software, 'emagent'),
  ]);
}

/**
 * As some microscopes write theirs: little-endian, uncompressed, one strip, 8 bit over a colour map that is a ramp of
 * greys, resolution 1 without a unit, and private tags.
 */
export function encodePaletteTiff(image: GreyImage & { readonly data: Uint8Array }, tags: readonly TiffEntry[]): Uint8Array {
  const ramp = new Uint8Array(3 * 256 * 2);
  const view = new DataView(ramp.buffer);
  for (let index = 0; index < 3 * 256; index++) view.setUint16(2 * index, (index % 256) * 257, true);
  return assemble(image, [
    scalar(TAG.bitsPerSample, SHORT, 8),
    scalar(TAG.photometric, SHORT, 3),
    scalar(TAG.rowsPerStrip, LONG, 0xffffffff),
    rational(TAG.xResolution, 1),
    rational(TAG.yResolution, 1),
    scalar(TAG.resolutionUnit, SHORT, 1),
    { tag: TAG.colourMap, type: SHORT, count: 3 * 256, bytes: ramp },
    ...tags,
  ]);
}

/** Pixels in one strip, then the directory, then the values that do not fit into it. */
function assemble({ widthPx, heightPx, data }: GreyImage, more: readonly TiffEntry[]): Uint8Array {
  const bytesPerPixel = data instanceof Uint8Array ? 1 : 2;
  const stripBytes = widthPx * heightPx * bytesPerPixel;
  const stripOffset = 8;
  const directoryOffset = stripOffset + stripBytes + (stripBytes % 2);
  // A directory is sorted by its tags.
  const entries = [
    scalar(TAG.width, LONG, widthPx),
    scalar(TAG.height, LONG, heightPx),
    scalar(TAG.compression, SHORT, 1),
    scalar(TAG.stripOffsets, LONG, stripOffset),
    scalar(TAG.samplesPerPixel, SHORT, 1),
    scalar(TAG.stripByteCounts, LONG, stripBytes),
    ...more,
  ].toSorted((a, b) => a.tag - b.tag);
  const valuesOffset = directoryOffset + 2 + entries.length * 12 + 4;
  const far = entries.filter((entry) => entry.bytes.length > 4);
  const total = valuesOffset + far.reduce((sum, entry) => sum + entry.bytes.length + (entry.bytes.length % 2), 0);
  const file = new Uint8Array(total);
  const view = new DataView(file.buffer);
  file.set([0x49, 0x49, 42, 0]);
  view.setUint32(4, directoryOffset, true);
  if (bytesPerPixel === 1) file.set(data, stripOffset);
  else for (let index = 0; index < data.length; index++) view.setUint16(stripOffset + 2 * index, data[index]!, true);
  view.setUint16(directoryOffset, entries.length, true);
  let farOffset = valuesOffset;
  for (const [index, entry] of entries.entries()) {
    const at = directoryOffset + 2 + index * 12;
    view.setUint16(at, entry.tag, true);
    view.setUint16(at + 2, entry.type, true);
    view.setUint32(at + 4, entry.count, true);
    if (entry.bytes.length <= 4) {
      file.set(entry.bytes, at + 8);
    } else {
      view.setUint32(at + 8, farOffset, true);
      file.set(entry.bytes, farOffset);
      farOffset += entry.bytes.length + (entry.bytes.length % 2);
    }
  }
  return file;
}

interface Field {
  readonly tag: number;
  readonly type: number;
  readonly from: number;
  readonly length: number;
}

/** Where the values of the first directory lie; throws RangeError where that is beyond the file. Nothing for what is no classic TIFF. */
function fieldsOf(bytes: Uint8Array): { readonly view: DataView; readonly little: boolean; readonly fields: Field[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const mark = Buffer.from(bytes.subarray(0, 2)).toString('latin1');
  const little = mark === 'II';
  if (bytes.length < 8 || (mark !== 'II' && mark !== 'MM') || view.getUint16(2, little) !== 42) return { view, little, fields: [] };
  const start = view.getUint32(4, little);
  const fields = Array.from({ length: view.getUint16(start, little) }, (_, index): Field => {
    const at = start + 2 + index * 12;
    const type = view.getUint16(at + 2, little);
    const length = (SIZE[type] ?? 1) * view.getUint32(at + 4, little);
    return { tag: view.getUint16(at, little), type, length, from: length <= 4 ? at + 8 : view.getUint32(at + 8, little) };
  });
  return { view, little, fields };
}

/** The bytes of one tag of the first directory, as they stand in the file; undefined where there is no such tag, or no TIFF. */
export function readTiffTag(bytes: Uint8Array, tag: number): Uint8Array | undefined {
  try {
    const field = fieldsOf(bytes).fields.find((candidate) => candidate.tag === tag);
    return field === undefined || field.from + field.length > bytes.length ? undefined : bytes.subarray(field.from, field.from + field.length);
  } catch {
    // Cut short: it has no directory that could be read.
    return undefined;
  }
}

/** Whether something of a TIFF lies beyond its end: values or strips. A decoder lets the former pass with a warning. */
export function isCutShort(bytes: Uint8Array): boolean {
  try {
    const { view, little, fields } = fieldsOf(bytes);
    if (fields.some(({ from, length }) => from + length > bytes.length)) return true;
    const numbers = (tag: number): number[] => {
      const field = fields.find((candidate) => candidate.tag === tag);
      if (field === undefined || (field.type !== SHORT && field.type !== LONG)) return [];
      const size = SIZE[field.type] ?? 1;
      return Array.from({ length: field.length / size }, (_, k) => (size === 2 ? view.getUint16(field.from + 2 * k, little) : view.getUint32(field.from + 4 * k, little)));
    };
    const counts = numbers(TAG.stripByteCounts);
    return numbers(TAG.stripOffsets).some((offset, index) => offset + (counts[index] ?? 0) > bytes.length);
  } catch {
    return true;
  }
}

/** Values of the first directory's entries, by tag: numbers, or text. */
function readDirectory(view: DataView, little: boolean): Map<number, number[] | string> {
  const start = view.getUint32(4, little);
  const values = new Map<number, number[] | string>();
  for (let index = 0; index < view.getUint16(start, little); index++) {
    const at = start + 2 + index * 12;
    const type = view.getUint16(at + 2, little);
    const count = view.getUint32(at + 4, little);
    const size = SIZE[type];
    if (size === undefined) continue;
    const from = size * count <= 4 ? at + 8 : view.getUint32(at + 8, little);
    const tag = view.getUint16(at, little);
    if (type === ASCII) {
      values.set(tag, Buffer.from(view.buffer, view.byteOffset + from, count).toString('utf8').replace(/\0+$/, ''));
      continue;
    }
    const read = (k: number): number => {
      if (type === SHORT) return view.getUint16(from + 2 * k, little);
      if (type === LONG) return view.getUint32(from + 4 * k, little);
      if (type === RATIONAL) return view.getUint32(from + 8 * k, little) / view.getUint32(from + 8 * k + 4, little);
      return view.getUint8(from + k);
    };
    values.set(tag, Array.from({ length: count }, (_, k) => read(k)));
  }
  return values;
}

/**
 * Reads the first page of an uncompressed grey TIFF of 8 or 16 bit, in either byte order.
 * Throws EM_PICTURE for anything else, and for a file that is cut short.
 */
export function decodeTiff(bytes: Uint8Array, name: string): GreyImage & { data: Uint8Array | Uint16Array; description: string } {
  const refuse = (why: string): EmagentError => new EmagentError('EM_PICTURE', `${name} is not a TIFF that can be read here: ${why}.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const mark = Buffer.from(bytes.subarray(0, 2)).toString('latin1');
  if (bytes.length < 8 || (mark !== 'II' && mark !== 'MM')) throw refuse('it does not begin like one');
  const little = mark === 'II';
  try {
    const values = readDirectory(view, little);
    const number = (tag: number, fallback: number): number => {
      const value = values.get(tag);
      return typeof value === 'object' ? (value[0] ?? fallback) : fallback;
    };
    const [widthPx, heightPx, bits] = [number(TAG.width, 0), number(TAG.height, 0), number(TAG.bitsPerSample, 1)];
    if (number(TAG.compression, 1) !== 1) throw refuse('it is compressed');
    if (number(TAG.samplesPerPixel, 1) !== 1 || (bits !== 8 && bits !== 16)) throw refuse('it is not grey with 8 or 16 bit');
    const offsets = values.get(TAG.stripOffsets);
    const counts = values.get(TAG.stripByteCounts);
    if (typeof offsets !== 'object' || typeof counts !== 'object') throw refuse('it has no strips');
    const strips = Buffer.concat(
      offsets.map((offset, index) => {
        const length = counts[index] ?? 0;
        if (offset + length > bytes.length) throw refuse('it is cut short');
        return bytes.subarray(offset, offset + length);
      }),
    );
    if (widthPx * heightPx === 0 || strips.length < (widthPx * heightPx * bits) / 8) throw refuse('it is cut short');
    const description = values.get(TAG.description);
    return { widthPx, heightPx, data: toPixels(strips, widthPx * heightPx, { bits, little }), description: typeof description === 'string' ? description : '' };
  } catch (cause) {
    if (cause instanceof RangeError) throw refuse('it is cut short');
    throw cause;
  }
}

function toPixels(strips: Buffer, count: number, form: { bits: number; little: boolean }): Uint8Array | Uint16Array {
  if (form.bits === 8) return new Uint8Array(strips.subarray(0, count));
  return Uint16Array.from({ length: count }, (_, index) => (form.little ? strips.readUInt16LE(2 * index) : strips.readUInt16BE(2 * index)));
}
