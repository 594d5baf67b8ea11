import { z } from 'zod';

/** The part of the fault catalogue that the simulated instrument has; each name is described in docs/simulator.md. */
export const FaultName = z.enum([
  'stops-short',
  'move-fails',
  'vacuum-trip',
  'beam-trip',
  'incomplete-frame',
  'frozen-frame',
  'defocus',
  'hang',
]);
export type FaultName = z.infer<typeof FaultName>;

/** When and how often a fault strikes: after n commands that can have it, at an instrument time, or with a probability. */
export const FaultScript = z.strictObject({
  fault: FaultName,
  when: z.union([
    z.strictObject({ after: z.int().nonnegative() }),
    z.strictObject({ atS: z.number().nonnegative() }),
    z.strictObject({ p: z.number().min(0).max(1) }),
  ]),
  /** Number of times; once when absent. */
  count: z.int().positive().optional(),
});
export type FaultScript = z.infer<typeof FaultScript>;
