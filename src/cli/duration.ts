import { z } from 'zod';

const UNIT_S: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3600 };

/** `90`, `90s`, `30m`, `1.5h` as seconds. */
export const Duration = z.union([z.number(), z.string()]).transform((value, context) => {
  const match = /^(\d+(?:\.\d+)?)\s*(s|m|min|h)?$/.exec(String(value));
  const seconds = match === null ? Number.NaN : Number(match[1]) * (UNIT_S[match[2] ?? 's'] ?? Number.NaN);
  if (!(seconds > 0)) {
    context.addIssue({ code: 'custom', message: `"${value}" is no duration such as 90s, 30m or 1.5h` });
    return z.NEVER;
  }
  return seconds;
});
