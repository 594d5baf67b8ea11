import { EmagentError, isEmagentError } from '../../src/contract/errors.ts';
import { strangerError } from '../links/stranger.ts';
import { type Command, NULL_COMMAND, READ, SET } from './codec/commands.ts';
import { isInvalidCommand, refusalNumberOf } from './codec/refusals.ts';
import type { RemconOptions } from './options.ts';
import type { RemconPort } from './port.ts';
import { askNumber, askText, askVacuum } from './readings.ts';

/** Who answers, and what it can tell. */
export interface Identity {
  /** As `VER?` says it. */
  readonly version: string;
  readonly detector: string;
  readonly tellsVacuum: boolean;
  /** Undefined where it cannot be measured. */
  readonly probeCurrentPa: number | undefined;
}

/** Of an instrument that does not tell which one is chosen. */
const UNTOLD_DETECTOR = 'chosen in SmartSEM';
/** A byte may be lost while the other end wakes up. */
const ATTEMPTS = 2;
const notRemcon = ({ heard, description }: RemconPort, baud: number | undefined, cause: unknown): EmagentError =>
  strangerError({ heard, description, baud, cause, expected: 'RemCon32 of SmartSEM', running: 'RemCon32 running beside SmartSEM', setAt: "RemCon32's console" });

/** What the driver cannot do without, and what for. */
const NEEDED: readonly (readonly [Command, string])[] = [
  [READ.stage, 'all axes of the stage'],
  [READ.stigmator, 'the stigmators'],
  [READ.integration, 'the end of a frame'],
  [READ.photoNumber, 'the number of a picture'],
];

/** RemCon32 knows the null command. What does not, as some simulated ones, may lack more: better said before anything moves. */
async function requireWhole(port: RemconPort, signal: AbortSignal | undefined): Promise<void> {
  const missing: string[] = [];
  for (const [command, what] of NEEDED) {
    try {
      await port.send(command, { signal });
    } catch (thrown) {
      if (!isInvalidCommand(thrown)) throw thrown;
      missing.push(`${command} (${what})`);
    }
  }
  if (missing.length > 0) throw new EmagentError('EM_UNSUPPORTED', `What answers at ${port.description} speaks RemCon32 in part only: it does not know ${missing.join(', ')}.`);
}

/** Null command, then `VER?`. Throws EM_CONNECT, EM_PROTOCOL in one sentence. */
async function requireSmartSem(port: RemconPort, baud: number | undefined, signal: AbortSignal | undefined): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      await port.send(NULL_COMMAND, { signal });
      break;
    } catch (thrown) {
      if (signal?.aborted === true || port.lost !== undefined) throw thrown;
      if (isInvalidCommand(thrown)) {
        await requireWhole(port, signal);
        break;
      }
      if (attempt === ATTEMPTS) throw notRemcon(port, baud, thrown);
    }
  }
  let version: string;
  try {
    version = await askText(port, READ.version, signal);
  } catch (thrown) {
    if (signal?.aborted === true || port.lost !== undefined) throw thrown;
    throw new EmagentError('EM_PROTOCOL', `What answers at ${port.description} does not say who it is: it is not RemCon32 of SmartSEM.`, { cause: thrown });
  }
  if (!/smartsem/i.test(version)) {
    throw new EmagentError('EM_PROTOCOL', `What answers at ${port.description} calls itself "${version.slice(0, 60)}"; RemCon32 of SmartSEM was expected.`);
  }
  return version;
}

/** A question that SmartSEM may refuse: undefined then. */
async function unlessRefused<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (thrown) {
    if (refusalNumberOf(thrown) !== undefined || (isEmagentError(thrown) && thrown.code === 'EM_PROTOCOL')) return undefined;
    throw thrown;
  }
}

/** The probe current is told only while the specimen current monitor is on; nothing moves yet, so it may be for a moment. */
async function measureProbe(port: RemconPort, signal: AbortSignal | undefined): Promise<number | undefined> {
  const told = await unlessRefused(askNumber(port, READ.probeCurrent, signal));
  if (told !== undefined) return told * 1e12;
  if ((await unlessRefused(port.send(SET.specimenCurrentMonitor(true), { signal }))) === undefined) return undefined;
  try {
    const measured = await unlessRefused(askNumber(port, READ.probeCurrent, signal));
    return measured === undefined ? undefined : measured * 1e12;
  } finally {
    await port.send(SET.specimenCurrentMonitor(false));
  }
}

/** Says who answers; nothing moves and nothing stays changed. */
export async function identify(port: RemconPort, options: Pick<RemconOptions, 'baud'> & { readonly isSerial: boolean; readonly signal: AbortSignal | undefined }): Promise<Identity> {
  const { signal } = options;
  const version = await requireSmartSem(port, options.isSerial ? options.baud : undefined, signal);
  return {
    version,
    detector: (await unlessRefused(askText(port, READ.detector, signal))) ?? UNTOLD_DETECTOR,
    tellsVacuum: (await unlessRefused(askVacuum(port, signal))) !== undefined,
    probeCurrentPa: await measureProbe(port, signal),
  };
}
