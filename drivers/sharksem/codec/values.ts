import { EmagentError } from '../../../src/contract/errors.ts';

/**
 * Types of arguments and results: `i` int and `u` unsigned (4 bytes), `f` float (as text, the way of C's strtod), `s` string.
 * A `?` marks an argument that may be left out, with all that follow it. A map is a string: `readMap`.
 */
export type Kind = 'i' | 'u' | 'f' | 's';
export type ArgumentKind = Kind | `${Kind}?`;
export type Value<K extends ArgumentKind> = K extends 's' | 's?' ? string : number;
export type Values<K extends readonly ArgumentKind[]> = { -readonly [I in keyof K]: Value<K[I]> };

const padded = (length: number): number => Math.ceil(length / 4) * 4;

export function encodeBytes(bytes: Uint8Array): Buffer {
  const encoded = Buffer.alloc(4 + padded(bytes.length));
  encoded.writeUInt32LE(bytes.length, 0);
  encoded.set(bytes, 4);
  return encoded;
}

function encodeValue(kind: Kind, value: number | string): Buffer {
  if (kind === 's') return encodeBytes(Buffer.from(`${value}\0`, 'utf8'));
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new EmagentError('EM_LIMIT', `${String(value)} cannot be sent as a number.`);
  if (kind === 'f') return encodeBytes(Buffer.from(`${value}\0`, 'latin1'));
  const bytes = Buffer.alloc(4);
  if (kind === 'i') bytes.writeInt32LE(Math.trunc(value));
  else bytes.writeUInt32LE(Math.trunc(value));
  return bytes;
}

const bareKind = (kind: ArgumentKind): Kind => kind[0] as Kind;

/** Body of a message. There may be fewer values than kinds when those that are missing are optional or of another version. */
export function encodeValues(kinds: readonly ArgumentKind[], values: readonly (number | string)[]): Buffer {
  return Buffer.concat(values.map((value, index) => encodeValue(bareKind(kinds[index] as ArgumentKind), value)));
}

/** Reads a body from left to right. Every method throws EM_PROTOCOL when the body ends too soon or the value is none of its type. */
export interface BodyReader {
  int(): number;
  unsigned(): number;
  float(): number;
  string(): string;
  /** An array of bytes: its length, itself, and padding. */
  bytes(): Uint8Array;
  readonly isAtEnd: boolean;
}

export function createBodyReader(body: Uint8Array): BodyReader {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  let at = 0;
  const take = (length: number): number => {
    if (at + length > buffer.length) throw new EmagentError('EM_PROTOCOL', `A SharkSEM message ends after ${buffer.length} bytes, in the middle of a value.`);
    const start = at;
    at += length;
    return start;
  };
  const bytes = (): Uint8Array => {
    const length = buffer.readUInt32LE(take(4));
    const start = take(length);
    // The padding of the last value may be missing.
    at = Math.min(buffer.length, start + padded(length));
    return buffer.subarray(start, start + length);
  };
  // Some writers count the padding, too: the text ends at its first NUL in either case.
  const string = (): string => {
    const text = bytes();
    const end = text.indexOf(0);
    return Buffer.from(end < 0 ? text : text.subarray(0, end)).toString('utf8');
  };
  return {
    int: () => buffer.readInt32LE(take(4)),
    unsigned: () => buffer.readUInt32LE(take(4)),
    float: () => {
      const text = string();
      const value = Number.parseFloat(text);
      if (!Number.isFinite(value)) throw new EmagentError('EM_PROTOCOL', `"${text}" stands where a number was expected.`);
      return value;
    },
    string,
    bytes,
    get isAtEnd() {
      return at >= buffer.length;
    },
  };
}

/**
 * The values of a body. Optional ones may be missing, more than expected are ignored (newer systems send some).
 * Throws EM_PROTOCOL.
 */
export function decodeValues(kinds: readonly ArgumentKind[], body: Uint8Array): (number | string)[] {
  const reader = createBodyReader(body);
  const values: (number | string)[] = [];
  for (const kind of kinds) {
    if (kind.endsWith('?') && reader.isAtEnd) break;
    const bare = bareKind(kind);
    if (bare === 's') values.push(reader.string());
    else if (bare === 'f') values.push(reader.float());
    else values.push(bare === 'i' ? reader.int() : reader.unsigned());
  }
  return values;
}

/** `key=value` lines in any order. */
export function readMap(text: string): Map<string, string> {
  const map = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const at = line.indexOf('=');
    if (at > 0) map.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
  }
  return map;
}

export function writeMap(entries: Iterable<readonly [string, string | number]>): string {
  return Array.from(entries, ([key, value]) => `${key}=${value}\n`).join('');
}
