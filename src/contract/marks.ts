import { z } from 'zod';

/** What a person says of a find. */
export const Marked = z.enum(['right', 'wrong']);
export type Marked = z.infer<typeof Marked>;

/** `marks.json` of a run folder: verdict by find. */
export const Marks = z.strictObject({ v: z.literal(1), marks: z.record(z.string(), Marked) });
export type Marks = z.infer<typeof Marks>;
