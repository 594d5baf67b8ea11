import type { Snapshot } from './snapshot.ts';

/** Version of the live protocol; docs/protocol-live.md. Raised when a message changes its meaning. */
export const LIVE_VERSION = 1;
export const LIVE_PATH = '/v1/live';
/** Subprotocol that a browser offers beside `bearer.<token>`, so that the token is not echoed. */
export const LIVE_SUBPROTOCOL = 'emagent-live.v1';

/** First message of every connection. */
export interface Hello {
  readonly type: 'hello';
  readonly v: typeof LIVE_VERSION;
  /** null: no run here, only picture classification. */
  readonly runId: string | null;
  /** Newest event; the snapshot holds everything up to it. -1 before the first. */
  readonly lastSeq: number;
  /** Number of the first event that follows. When it is not the `since` that was asked for, start from the snapshot. */
  readonly nextSeq: number;
  /** Which control requests can be taken at all, and whether pictures can be classified. */
  readonly can: { readonly control: boolean; readonly classify: boolean };
  readonly snapshot: Snapshot;
}

/** Answer to a control request. `id` is the request's, null when it could not be read. */
export interface Ack {
  readonly type: 'ack';
  readonly id: string | number | null;
  readonly accepted: boolean;
  readonly message: string;
}

export type ThumbnailOf = 'frame' | 'find';
const MAGIC = [0x45, 0x4d, 0x54, 0x48] as const; // EMTH
const HEADER_BYTES = 8;
const KINDS: readonly ThumbnailOf[] = ['frame', 'find'];

/**
 * Binary message: `EMTH`, version 1, kind (0 frame, 1 find), length of the frame id in bytes (unsigned 16 bit, big
 * endian), frame id in UTF-8, JPEG.
 */
export function encodeThumbnail(kind: ThumbnailOf, frameId: string, jpeg: Uint8Array): Uint8Array {
  const id = new TextEncoder().encode(frameId);
  const bytes = new Uint8Array(HEADER_BYTES + id.length + jpeg.length);
  bytes.set([...MAGIC, LIVE_VERSION, KINDS.indexOf(kind), id.length >> 8, id.length & 0xff]);
  bytes.set(id, HEADER_BYTES);
  bytes.set(jpeg, HEADER_BYTES + id.length);
  return bytes;
}

/** undefined when the bytes are no thumbnail of this version. */
export function decodeThumbnail(bytes: Uint8Array): { kind: ThumbnailOf; frameId: string; jpeg: Uint8Array } | undefined {
  if (bytes.length < HEADER_BYTES || MAGIC.some((byte, index) => bytes[index] !== byte) || bytes[4] !== LIVE_VERSION) return undefined;
  const kind = KINDS[bytes[5] ?? -1];
  const end = HEADER_BYTES + (((bytes[6] ?? 0) << 8) | (bytes[7] ?? 0));
  if (kind === undefined || end > bytes.length) return undefined;
  return { kind, frameId: new TextDecoder().decode(bytes.subarray(HEADER_BYTES, end)), jpeg: bytes.subarray(end) };
}
