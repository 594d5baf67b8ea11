import { EmagentError, toEmagentError } from '../../src/contract/errors.ts';
import { ABORT, NORMAL_SCAN, READ, SET } from './codec/commands.ts';
import { askFlag, askNumber } from './readings.ts';
import { restsAt, type StageParts } from './stage.ts';

const PROOF_LIMIT_MS = 10_000;
const POLL_MS = 50;

/**
 * Stops the stage and the scan and blanks, whatever hangs. A serial line has one conversation, so the command in flight
 * is given up first: `ABO` and `BBLK 1` go out at once, and lines of the one given up may come in place of theirs. Only
 * after both are questions and answers brought into step again, and only what is then read back is believed.
 * Throws EM_NOT_SAFE, EM_LINK_CLOSED.
 */
export async function haltOver(parts: Pick<StageParts, 'port' | 'clock' | 'coordinates' | 'options'>, reason: EmagentError): Promise<void> {
  const { port, clock } = parts;
  port.interrupt(reason);
  // One after another, each at the latest when the one before has let its time for an acknowledgement pass. What goes
  // wrong with them shows in the proof.
  await Promise.allSettled([port.sendAtOnce(ABORT), port.sendAtOnce(SET.blanked(true)), port.sendAtOnce(NORMAL_SCAN)]);
  if (port.lost !== undefined) throw port.lost;
  const endMs = clock.nowMs() + PROOF_LIMIT_MS;
  let seen = 'it answers no question';
  for (;;) {
    try {
      const resting = await restsAt(parts, { endMs });
      const blanked = await askFlag(port, READ.blanked);
      const scanning = (await askNumber(port, READ.integration)) === 0;
      if (resting !== undefined && blanked && !scanning) return;
      seen = [resting === undefined ? 'the stage moves' : '', scanning ? 'it scans' : '', blanked ? '' : 'the beam is not blanked'].filter((part) => part !== '').join(', ');
    } catch (thrown) {
      if (port.lost !== undefined) throw port.lost;
      seen = `it answers no question (${toEmagentError(thrown).message.replace(/\.$/, '')})`;
    }
    if (clock.nowMs() >= endMs) break;
    await clock.sleep(POLL_MS);
    // An abort that was lost on the way does nothing; blanking twice does no harm.
    await Promise.allSettled([port.sendAtOnce(ABORT), port.sendAtOnce(SET.blanked(true))]);
  }
  throw new EmagentError('EM_NOT_SAFE', `${port.description} could not be brought to rest: ${seen}.`);
}
