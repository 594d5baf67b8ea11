import { z } from 'zod';

/**
 * A recording of everything that went over the wires of one connection to an instrument, as JSON lines: the header, then
 * one record for each chunk. docs/recording-a-wire.md describes it.
 */
export const WIRE_RECORDING_VERSION = 1;

/** What a replay must know of a protocol in order to tell what is the same message again. */
export interface WireDialect {
  /**
   * What is sent, as text (latin1), that changes nothing at the instrument: how often that is sent depends on how fast the
   * machine is, so that a replay takes more or less of it. Everything else must come as it was recorded.
   */
  readonly queries?: RegExp;
  /**
   * What is sent, as text (latin1), only to get into step again after a conversation was broken off. It changes nothing; it is
   * answered as it was the first time, when nothing else was on its way.
   */
  readonly resynchronisers?: RegExp;
  /** For binary protocols whose messages carry a running number; JSON messages with an `id` are known without. */
  readonly numbered?: NumberedMessages;
}

export interface NumberedMessages {
  /** Cuts what comes over one connection into messages, each as it stood on the wire. */
  reader(): (bytes: Uint8Array) => Uint8Array[];
  /** The running number, absent where it has none, and what identifies the message without it. */
  identify(message: Uint8Array): { readonly id?: number; readonly rest: string };
  /** The same message with another running number. */
  renumber(message: Uint8Array, id: number): Uint8Array;
}

/** The address `replay:FILE` has no options. */
export const ReplayOptions = z.strictObject({});

export const WireHeader = z.strictObject({
  format: z.literal('emagent-wire'),
  v: z.literal(WIRE_RECORDING_VERSION),
  /** Address of the microscope, its secrets replaced. */
  url: z.string(),
  /** As which it was spoken to. */
  clientName: z.string(),
  /** Wall-clock time, ISO 8601. */
  startedAt: z.string(),
});
export type WireHeader = z.infer<typeof WireHeader>;

const at = {
  /** Milliseconds since the start. */
  t: z.number(),
};
/** Number of the connection, in the order of opening, from 1. */
const link = z.int().positive();
/** Text as it is; other bytes as base64 under the second name. A message of a WebSocket is text or bytes by its own kind. */
export const WireRecord = z.union([
  z.strictObject({ ...at, link, open: z.string() }),
  z.strictObject({ ...at, link, sent: z.string() }),
  z.strictObject({ ...at, link, sentBase64: z.string() }),
  z.strictObject({ ...at, link, received: z.string() }),
  z.strictObject({ ...at, link, receivedBase64: z.string() }),
  /** The connection is gone: the reason, or empty when it was closed by this end. */
  z.strictObject({ ...at, link, closed: z.string() }),
  /** A picture that was taken from the watched folder; without a name and bytes where none lay there, or none came. */
  z.strictObject({ ...at, wanted: z.enum(['next', 'newest']), picture: z.string(), bytesBase64: z.string() }),
]);
export type WireRecord = z.infer<typeof WireRecord>;
