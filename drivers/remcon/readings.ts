import { EmagentError } from '../../src/contract/errors.ts';
import { type Command, READ, type StageAxes } from './codec/commands.ts';
import { parseNumbers } from './codec/lines.ts';
import type { RemconPort } from './port.ts';

/** What `C95?` tells. */
export interface StageReading extends StageAxes {
  readonly moving: boolean;
}

const misread = (command: Command, data: string, wanted: string): EmagentError =>
  new EmagentError('EM_PROTOCOL', `SmartSEM answered "${command}" with "${data.slice(0, 60)}"; ${wanted} was expected.`, { context: { command } });

/** So many numbers. Throws EM_PROTOCOL. */
export function askNumbers(port: RemconPort, command: Command, options: { readonly count: number; readonly signal?: AbortSignal | undefined }): Promise<number[]> {
  const { count, signal } = options;
  const read = (data: string): number[] => {
    const numbers = parseNumbers(data, count);
    if (numbers === undefined) throw misread(command, data, count === 1 ? 'a number' : `${count} numbers`);
    return numbers;
  };
  return port.ask(command, read, { signal });
}

/** One number. Throws EM_PROTOCOL. */
export async function askNumber(port: RemconPort, command: Command, signal?: AbortSignal): Promise<number> {
  const [value] = await askNumbers(port, command, { count: 1, signal });
  return value as number;
}

/** 0 or 1, also as `0.0` and `1.0`. Throws EM_PROTOCOL. */
export function askFlag(port: RemconPort, command: Command, signal?: AbortSignal): Promise<boolean> {
  const read = (data: string): boolean => {
    const value = parseNumbers(data, 1)?.[0];
    if (value !== 0 && value !== 1) throw misread(command, data, '0 or 1');
    return value === 1;
  };
  return port.ask(command, read, { signal });
}

export function askText(port: RemconPort, command: Command, signal?: AbortSignal): Promise<string> {
  const read = (data: string): string => {
    if (data === '') throw misread(command, data, 'a text');
    return data;
  };
  return port.ask(command, read, { signal });
}

/** The vacuum, in the unit of the instrument; a unit behind the number is let go. */
export function askVacuum(port: RemconPort, signal?: AbortSignal): Promise<number> {
  const read = (data: string): number => {
    const value = parseNumbers(data.split(/\s+/)[0] ?? '', 1)?.[0];
    if (value === undefined) throw misread(READ.vacuum, data, 'a pressure');
    return value;
  };
  return port.ask(READ.vacuum, read, { signal });
}

export async function askStage(port: RemconPort, signal?: AbortSignal): Promise<StageReading> {
  const [xMm, yMm, zMm, tiltDeg, rotationDeg, mMm, moving] = (await askNumbers(port, READ.stage, { count: 7, signal })) as [
    number, number, number, number, number, number, number,
  ];
  return { xMm, yMm, zMm, tiltDeg, rotationDeg, mMm, moving: moving !== 0 };
}
