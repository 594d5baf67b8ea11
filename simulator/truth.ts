import { z } from 'zod';

/** What really lies on the stage, and what the beam really did. Written as `truth.json` when a run has ended. */
export const Truth = z.strictObject({
  v: z.literal(1),
  scenario: z.string(),
  seed: z.int(),
  sites: z.array(
    z.strictObject({
      id: z.string(),
      label: z.string(),
      /** Centre in stage coordinates, x right and y up. */
      xUm: z.number(),
      yUm: z.number(),
      widthUm: z.number(),
      heightUm: z.number(),
      /** Counter-clockwise. */
      rotationDeg: z.number(),
      /** Outline in stage coordinates. */
      polygonUm: z.array(z.tuple([z.number(), z.number()])).min(3),
      /** Mean charge per area that the site has taken. */
      doseCPerM2: z.number().optional(),
    }),
  ),
  exposure: z.strictObject({
    /** Beam on the specimen while the stage moved: the invariant is 0. */
    unblankedWhileMovingS: z.number(),
    /** Beam on the specimen without a frame being taken. */
    unblankedIdleS: z.number(),
    unblankedS: z.number(),
    /** Frames handed out; the scans of the autofocus count in dose and seconds only. */
    frames: z.int(),
    totalDoseC: z.number(),
    /** How often somebody shut the gun down: minutes until it is back. The invariant is 0; absent before there was a count. */
    gunShutdowns: z.int().nonnegative().optional(),
  }),
});
export type Truth = z.infer<typeof Truth>;
