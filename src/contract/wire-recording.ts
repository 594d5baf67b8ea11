import { z } from 'zod';

/**
 * A recording of everything that went over the wires of one connection to an instrument, as JSON lines: the header, then
 * one record for each chunk. docs/recording-a-wire.md describes it.
 */
export const WIRE_RECORDING_VERSION = 1;

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
  /** A picture that was taken from the watched folder; without a name and bytes where none lay there. */
  z.strictObject({ ...at, wanted: z.enum(['next', 'newest']), picture: z.string(), bytesBase64: z.string() }),
]);
export type WireRecord = z.infer<typeof WireRecord>;
