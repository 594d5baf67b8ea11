/**
 * The settings in a picture of SmartSEM: tag 34118 (Latin-1) and 34119 (the same in UTF-16LE). Lines with CRLF: three zeros,
 * seven numbers, the zones 1 to 3 with seven numbers each, a count, and for each entry a line with its key and one with
 * its label and value. Seen in a file of SmartSEM V07.03.
 */
export const ZEISS_TAG = 34118;
export const ZEISS_TAG_UTF16 = 34119;

export interface Quantity {
  readonly value: number;
  /** As written: `nm`, `µm`, `kV`, empty. */
  readonly unit: string;
}

export interface ZeissSettings {
  /** Width of the whole picture on the specimen, m: the first number of the header x 1024. */
  readonly fieldWidthM: number | undefined;
  /** The second number of the header; with more digits than the entry AP_MAG, which stands in where there is none. */
  readonly magnification: number | undefined;
  /** Text of an entry, without its label and its surrounding blanks. */
  text(key: string): string | undefined;
  /** An entry that is a number, with its unit. */
  quantity(key: string): Quantity | undefined;
  /** An entry in SI units (m, A, V, s) or deg, %; undefined when it is absent or its unit is of another kind. */
  si(key: string, unit: SiUnit): number | undefined;
}

export type SiUnit = 'm' | 'A' | 'V' | 's' | 'deg' | '%' | '';

const PREFIXES: Readonly<Record<string, number>> = { p: 1e-12, n: 1e-9, µ: 1e-6, μ: 1e-6, u: 1e-6, m: 1e-3, '': 1, k: 1e3, K: 1e3, M: 1e6 };
const KEY = /^[A-Z]{2}_[A-Z0-9_]+$/;
/** Width in px that the pixel size of the header refers to, whatever the picture has. */
const HEADER_WIDTH_PX = 1024;

function factorOf(written: string, wanted: SiUnit): number | undefined {
  if (wanted === 'deg') return written === '°' ? 1 : undefined;
  // A magnification: `188 X`, `1.20 K X`.
  const unit = wanted === '' ? written.replace(/\s*X$/, '') : written;
  if (!unit.endsWith(wanted)) return undefined;
  return PREFIXES[unit.slice(0, unit.length - wanted.length).trim()];
}

export function parseZeissText(text: string): ZeissSettings {
  const lines = text.replace(/\0+$/, '').split(/\r?\n/);
  const entries = new Map<string, string>();
  for (const [index, line] of lines.entries()) {
    const key = line.trim();
    // `Label = value`, but `Label: value` for date and time.
    const value = KEY.test(key) ? /^[^=:]*(?: = |: )(.*)$/.exec(lines[index + 1] ?? '')?.[1] : undefined;
    if (value !== undefined) entries.set(key, value.trim());
  }
  const pixelSizeM = Number(lines[3] ?? Number.NaN);
  const quantity = (key: string): Quantity | undefined => {
    const [, number, unit] = /^([+-]?\d[\d.]*(?:e[+-]?\d+)?)\s*(.*)$/i.exec(entries.get(key) ?? '') ?? [];
    return number === undefined ? undefined : { value: Number(number), unit: unit?.trim() ?? '' };
  };
  const si = (key: string, unit: SiUnit): number | undefined => {
    const found = quantity(key);
    const factor = found === undefined ? undefined : factorOf(found.unit, unit);
    return found === undefined || factor === undefined ? undefined : found.value * factor;
  };
  const magnification = Number(lines[4] ?? Number.NaN);
  return {
    fieldWidthM: pixelSizeM > 0 ? pixelSizeM * HEADER_WIDTH_PX : undefined,
    magnification: magnification > 0 ? magnification : si('AP_MAG', ''),
    text: (key) => entries.get(key),
    quantity,
    si,
  };
}

/** Reads the bytes of tag 34118; undefined when they are no settings of SmartSEM. */
export function decodeZeissTag(bytes: Uint8Array | undefined): ZeissSettings | undefined {
  if (bytes === undefined) return undefined;
  const settings = parseZeissText(Buffer.from(bytes).toString('latin1'));
  return settings.text('AP_MAG') === undefined && settings.text('AP_PHOTO_NUMBER') === undefined ? undefined : settings;
}

export interface ZeissHeader {
  readonly pixelSizeM: number;
  readonly magnification: number;
  readonly ehtV: number;
  readonly probeCurrentA: number;
  readonly workingDistanceM: number;
}

/** Two numbers of each block whose meaning is not known; they are the same in all of them. */
const UNKNOWN = { third: '6', fifth: '2.27' } as const;
const ZONES = [1, 2, 3] as const;

/** An entry as it stands in the file: its key and its whole second line. */
export type ZeissEntry = readonly [key: string, line: string];

export function formatZeissText(header: ZeissHeader, entries: readonly ZeissEntry[]): string {
  const { pixelSizeM, magnification, ehtV, probeCurrentA, workingDistanceM } = header;
  const block = [pixelSizeM.toExponential(9), magnification.toPrecision(8), UNKNOWN.third, String(ehtV), UNKNOWN.fifth, probeCurrentA.toExponential(6), workingDistanceM.toPrecision(8)];
  const lines = ['0', '0', '0', ...block, ...ZONES.flatMap((zone) => [String(zone), ...block]), String(entries.length), ...entries.flat()];
  return `${lines.join('\r\n')}\r\n`;
}

/** Bytes of the tags 34118 and 34119. */
export function encodeZeissTags(text: string): { readonly latin1: Uint8Array; readonly utf16: Uint8Array } {
  return { latin1: Buffer.from(`${text}\0`, 'latin1'), utf16: Buffer.from(`${text}\0`, 'utf16le') };
}
