import type { Clock } from '../../src/contract/clock.ts';
import { EmagentError } from '../../src/contract/errors.ts';
import { WireStatus } from './codec.ts';
import type { ScopeConnection } from './connection.ts';
import type { Lease } from './lease.ts';
import { checked } from './rpc.ts';

/** Each command of a halt gets this long; they are sent together. */
const COMMAND_LIMIT_MS = 3000;
/** Within this the status must say that the stage is still and the beam blanked. */
const PROOF_LIMIT_MS = 5000;
const POLL_MS = 50;

export interface HaltOptions {
  readonly clock: Clock;
  /** Images in the making. */
  readonly frames: Iterable<number>;
}

/**
 * Stops the stage, aborts the scans and blanks, beside anything that runs or hangs, and then believes only the status
 * that is read back. Throws EM_LINK_CLOSED, or EM_NOT_SAFE when the status does not prove it.
 */
export async function haltOver(connection: ScopeConnection, lease: Lease, options: HaltOptions): Promise<void> {
  const { rpc } = connection;
  const limits = { timeoutMs: COMMAND_LIMIT_MS };
  // A lease that was lost, or an emergency stop, refuses the blanking: the status decides, not these answers.
  await Promise.allSettled([
    rpc.call('stage.stop', {}, limits),
    ...Array.from(options.frames, (frame) => rpc.call('image.abort', { frame }, limits)),
    rpc.call('beam.set', { lease: lease.id, blank: true }, limits),
  ]);
  await proveSafe(connection, options.clock);
}

async function proveSafe(connection: ScopeConnection, clock: Clock): Promise<void> {
  const endMs = clock.nowMs() + PROOF_LIMIT_MS;
  let last: WireStatus | undefined;
  for (;;) {
    if (connection.lost !== undefined) throw connection.lost;
    const answer = await connection.rpc.call('status.get', {}, { timeoutMs: COMMAND_LIMIT_MS }).catch(() => undefined);
    if (answer !== undefined) {
      last = checked(WireStatus, answer, 'status');
      if (!last.moving && last.scan === 'idle' && (last.blanked || last.beam === 'off')) return;
    }
    if (clock.nowMs() >= endMs) break;
    await clock.sleep(POLL_MS);
  }
  const seen =
    last === undefined
      ? 'it answers no status request'
      : [last.moving ? 'the stage moves' : '', last.scan === 'busy' ? 'it scans' : '', last.blanked ? '' : 'the beam is not blanked'].filter((part) => part !== '').join(', ');
  throw new EmagentError('EM_NOT_SAFE', `${connection.description} could not be brought to rest: ${seen}.`);
}
