import { z } from 'zod';

/** A place on the stage in micrometres, x right and y up as seen on the picture. */
const XyUm = z.tuple([z.number(), z.number()]);

/**
 * A shape on the stage. A polygon is its outline followed by the outlines of its holes, each without a repeated last corner;
 * what lies in an even number of outlines is outside.
 */
export const Zone = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('rectangle'), leftUm: z.number(), rightUm: z.number(), bottomUm: z.number(), topUm: z.number() }),
  z.strictObject({ kind: z.literal('circle'), xUm: z.number(), yUm: z.number(), radiusUm: z.number() }),
  z.strictObject({ kind: z.literal('polygon'), outlines: z.array(z.array(XyUm)).min(1) }),
]);
export type Zone = z.infer<typeof Zone>;

/** Where a search looks: in shapes that share no area, and never in the keep-out zones. */
export const Region = z.strictObject({
  /** Empty: the rectangle of the grid. */
  search: z.array(Zone),
  keepOut: z.array(Zone),
});
export type Region = z.infer<typeof Region>;
