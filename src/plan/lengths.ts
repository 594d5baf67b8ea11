import { EmagentError } from '../contract/errors.ts';

/** Micrometres in one of each unit that a person may write. */
const UM_OF = { um: 1, 'µm': 1, 'μm': 1, mm: 1000, nm: 0.001 } as const;

const LENGTH = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(um|µm|μm|mm|nm)?$/i;

/** Micrometres in a unit by its name; undefined for no known one. */
export function unitUm(name: string): number | undefined {
  return UM_OF[name.trim().toLowerCase() as keyof typeof UM_OF];
}

/** `1.5mm`, `300um`, `300`: micrometres when no unit is said. Throws EM_REGION. */
export function parseLengthUm(text: string, where: string): number {
  const match = LENGTH.exec(text.trim());
  if (match === null) throw new EmagentError('EM_REGION', `"${text.trim()}" in ${where} is no length such as 300 (µm) or 1.2mm.`);
  return Number(match[1]) * (unitUm(match[2] ?? 'um') ?? 1);
}
