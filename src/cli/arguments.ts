import type { z } from 'zod';
import { EmagentError } from '../contract/errors.ts';

const flag = (path: string): string => (path.length === 1 ? `-${path}` : `--${path.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);

function sentence(issue: z.core.$ZodIssue, value: unknown): string {
  const path = issue.path.map(String).join('.');
  const name = path === '' ? 'The arguments' : flag(path);
  if (Array.isArray(value) && issue.code === 'invalid_type' && issue.expected !== 'array') {
    return `${name} was given ${value.length} times: give it once.`;
  }
  if (typeof value === 'number' && Number.isNaN(value)) return `${name} needs a number.`;
  return `${name}: ${issue.message}.`;
}

/**
 * Checks what yargs parsed. yargs turns `abc` into NaN and a repeated option into an array without a word, so that every
 * value passes here. Throws EM_USAGE with one sentence per fault.
 */
export function checkArguments<T>(schema: z.ZodType<T>, parsed: Record<string, unknown>): T {
  const result = schema.safeParse(parsed);
  if (result.success) return result.data;
  const sentences = result.error.issues.map((issue) => {
    let value: unknown = parsed;
    for (const key of issue.path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key];
    return sentence(issue, value);
  });
  throw new EmagentError('EM_USAGE', [...new Set(sentences)].join(' '));
}
