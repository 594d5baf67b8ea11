import type { Clock } from '../../src/contract/clock.ts';
import { EmagentError } from '../../src/contract/errors.ts';
import { BEAM, BLANKER } from './codec/functions.ts';
import { WAIT } from './codec/message.ts';
import type { Control } from './control.ts';
import type { Parts } from './parts.ts';
import { blankerArguments, isBlankedIn } from './status.ts';

/** Each question and command of a halt gets this long; they go out together. */
const COMMAND_LIMIT_MS = 1500;
/** Within this the instrument must say that the stage is still and the beam blanked. */
const PROOF_LIMIT_MS = 5000;
const POLL_MS = 50;
/** The magnetic blanker of the gun cannot be closed for good: it opens during a scan, and there is none after a halt. */
const closedMode = (blanker: number): number => (blanker === 0 ? BLANKER.closed : BLANKER.automatic);

const LIMITS = { jump: true, timeoutMs: COMMAND_LIMIT_MS } as const;

/** Nobody answers on this connection. */
const SILENT = Symbol('silent');

interface Seen {
  readonly moving: boolean;
  readonly blanked: boolean;
  readonly scanning: boolean;
}

async function look(control: Control, parts: Parts): Promise<Seen | undefined> {
  const asked = await Promise.all([
    control.probe('StgIsBusy', [], LIMITS),
    control.probe('ScGetBlanker', blankerArguments(parts), LIMITS),
    control.probe('HVGetBeam', [], LIMITS),
    parts.instrument.has('IsBusy') ? control.probe('IsBusy', [WAIT.scan], LIMITS) : ([0] as const),
  ]);
  const [moving, mode, beam, busy] = asked;
  if (moving === undefined || mode === undefined || beam === undefined || busy === undefined) return undefined;
  const scanning = busy[0] !== 0;
  return { moving: moving[0] !== 0, scanning, blanked: isBlankedIn(mode[0], scanning) || beam[0] === BEAM.off };
}

/** Stops and blanks over one connection and believes only what is read back. Resolves with SILENT when nothing is answered. */
async function haltOver(control: Control, parts: Parts, clock: Clock): Promise<typeof SILENT | undefined> {
  // Past everything that the server holds or that hangs; never with a wait flag.
  const stops = await Promise.all([
    control.probe('StgStop', [], LIMITS),
    control.probe('ScStopScan', [], LIMITS),
    control.probe('ScSetBlanker', blankerArguments(parts, closedMode(parts.options.blanker)), LIMITS),
  ]);
  if (stops.every((answer) => answer === undefined)) return SILENT;
  const endMs = clock.nowMs() + PROOF_LIMIT_MS;
  let last: Seen | undefined;
  let wasStill = false;
  for (;;) {
    last = (await look(control, parts)) ?? last;
    const isSafe = last !== undefined && !last.moving && last.blanked && !last.scanning;
    // Twice: some stages say for a moment that they are idle while they still move.
    if (isSafe && wasStill) return undefined;
    wasStill = isSafe;
    if (clock.nowMs() >= endMs) break;
    await clock.sleep(POLL_MS);
  }
  const seen =
    last === undefined
      ? 'it answers no question about its state'
      : [last.moving ? 'the stage says that it moves' : '', last.scanning ? 'it scans' : '', last.blanked ? '' : 'the beam is not blanked'].filter((part) => part !== '').join(', ');
  throw new EmagentError('EM_NOT_SAFE', `${control.description} could not be brought to rest: ${seen}.`);
}

/** As `haltOver`; a connection that ends meanwhile is as good as a silent one. */
async function tryHalt(control: Control, parts: Parts): Promise<boolean> {
  const outcome = await haltOver(control, parts, parts.clock).catch((thrown: EmagentError) => {
    if (thrown.code === 'EM_NOT_SAFE') throw thrown;
    return SILENT;
  });
  return outcome !== SILENT;
}

/**
 * Stage still, beam blanked, no scan, proven by reading back, beside anything that runs or hangs. Over the connection that is
 * there; when that is dead it is closed, as some instruments take one client only, and opened again; at the last over a control
 * connection alone. Throws EM_NOT_SAFE when nothing can be proven.
 */
export async function halt(parts: Parts): Promise<void> {
  const { session } = parts;
  if (session.control !== undefined && (await tryHalt(session.control, parts))) return;
  await session.reopen(session.lost ?? new EmagentError('EM_TIMEOUT', `${session.description} did not answer a halt.`)).catch(() => undefined);
  if (session.control !== undefined && (await tryHalt(session.control, parts))) return;
  let another: Control;
  try {
    another = await session.openAnother();
  } catch (thrown) {
    throw new EmagentError('EM_NOT_SAFE', `The connection to ${session.description} is gone, so that nobody could see whether its stage is still and its beam blanked.`, { cause: thrown });
  }
  try {
    if (await tryHalt(another, parts)) return;
  } finally {
    await another.close();
  }
  throw new EmagentError('EM_NOT_SAFE', `${session.description} takes connections and answers nothing, so that nobody could see whether its stage is still and its beam blanked.`);
}

/** Throws EM_BEAM when the blanker does not do it. */
export async function setBlanker(parts: Parts, blanked: boolean): Promise<void> {
  const { session, clock, options, instrument } = parts;
  const wanted = blanked ? closedMode(options.blanker) : BLANKER.open;
  await session.call('ScSetBlanker', blankerArguments(parts, wanted));
  const endMs = clock.nowMs() + BLANKER_LIMIT_MS;
  for (;;) {
    const [mode] = await session.call('ScGetBlanker', blankerArguments(parts));
    if (mode === wanted) break;
    if (clock.nowMs() > endMs) throw new EmagentError('EM_BEAM', `The blanker of ${instrument.info.model} did not ${blanked ? 'close' : 'open'}: is one fitted?`);
    await clock.sleep(POLL_MS);
  }
  if (options.blanker === 1) await clock.sleep(MAGNETIC_MS);
}
/** It is read back at once where a blanker is fitted. */
const BLANKER_LIMIT_MS = 2000;
/** Until the magnetic blanker has settled, with some reserve. */
const MAGNETIC_MS = 1000;
