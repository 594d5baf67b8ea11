import { z } from 'zod';
import type { Range } from '../../src/contract/microscope.ts';

/** `-20000..20000` */
const range = z.string().transform((text, context): Range => {
  const [, min, max] = /^([-+.\de]+)\.\.([-+.\de]+)$/i.exec(text) ?? [];
  const parsed = { min: Number(min), max: Number(max) };
  if (min === undefined || !(parsed.min < parsed.max)) {
    context.addIssue({ code: 'custom', message: `"${text}" is no range: write lowest..highest, e.g. -20000..20000` });
    return z.NEVER;
  }
  return parsed;
});

/** What the query of an address may say; docs/protocol-sharksem.md has a line on each. */
export const addressOptions = z.strictObject({
  /** Longest wait for a connection, ms. */
  connectMs: z.coerce.number().positive().default(5000),
  /** Longest wait for the reply to a call that does nothing slow, ms. */
  replyMs: z.coerce.number().positive().default(2000),
  /** How often vacuum, beam and mains are looked at, ms. */
  pollMs: z.coerce.number().min(100).default(1000),
  /** A stage position farther from the target than this is a failed move. */
  toleranceUm: z.coerce.number().positive().default(2),
  toleranceDeg: z.coerce.number().positive().default(0.25),
  /** The stage stops by itself when nobody asks for so long whether it moves, s. */
  watchdogS: z.coerce.number().positive().default(2),
  /** Limits of the stage: narrower than the instrument's own, or in their place when an old one does not tell any. */
  xUm: range.optional(),
  yUm: range.optional(),
  zUm: range.optional(),
  rotationDeg: range.optional(),
  tiltDeg: range.optional(),
  /** Axes that run the other way than x to the right and y up as seen on the image. */
  flip: z.string().regex(/^[xyz]*$/, 'only the letters x, y and z').default(''),
  /** No function tells these; what the instrument sets is read back in any case. */
  fieldWidthUm: range.default({ min: 1, max: 2000 }),
  workingDistanceMm: range.default({ min: 2, max: 20 }),
  stageSpeedUmPerS: z.coerce.number().positive().optional(),
  /** For instruments that do not tell it. */
  beamCurrentPa: z.coerce.number().positive().optional(),
  /** 0 the electrostatic one, 1 the magnetic one of the gun, which is slow and opens by itself during a scan. */
  blanker: z.coerce.number().int().min(0).max(1).default(0),
  /** Channel of the scan generator that is used. */
  channel: z.coerce.number().int().min(0).max(7).default(0),
});
export type AddressOptions = z.infer<typeof addressOptions>;
