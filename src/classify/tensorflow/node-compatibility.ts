import { createRequire } from 'node:module';

/**
 * TensorFlow.js 4.22 calls functions of node:util that Node 23 took away (tfjs#8425). They are put back, with what they did;
 * nothing happens on a Node that still has them. To be called before the package is loaded.
 */
export function restoreUtilFunctions(): void {
  const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>;
  const gone: Record<string, (value: unknown) => boolean> = {
    isNullOrUndefined: (value) => value === null || value === undefined,
    isUndefined: (value) => value === undefined,
    isNull: (value) => value === null,
    isArray: Array.isArray,
    isString: (value) => typeof value === 'string',
    isNumber: (value) => typeof value === 'number',
    isBoolean: (value) => typeof value === 'boolean',
    isFunction: (value) => typeof value === 'function',
    isObject: (value) => typeof value === 'object' && value !== null,
  };
  for (const [name, replacement] of Object.entries(gone)) util[name] ??= replacement;
}
